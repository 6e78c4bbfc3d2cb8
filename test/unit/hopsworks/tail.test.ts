import { expect, it } from 'vitest';
import { Tail } from '../../../src/backends/hopsworks/tail';
import { Random } from '../../fakes/random';

const last = (lines: readonly string[], count: number): string =>
  lines
    .slice(-count)
    .map((line) => `${line}\n`)
    .join('');

it('tells each line once, whatever the window', () => {
  const random = new Random(7);
  for (let round = 0; round < 100; round++) {
    const all: string[] = [];
    const told: string[] = [];
    const tail = new Tail(false);
    for (let poll = 0; poll < 20; poll++) {
      const more = random.whole(30);
      for (let n = 0; n < more; n++) {
        all.push(random.whole(3) === 0 ? 'again' : `line ${all.length}`);
      }
      let asked = 40;
      while (tail.needsMore(last(all, asked), asked)) {
        asked *= 2;
      }
      const { lines, gap } = tail.take(last(all, asked), asked, false);
      expect(gap).toBe(false);
      told.push(...lines);
    }
    expect(told).toEqual(all);
  }
});

it('asks for more until it finds its place, and says so when it does not', () => {
  const tail = new Tail(false);
  const all = Array.from({ length: 50 }, (_, n) => `a${n}`);
  tail.take(last(all, 10), 10, false);
  all.push(...Array.from({ length: 50 }, (_, n) => `b${n}`));
  expect(tail.needsMore(last(all, 10), 10)).toBe(true);
  expect(tail.needsMore(last(all, 80), 80)).toBe(false);
  expect(tail.take(last(all, 10), 10, false)).toEqual({ lines: all.slice(-10), gap: true });
});

it('waits for the end of a line, and tells one that has none', () => {
  const tail = new Tail(false);
  expect(tail.take('a\nb', 10, false).lines).toEqual(['a']);
  expect(tail.take('a\nbc', 10, false).lines).toEqual([]);
  expect(tail.take('a\nbc', 10, false).lines).toEqual(['bc']);
  expect(tail.take('a\nbc', 10, false).lines).toEqual([]);
  expect(tail.take('a\nbcd\ne\n', 10, false).lines).toEqual(['d', 'e']);
  expect(new Tail(false).take('a\nb', 10, true).lines).toEqual(['a', 'b']);
});

it('tells all of an instance that was started again', () => {
  const tail = new Tail(false);
  tail.take('a\nb\nc\n', 10, false);
  expect(tail.take('x\n', 10, false)).toEqual({ lines: ['x'], gap: false });
  expect(tail.take('x\ny\n', 10, false)).toEqual({ lines: ['y'], gap: false });
});

it('wants all of an instance that came later', () => {
  expect(new Tail(true).needsMore('a\nb\n', 2)).toBe(true);
  expect(new Tail(true).needsMore('a\nb\n', 3)).toBe(false);
});
