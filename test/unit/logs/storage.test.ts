import { describe, expect, it } from 'vitest';
import { isBatch, toBatch } from '../../../src/protocol/logBatch';
import { Heights } from '../../../webview/common/list/heights';
import { Histogram } from '../../../webview/logs/histogram';
import { IdList } from '../../../webview/logs/idList';
import { Scale } from '../../../webview/common/list/scale';
import { Store } from '../../../webview/logs/store';
import { entry, NOW } from './support';

describe('a batch of lines', () => {
  const rich = entry({
    level: 'ERROR',
    message: 'two\nlines',
    request: 'e8d1',
    replica: 0,
    serving: 'iris',
    starts: true,
    fields: { status: 400, text: 'ä"' },
    styles: [[0, 3, 't-f1']],
    trace: { type: 'ValueError', text: 'no', frames: [] },
  });

  it('holds everything of them, and comes out of the store as it went in', () => {
    const store = new Store({ lines: 100, bytes: 2 ** 20, chunk: 3 });
    const entries = [rich, entry({ logger: 'b' }), rich, entry({ message: '' }), rich];
    const batch = toBatch(true, entries);
    expect(isBatch(structuredClone(batch))).toBe(true);
    store.append(batch, NOW);
    store.append(toBatch(false, entries), NOW);
    expect(Array.from({ length: 10 }, (_, line) => store.entry(line))).toEqual([...entries, ...entries]);
    expect(store.entry(10)).toBeUndefined();
  });

  it('is refused when its columns are not of one length', () => {
    const batch = toBatch(false, [rich]);
    expect(isBatch({ ...batch, replicas: [] })).toBe(false);
    expect(isBatch({ ...batch, levels: 'EE' })).toBe(false);
    expect(isBatch({ ...batch, times: [Number.NaN] })).toBe(false);
  });

  it('keeps the numbers of its lines when older ones go and when all go', () => {
    const store = new Store({ lines: 4, bytes: 2 ** 20, chunk: 4 });
    const gone = store.append(
      toBatch(
        false,
        Array.from({ length: 10 }, (_, at) => entry({ message: String(at) })),
      ),
      NOW,
    );
    expect(gone).toHaveLength(1);
    expect(store.first).toBe(4);
    expect(store.entry(4)?.message).toBe('4');
    expect(store.entry(3)).toBeUndefined();
    store.clear();
    store.append(toBatch(true, [entry({ message: 'new' })]), NOW);
    expect(store.first).toBe(10);
    expect(store.entry(10)?.message).toBe('new');
    expect(store.lineAt(NOW)).toBe(10);
    expect(store.lineAt(NOW + 1)).toBeUndefined();
  });
});

describe('a list of growing numbers', () => {
  it('finds and forgets them', () => {
    const list = new IdList();
    for (let at = 0; at < 5000; at++) {
      list.push(at * 3);
      if (at % 1000 === 999) {
        list.dropBelow((at - 500) * 3);
      }
    }
    expect(list.length).toBe(501);
    expect(list.at(0)).toBe(4499 * 3);
    expect(list.last).toBe(4999 * 3);
    expect(list.indexOf(4500 * 3)).toBe(1);
    expect(list.indexOf(4500 * 3 + 1)).toBeUndefined();
    expect(list.below(4500 * 3 + 1)).toBe(2);
    expect(list.has(0)).toBe(false);
    expect(list.at(501)).toBeUndefined();
  });
});

describe('heights of a million rows', () => {
  it('are summed up and found, also after the first ones went', () => {
    const heights = new Heights(20);
    heights.reset(1000);
    const real = new Array<number>(1000).fill(20);
    const set = (row: number, height: number) => {
      heights.set(row, height);
      real[row] = height;
    };
    set(0, 5);
    set(500, 300);
    set(999, 41);
    heights.append(500);
    real.push(...new Array<number>(500).fill(20));
    set(1200, 77);
    const check = () => {
      let top = 0;
      real.forEach((height, row) => {
        expect(heights.top(row)).toBe(top);
        expect(heights.at(top)).toBe(row);
        expect(heights.at(top + height - 1)).toBe(row);
        top += height;
      });
      expect(heights.total).toBe(top);
    };
    check();
    heights.dropFirst(600);
    real.splice(0, 600);
    check();
    heights.reset(10);
    expect(heights.total).toBe(200);
  });

  it('cost little', () => {
    const heights = new Heights(20);
    heights.reset(1_000_000);
    const since = performance.now();
    for (let row = 0; row < 10_000; row++) {
      heights.set(row * 100, 60);
      heights.at(row * 1000);
    }
    heights.append(10_000);
    expect(performance.now() - since).toBeLessThan(2000);
    expect(heights.total).toBe(1_010_000 * 20 + 10_000 * 40);
  });
});

