import { h } from '../common/dom';
import type { VElement } from '../common/dom';
import { t } from '../common/l10n';
import { frame } from '../common/list/frame';

export interface GridView {
  readonly rows: number;
  /** Row that is the current one. */
  readonly selected: number | undefined;
  /** Whether the lines are of several servings. */
  readonly all: boolean;
  /** In place of the rows. */
  readonly empty: VElement | undefined;
}

/** The list with its ruler. */
export function grid({ rows, selected, all, empty }: GridView, onKey: (event: Event) => void): VElement {
  const columns = [
    [t('Time'), 'time'],
    [t('Level'), 'lv'],
    ...(all ? [[t('Serving'), 'srv'] as const] : []),
    [t('Replica'), 'rep'],
    [t('Request'), 'req'],
    [t('Message'), 'msg'],
  ] as const;
  const list = frame({ label: t('Log lines'), class: `rows${all ? ' all' : ''}`, columns, rows, selected }, onKey);
  return h(
    'div',
    { key: 'list', class: 'listarea' },
    list,
    h('div', { key: 'ruler', class: 'rulerarea', keep: true, attrs: { id: 'ruler-area' } }),
    empty,
  );
}

/** The pattern of warnings, so that they are not told by colour alone. */
export function hatch(): VElement {
  return h(
    'svg',
    { key: 'hatch', class: 'sr', attrs: { width: 0, height: 0, 'aria-hidden': 'true' } },
    h(
      'defs',
      {},
      h(
        'pattern',
        { attrs: { id: 'hatch', width: 4, height: 4, patternUnits: 'userSpaceOnUse', patternTransform: 'rotate(45)' } },
        h('line', { class: 'hatch', attrs: { x1: 0, y1: 0, x2: 0, y2: 4 } }),
      ),
    ),
  );
}
