import { h } from '../dom';
import type { VElement } from '../dom';
import { t } from '../l10n';

export interface FrameView {
  /** What the list is called. */
  readonly label: string;
  readonly class: string;
  /** Name and class of each column after that which opens a row. */
  readonly columns: readonly (readonly [string, string, ('ascending' | 'descending' | undefined)?])[];
  readonly rows: number;
  /** Row that is the current one. */
  readonly selected: number | undefined;
}

/** What of the list gets the focus gives it to the list, which has the keys. */
export function focusList(): void {
  document.getElementById('grid')?.focus({ preventScroll: true });
}

/** A list's frame: one stop of the Tab key, which says by itself which of its rows is the current one. */
export function frame(
  { label, class: style, columns, rows, selected }: FrameView,
  onKey: (event: Event) => void,
): VElement {
  return h(
    'div',
    {
      key: 'rows',
      class: style,
      attrs: {
        role: 'treegrid',
        id: 'grid',
        tabindex: '0',
        'aria-label': label,
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
      columns.map(([name, column, sort]) =>
        h('span', { key: column, class: column, attrs: { role: 'columnheader', 'aria-sort': sort } }, name),
      ),
    ),
    h('div', {
      key: 'lines',
      class: 'lines',
      keep: true,
      attrs: { role: 'rowgroup', id: 'lines', tabindex: '-1' },
      on: { focus: focusList },
    }),
  );
}
