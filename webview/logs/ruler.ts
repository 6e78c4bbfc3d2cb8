import { h } from '../common/dom';
import type { VElement } from '../common/dom';
import type { IdList } from './idList';
import type { View } from './view';

/** Marks at the most: each stands for the rows of one part of the list. */
const PARTS = 200;
/** Height of what stands for the window, of 100. */
const LEAST = 3;

/** Where in all of the list matches and errors are, beside what of it is in sight. @param jump to a part, from 0 to 1 */
export function ruler(view: View, [from, to]: readonly [number, number], jump: (part: number) => void): VElement {
  const thumb = Math.max(LEAST, (to - from) * 100);
  const jumpTo = ({ clientY }: PointerEvent, box: Element): void => {
    const { top, height } = box.getBoundingClientRect();
    jump(Math.max(0, Math.min(1, (clientY - top) / height)));
  };
  return h(
    'div',
    {
      key: 'ruler',
      class: 'ruler',
      attrs: { id: 'ruler', 'aria-hidden': 'true' },
      on: {
        pointerdown: (event) => {
          if (event instanceof PointerEvent && event.currentTarget instanceof Element) {
            event.preventDefault();
            event.currentTarget.setPointerCapture(event.pointerId);
            jumpTo(event, event.currentTarget);
          }
        },
        pointermove: (event) => {
          if (event instanceof PointerEvent && event.currentTarget instanceof Element && event.buttons === 1) {
            jumpTo(event, event.currentTarget);
          }
        },
      },
    },
    h(
      'svg',
      { attrs: { viewBox: '0 0 14 100', preserveAspectRatio: 'none' } },
      marks(view, view.matches, 'm', 3),
      marks(view, view.errors, 'e', 9),
      h('rect', {
        key: 'thumb',
        class: 'thumb',
        attrs: { x: 0, y: Math.min(100 - thumb, from * 100).toFixed(2), width: 14, height: thumb.toFixed(2) },
      }),
    ),
  );
}

/** Looked up part by part, so that it costs the same for ten marks and for a million. */
function marks({ rows }: View, marked: IdList, name: string, x: number): readonly VElement[] {
  const found: VElement[] = [];
  if (marked.length === 0) {
    return found;
  }
  for (let part = 0; part < PARTS; part++) {
    const first = rows.at(Math.floor((part * rows.length) / PARTS));
    const next = rows.at(Math.floor(((part + 1) * rows.length) / PARTS)) ?? Infinity;
    const match = first === undefined ? undefined : marked.at(marked.below(first));
    if (match !== undefined && match < next) {
      const y = ((rows.below(match) + 0.5) / rows.length) * 100;
      found.push(
        h('rect', {
          key: `${name}${String(part)}`,
          class: name,
          attrs: { x, y: Math.min(99.5, y).toFixed(2), width: 5, height: 0.5 },
        }),
      );
    }
  }
  return found;
}
