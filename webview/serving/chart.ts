import type { Values } from '../../src/protocol/views/traffic';
import { h } from '../common/dom';
import type { Child, VElement } from '../common/dom';
import { axis, clockTime } from '../common/numbers';

export const WIDTH = 180;
const HEIGHT = 56;

export interface ChartOptions {
  readonly key: string;
  readonly name: string;
  /** At the right of the name: "peak 7". */
  readonly beside?: string | undefined;
  /** The current value, with its unit. */
  readonly now: readonly Child[];
  readonly top: number;
  /** Drawn over the axes. */
  readonly shapes: readonly Child[];
  /** The chart in a sentence. */
  readonly sentence: string;
  /** In place of what would be drawn. */
  readonly empty?: string | undefined;
  readonly from: number;
  readonly to: number;
}

/** One of the small charts: name and value, three labels at its side, the ends of the time below. */
export function chart(options: ChartOptions): VElement {
  const { key, name, beside, now, top, shapes, sentence, empty, from, to } = options;
  return h(
    'figure',
    { key, class: 'chart' },
    h(
      'figcaption',
      {},
      h('span', { class: 'name' }, h('span', {}, name), beside !== undefined && h('span', {}, beside)),
      h('span', { class: 'now' }, now),
    ),
    h(
      'div',
      { class: 'plot' },
      h(
        'div',
        { class: 'y', attrs: { 'aria-hidden': 'true' } },
        [top, top / 2, 0].map((value, index) => h('span', { key: String(index) }, axis(value))),
      ),
      h(
        'svg',
        {
          attrs: {
            viewBox: `0 0 ${String(WIDTH)} ${String(HEIGHT)}`,
            preserveAspectRatio: 'none',
            role: 'img',
            'aria-label': sentence,
          },
        },
        line('grid-line', 0),
        line('grid-line', HEIGHT / 2),
        line('axis-line', HEIGHT),
        empty === undefined && shapes,
      ),
      h(
        'div',
        { class: 'x', attrs: { 'aria-hidden': 'true' } },
        h('span', {}, clockTime(from)),
        h('span', {}, clockTime(to)),
      ),
      empty !== undefined && h('span', { class: 'no-data' }, empty),
    ),
  );
}

function line(classes: string, y: number): VElement {
  return h('line', { class: classes, attrs: { x1: 0, x2: WIDTH, y1: y, y2: y } });
}

/** Values joined by lines; nothing is drawn where nothing is known. */
export function curve(key: string, classes: string, values: Values, top: number): VElement {
  let path = '';
  let isDrawing = false;
  values.forEach((value, index) => {
    if (value === null) {
      isDrawing = false;
      return;
    }
    const next = values[index + 1];
    const x = xOf(index, values.length);
    // One alone would not be seen.
    path += `${isDrawing ? 'L' : 'M'}${x} ${yOf(value, top)}${!isDrawing && (next ?? null) === null ? 'h.5' : ''}`;
    isDrawing = true;
  });
  return h('path', { key, class: classes, attrs: { d: path } });
}

/** Values that hold for their whole step. */
export function stairs(key: string, classes: string, values: Values, top: number): VElement {
  const width = WIDTH / values.length;
  let path = '';
  let isDrawing = false;
  values.forEach((value, index) => {
    if (value === null) {
      isDrawing = false;
      return;
    }
    const x = short(index * width);
    const y = yOf(value, top);
    path += `${isDrawing ? `V${y}` : `M${x} ${y}`}H${short((index + 1) * width)}`;
    isDrawing = true;
  });
  return h('path', { key, class: classes, attrs: { d: path } });
}

/** A bar that stands on another one. */
export function bar(
  key: string,
  classes: string,
  {
    x,
    width,
    below,
    value,
  }: { readonly x: number; readonly width: number; readonly below: number; readonly value: number },
  top: number,
): VElement {
  const height = Math.min(HEIGHT, (value / top) * HEIGHT);
  const y = Math.max(0, HEIGHT - (below / top) * HEIGHT - height);
  return h('rect', {
    key,
    class: classes,
    attrs: { x: short(x), y: short(y), width: short(width), height: short(height) },
  });
}

function xOf(index: number, count: number): string {
  return short((index * WIDTH) / Math.max(1, count - 1));
}

function yOf(value: number, top: number): string {
  return short(HEIGHT - (Math.min(value, top) / top) * HEIGHT);
}

function short(value: number): string {
  return String(Math.round(value * 10) / 10);
}
