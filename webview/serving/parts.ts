import { h } from '../common/dom';
import type { Child, VElement } from '../common/dom';

/** A section with its heading; what stands beside the heading comes first. */
export function section(
  id: string,
  heading: string,
  beside: Child | readonly Child[],
  ...children: readonly (Child | readonly Child[])[]
): VElement {
  return h(
    'section',
    { key: id, attrs: { 'aria-labelledby': `h-${id}`, id } },
    h('div', { class: 'title' }, h('h2', { attrs: { id: `h-${id}` } }, heading), beside),
    ...children,
  );
}

/** A column's head; its role is said, since the narrow layout takes the table's display away. */
export function columnHead(text: Child, classes = ''): VElement {
  return h('th', { class: classes, attrs: { role: 'columnheader', scope: 'col' } }, text);
}

/** A table of facts, a row each with its name in front. */
export function facts(labelledBy: string, rows: readonly (readonly [string, Child | readonly Child[]])[]): VElement {
  return h(
    'table',
    { class: 'kv', attrs: { 'aria-labelledby': labelledBy } },
    h(
      'tbody',
      {},
      rows.map(([name, value]) =>
        h('tr', { key: name }, h('th', { attrs: { scope: 'row' } }, name), h('td', { class: 'num' }, value)),
      ),
    ),
  );
}
