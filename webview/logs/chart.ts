import { LEVELS } from '../../src/protocol/logBatch';
import { h } from '../common/dom';
import type { VElement } from '../common/dom';
import { t } from '../common/l10n';
import { rangeText } from '../common/list/rangeSelect';
import { count, duration, time } from '../common/numbers';
import { iconButton } from '../common/text';
import type { Bar, Histogram } from './histogram';

/** A range of time, milliseconds since 1970; without an end it goes on with the newest lines. */
export interface Range {
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

export interface ChartView {
  readonly histogram: Histogram;
  readonly range: Range;
  /** Lines in the range. */
  readonly lines: number;
  readonly now: number;
}

export interface ChartDeeds {
  readonly pointerDown: (event: Event) => void;
  readonly key: (edge: 'from' | 'to', event: Event) => void;
  readonly clear: () => void;
}

const HEIGHT = 56;
const BAR = 10;
const CLASSES: Readonly<Record<string, string>> = {
  DEBUG: 'lv-debug',
  INFO: 'lv-info',
  WARN: 'lv-warn',
  ERROR: 'lv-error',
};

/** Lines over time by level, and the range of time that is shown, as a box with two handles. */
export function chart(view: ChartView, deeds: ChartDeeds): VElement | undefined {
  const { histogram, range, now } = view;
  const { from: start, to: end } = histogram;
  if (start === undefined) {
    return undefined;
  }
  const bars = histogram.bars();
  const sums = bars.map((bar) => bar.reduce((sum, each) => sum + each, 0));
  const highest = Math.max(...sums);
  const top = niceTop(highest);
  const width = bars.length * BAR;
  const x = (at: number): number => Math.max(0, Math.min(width, ((at - start) / (end - start)) * width));
  const left = range.from === undefined ? 0 : x(range.from);
  const right = range.to === undefined ? width : x(range.to);
  const peak = start + sums.indexOf(highest) * histogram.width;
  const each = duration(Math.max(1000, histogram.width), 1);
  const label = t(
    'Lines over time by level, {0} to {1}, highest {2} lines in {3} at {4}',
    time(start, now),
    time(end, now),
    count(highest),
    each,
    time(peak, now),
  );
  return h(
    'div',
    { key: 'histo', class: 'histo' },
    caption(view, deeds),
    h('div', { class: 'y', attrs: { 'aria-hidden': 'true' } }, h('span', {}, short(top)), h('span', {}, '0')),
    h(
      'svg',
      {
        class: 'plotarea',
        attrs: {
          id: 'histogram',
          viewBox: `0 0 ${String(width)} ${String(HEIGHT)}`,
          preserveAspectRatio: 'none',
          role: 'group',
          'aria-label': label,
        },
        on: { pointerdown: deeds.pointerDown },
      },
      h(
        'g',
        { attrs: { 'aria-hidden': 'true' } },
        h('rect', { class: 'hit', attrs: { x: 0, y: 0, width, height: HEIGHT } }),
        bars.flatMap((bar, at) => stack(bar, at, top)),
        h('line', { class: 'grid-line', attrs: { x1: 0, x2: width, y1: 0, y2: 0 } }),
        h('line', { class: 'axis-line', attrs: { x1: 0, x2: width, y1: HEIGHT, y2: HEIGHT } }),
        left > 0 && h('rect', { class: 'outside', attrs: { x: 0, y: 0, width: left, height: HEIGHT } }),
        right < width &&
          h('rect', { class: 'outside', attrs: { x: right, y: 0, width: width - right, height: HEIGHT } }),
        (left > 0 || right < width) &&
          h('rect', { class: 'brush-box', attrs: { x: left, y: 0, width: Math.max(0, right - left), height: HEIGHT } }),
      ),
      handle('from', left, width, range.from === undefined ? `${time(start, now)}, all` : time(range.from, now), deeds),
      handle('to', right, width, range.to === undefined ? 'now, following' : time(range.to, now), deeds),
    ),
    h(
      'div',
      { class: 'x', attrs: { 'aria-hidden': 'true' } },
      [0, 1, 2, 3].map((part) => h('span', {}, time(start + ((end - start) * part) / 3, now))),
    ),
  );
}

function caption({ histogram, range, lines, now }: ChartView, { clear }: ChartDeeds): VElement {
  const isAll = range.from === undefined && range.to === undefined;
  const start = range.from ?? histogram.from ?? now;
  const end = range.to ?? histogram.to;
  const text = isAll ? t('All times') : rangeText({ from: start, to: range.to }, now);
  return h(
    'div',
    { class: 'cap num' },
    h('b', {}, text),
    h('span', {}, duration(Math.max(1000, end - start))),
    h('span', {}, lines === 1 ? t('1 line') : t('{0} lines', count(lines))),
    !isAll && iconButton('close', t('Clear time range'), clear),
  );
}

function stack(bar: Bar, at: number, top: number): readonly VElement[] {
  let y = HEIGHT;
  return ['INFO', 'DEBUG', 'WARN', 'ERROR'].flatMap((level) => {
    const height = ((bar[LEVELS.findIndex((each) => each === level)] ?? 0) / top) * HEIGHT;
    if (height === 0) {
      return [];
    }
    // One error among thousands is still to be seen.
    const shown = level === 'ERROR' || level === 'WARN' ? Math.max(height, 1.5) : height;
    y = Math.max(0, y - shown);
    const attrs = { x: at * BAR + 1, y: y.toFixed(1), width: BAR - 2, height: shown.toFixed(1) };
    return [
      h('rect', { class: CLASSES[level] ?? '', attrs }),
      ...(level === 'WARN' ? [h('rect', { attrs: { ...attrs, fill: 'url(#hatch)' } })] : []),
    ];
  });
}

function handle(edge: 'from' | 'to', x: number, width: number, text: string, deeds: ChartDeeds): VElement {
  return h(
    'g',
    {
      key: edge,
      class: 'handle',
      attrs: {
        id: `range-${edge}`,
        role: 'slider',
        tabindex: '0',
        'aria-label': edge === 'from' ? t('Start of time range') : t('End of time range'),
        'aria-valuemin': 0,
        'aria-valuemax': width,
        'aria-valuenow': Math.round(x),
        'aria-valuetext': text,
      },
      on: {
        keydown: (event) => {
          deeds.key(edge, event);
        },
      },
    },
    h('line', { class: 'brush-edge', attrs: { x1: x, x2: x, y1: 0, y2: HEIGHT } }),
    h('line', { class: 'brush-hit', attrs: { x1: x, x2: x, y1: 0, y2: HEIGHT } }),
  );
}

/** A round number that is not below. */
function niceTop(value: number): number {
  const size = 10 ** Math.floor(Math.log10(Math.max(1, value)));
  const step = [1, 1.5, 2, 3, 5, 10].find((each) => each * size >= value) ?? 10;
  return Math.max(1, step * size);
}

/** "1.5 k", on axes only. */
function short(value: number): string {
  return value >= 1_000_000
    ? `${String(value / 1_000_000)} M`
    : value >= 1000
      ? `${String(value / 1000)} k`
      : String(value);
}
