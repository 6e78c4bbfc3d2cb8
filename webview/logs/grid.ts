import { h } from '../common/dom';
import type { VElement } from '../common/dom';

const COLUMNS = ['Time', 'Level', 'Replica', 'Request', 'Message'];

/** The list's frame: one stop of the Tab key, which says by itself which of its rows is the current one. */
export function grid(
  rows: number,
  selected: number | undefined,
  empty: VElement | undefined,
  onKey: (event: Event) => void,
): VElement {
  const list = h(
    'div',
    {
      key: 'rows',
      class: 'rows',
      attrs: {
        role: 'treegrid',
        id: 'grid',
        tabindex: '0',
        'aria-label': 'Log lines',
        'aria-readonly': 'true',
        'aria-rowcount': rows + 1,
        'aria-activedescendant': selected === undefined ? undefined : `line-${String(selected)}`,
      },
      on: { keydown: onKey },
    },
    h(
      'div',
      { key: 'head', class: 'lr colhead', attrs: { role: 'row', 'aria-rowindex': '1' } },
      h('span', { attrs: { role: 'columnheader' } }, h('span', { class: 'sr' }, 'Expand')),
      COLUMNS.map((name) => h('span', { attrs: { role: 'columnheader' } }, name)),
    ),
    h('div', { key: 'lines', class: 'lines', keep: true, attrs: { role: 'rowgroup', id: 'lines' } }),
  );
  return h('div', { key: 'list', class: 'listarea' }, list, empty);
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
