import type { LogSubject } from '../../src/protocol/logPanel';
import { h } from '../common/dom';
import type { VElement } from '../common/dom';
import { t } from '../common/l10n';
import { isNarrow } from './filter';
import { grid, hatch } from './grid';
import type { Shown } from './shown';
import type { PageState } from './state';
import { emptyList, statusLine } from './status';
import { tools } from './tools';
import type { ToolDeeds } from './tools';

export interface LayoutView {
  readonly subject: LogSubject | undefined;
  readonly state: PageState;
  readonly shown: Shown;
  /** The histogram. */
  readonly chart: VElement | undefined;
  /** "3 of 17". */
  readonly found: string;
  readonly wrap: boolean;
  readonly custom: boolean;
  /** What is being written out. */
  readonly work: string | undefined;
  /** Why reading failed. */
  readonly problem: string | undefined;
  /** Whether reading has begun. */
  readonly started: boolean;
  readonly selected: number | undefined;
}

/** The page around the lines: tools, histogram, frame of the list, status. */
export function layout(view: LayoutView, deeds: ToolDeeds, onKey: (event: Event) => void): readonly VElement[] {
  const { subject, state, shown, found, wrap, custom, work } = view;
  const { store, view: list, replicas, problem } = shown;
  const { filter, follow, relative = false } = state;
  const now = Date.now();
  const rows = list.rows.length;
  const hidden = isNarrow(filter) ? store.count : 0;
  const empty = rows === 0 && !shown.isBusy ? emptyList(hidden, view.started, deeds) : undefined;
  const { counts } = list;
  const { hasOthers } = store;
  return [
    hatch(),
    h(
      'main',
      { class: `logpage${wrap ? ' wrap' : ''}${relative ? ' relative' : ''}` },
      h('h1', { class: 'sr' }, t('Logs: {0}', subject?.name ?? '')),
      tools(
        { subject, filter, counts, replicas, hasOthers, custom, now, found, problem, follow, wrap, relative },
        deeds,
      ),
      view.chart,
      grid({ rows, selected: view.selected, all: subject?.all ?? false, empty }, onKey),
      statusLine(
        {
          held: store.count,
          shown: list.lines,
          bytes: store.bytes,
          oldest: store.oldest,
          isCut: store.isCut,
          follow,
          live: subject?.live ?? false,
          partly: shown.partly,
          work,
          problem: view.problem,
          now,
        },
        deeds,
      ),
    ),
  ];
}
