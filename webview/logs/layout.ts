import { h } from '../common/dom';
import type { VElement } from '../common/dom';
import { isNarrow } from './filter';
import type { Filter } from './filter';
import { grid, hatch } from './grid';
import type { Shown } from './shown';
import { emptyList, statusLine, tools } from './tools';
import type { ToolDeeds } from './tools';

export interface LayoutView {
  /** Of the serving. */
  readonly name: string;
  readonly live: boolean;
  readonly filter: Filter;
  readonly shown: Shown;
  /** "3 of 17". */
  readonly found: string;
  readonly follow: boolean;
  readonly wrap: boolean;
  /** Why reading failed. */
  readonly problem: string | undefined;
  /** Whether reading has begun. */
  readonly started: boolean;
  readonly selected: number | undefined;
}

/** The page around the lines: tools, frame of the list, status. */
export function layout(view: LayoutView, deeds: ToolDeeds, onKey: (event: Event) => void): readonly VElement[] {
  const { filter, shown, found, follow, wrap } = view;
  const { items, lines } = shown;
  const hidden = isNarrow(filter) ? lines.count : 0;
  const empty = items.length === 0 ? emptyList(hidden, view.started, deeds) : undefined;
  const { counts, replicas, problem } = shown;
  return [
    hatch(),
    h(
      'main',
      { class: `logpage${wrap ? ' wrap' : ''}` },
      h('h1', { class: 'sr' }, `Logs: ${view.name}`),
      tools({ filter, counts, replicas, found, problem, follow, wrap }, deeds),
      grid(items.length, view.selected, empty, onKey),
      statusLine(
        {
          held: lines.count,
          shown: shown.count,
          oldest: lines.oldest,
          isCut: lines.isCut,
          follow,
          live: view.live,
          problem: view.problem,
          now: Date.now(),
        },
        deeds,
      ),
    ),
  ];
}