describe('a list that is higher than a browser can show', () => {
  const HIGHEST = 1_000_000;
  const TOTAL = 20_000_000;
  const VIEW = 500;
  const END = TOTAL - VIEW;
  const BAR_END = HIGHEST - VIEW;

  /** A list whose bar stays within its ends, as a browser keeps it. */
  function list(total = TOTAL) {
    const scale = new Scale(() => HIGHEST);
    let bar = 0;
    const place = () => scale.toList(bar, total, VIEW);
    const clamp = (to: number) => Math.max(0, Math.min(to, scale.height(total) - VIEW));
    return {
      place,
      bar: () => bar,
      moveTo: (to: number) => {
        bar = clamp(scale.moveTo(to, bar, total, VIEW));
      },
      scroll: (to: number) => {
        const before = bar;
        bar = clamp(scale.moved(clamp(to), before, total, VIEW));
      },
      height: scale.height(total),
      drawnAt: (of: number) => scale.toBar(of, total, VIEW),
    };
  }

  it('is as it is where it is not', () => {
    const small = list(HIGHEST);
    expect(small.height).toBe(HIGHEST);
    small.scroll(1234);
    expect([small.place(), small.bar()]).toEqual([1234, 1234]);
    small.moveTo(BAR_END);
    expect([small.place(), small.bar()]).toEqual([BAR_END, BAR_END]);
  });

  it('is dragged in proportion, from its beginning to its end', () => {
    const high = list();
    expect(high.height).toBe(HIGHEST);
    high.scroll(BAR_END);
    expect(high.place()).toBe(END);
    high.scroll(BAR_END / 2);
    expect(high.place()).toBeCloseTo(END / 2, 3);
    high.scroll(0);
    expect(high.place()).toBe(0);
  });

  it('is turned by steps as any other list, and comes to its ends', () => {
    const high = list();
    high.moveTo(END / 2);
    expect(high.bar()).toBeCloseTo(BAR_END / 2, 3);
    const before = high.place();
    high.scroll(high.bar() + 100);
    expect(high.place() - before).toBeCloseTo(100, 3);
    for (const [step, end] of [
      [-900, 0],
      [900, END],
    ] as const) {
      const steps: number[] = [];
      for (let last = -1; last !== high.place();) {
        last = high.place();
        high.scroll(high.bar() + step);
        steps.push((high.place() - last) / step);
      }
      expect(high.place()).toBe(end);
      // All but the last two, of which one ends where the list does and the other goes nowhere.
      expect(Math.min(...steps.slice(0, -2))).toBeCloseTo(1, 3);
      expect(Math.max(...steps)).toBeCloseTo(1, 3);
    }
  });

  it('stays at its place while the bar goes where it belongs', () => {
    const high = list();
    for (const place of [0, 100, 5000, 12_345, 9_999_999, END - 3000, END]) {
      high.moveTo(place);
      expect(high.place()).toBeCloseTo(place, 3);
      expect(high.drawnAt(place)).toBeCloseTo(high.bar(), 3);
      expect(Math.abs(high.bar() / BAR_END - place / END)).toBeLessThan(0.02);
    }
  });

  it('leaves the bar where it is when little changes', () => {
    const high = list();
    high.moveTo(END / 2);
    const bar = high.bar();
    high.moveTo(END / 2 - 5000);
    expect(high.bar()).toBe(bar);
    expect(high.place()).toBeCloseTo(END / 2 - 5000, 3);
  });
});

describe('the histogram', () => {
  const sum = (histogram: Histogram) =>
    histogram
      .bars()
      .flat()
      .reduce((all, each) => all + each, 0);

  it('keeps every line while its bars get wider, and never has more than 120', () => {
    const histogram = new Histogram();
    const times = [NOW, NOW + 500, NOW + 7000, NOW - 60_000, NOW + 3_600_000, NOW + 86_400_000 * 400, NOW + 1000];
    times.forEach((time, at) => {
      histogram.add(time, at % 4);
      expect(sum(histogram)).toBe(at + 1);
      expect(histogram.bars().length).toBeLessThanOrEqual(120);
      expect(histogram.from! <= Math.min(...times.slice(0, at + 1))).toBe(true);
      expect(histogram.to > Math.max(...times.slice(0, at + 1))).toBe(true);
    });
  });

  it('forgets what is gone, and begins later then', () => {
    const histogram = new Histogram();
    [0, 1, 2, 3].forEach((second) => {
      histogram.add(NOW + second * 1000, 3);
    });
    histogram.remove(NOW, 3);
    histogram.remove(NOW + 1000, 3);
    expect(histogram.from).toBe(NOW + 2000);
    expect(histogram.bars()).toEqual([
      [0, 0, 0, 1],
      [0, 0, 0, 1],
    ]);
    histogram.add(NOW + 2000, 1);
    expect(sum(histogram)).toBe(3);
  });
});
