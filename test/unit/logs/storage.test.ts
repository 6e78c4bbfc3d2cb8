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
  it('is scrolled in proportion, from its beginning to its end', () => {
    const scale = new Scale(30_000_000);
    expect(scale.toList(1234, 1_000_000, 500)).toBe(1234);
    const total = 100_000_000;
    expect(scale.height(total)).toBe(30_000_000);
    expect(scale.toList(0, total, 500)).toBe(0);
    expect(scale.toList(30_000_000 - 500, total, 500)).toBeCloseTo(total - 500, 3);
    expect(scale.toScroll(scale.toList(12_345_678, total, 500), total, 500)).toBeCloseTo(12_345_678, 3);
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
