import { h } from '../common/dom';
import type { VElement } from '../common/dom';
import { t } from '../common/l10n';

export interface GridView {
  readonly rows: number;
  /** Row that is the current one. */
  readonly selected: number | undefined;
  /** Whether the lines are of several servings. */
  readonly all: boolean;
  /** In place of the rows. */
  readonly empty: VElement | undefined;
}

/** The list's frame: one stop of the Tab key, which says by itself which of its rows is the current one. */
export function grid({ rows, selected, all, empty }: GridView, onKey: (event: Event) => void): VElement {
  const columns = [
    [t('Time'), 'time'],
    [t('Level'), 'lv'],
    ...(all ? [[t('Serving'), 'srv']] : []),
    [t('Replica'), 'rep'],
    [t('Request'), 'req'],
    [t('Message'), 'msg'],
  ] as const;
  const list = h(
    'div',
    {
      key: 'rows',
      class: `rows${all ? ' all' : ''}`,
      attrs: {
        role: 'treegrid',
        id: 'grid',
        tabindex: '0',
        'aria-label': t('Log lines'),
        'aria-readonly': 'true',
        'aria-multiselectable': 'true',
        'aria-rowcount': rows + 1,
        'aria-activedescendant': selected === undefined ? undefined : `line-${String(selected)}`,
      },
      on: { keydown: onKey },
    },
    h(
      'div',
      { key: 'head', class: 'lr colhead', attrs: { role: 'row', 'aria-rowindex': '1' } },
      h('span', { class: 'tw', attrs: { role: 'columnheader' } }, h('span', { class: 'sr' }, t('Expand'))),
      columns.map(([name, style]) => h('span', { key: style, class: style, attrs: { role: 'columnheader' } }, name)),
    ),
    h('div', {
      key: 'lines',
      class: 'lines',
      keep: true,
      attrs: { role: 'rowgroup', id: 'lines', tabindex: '-1' },
      // What scrolls can have the focus, and gives it to the list, which has the keys.
      on: { focus: () => document.getElementById('grid')?.focus({ preventScroll: true }) },
    }),
  );
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
