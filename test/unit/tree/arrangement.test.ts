import { describe, expect, it, vi } from 'vitest';
import type { Memory } from '../../../src/core/ports';
import {
  filterOf,
  filterText,
  isFiltered,
  lastChange,
  PLAIN,
  sorted,
  toArrangement,
  type Arrangement,
} from '../../../src/ui/tree/arrangement';
import { Arranging } from '../../../src/ui/tree/arranging';
import { servingOf } from './support';

vi.mock('vscode', () => import('../../manifest/vscodeFake'));

const run = (startedAt: number, endedAt?: number) => ({
  startedAt: new Date(startedAt),
  ...(endedAt === undefined ? {} : { endedAt: new Date(endedAt) }),
  stages: [],
  replicas: [],
});
const all = [
  servingOf('iris10', { state: 'running', model: 'iris', run: run(1000) }),
  servingOf('iris2', { state: 'failed', model: 'iris', version: 2, run: run(500, 3000) }),
  servingOf('churn', { state: 'idle', run: run(2000) }),
  servingOf('titanic'),
];
const shown = (change: Partial<Arrangement>): readonly string[] =>
  all.filter(filterOf({ ...PLAIN, ...change })).map(({ ref }) => ref.name);
const order = (by: Arrangement['order']): readonly string[] => sorted(all, by).map(({ ref }) => ref.name);

describe('a filter', () => {
  it.each<[string, Partial<Arrangement>, readonly string[]]>([
    ['nothing', {}, ['iris10', 'iris2', 'churn', 'titanic']],
    ['failed', { shown: 'failed' }, ['iris2']],
    ['running: what answers, the idle one too', { shown: 'running' }, ['iris10', 'churn']],
    ['a word of the name, in any case', { text: 'TITAN' }, ['titanic']],
    ['a word of the model and its version', { text: 'iris v2' }, ['iris2']],
    ['a word of the state', { text: 'stopped' }, ['titanic']],
    ['words that are not together', { text: '  v1   iris ' }, ['iris10']],
    ['both', { shown: 'failed', text: 'churn' }, []],
    ['characters that mean something to patterns', { text: '.*' }, []],
  ])('by %s', (_, change, names) => {
    expect(shown(change)).toEqual(names);
    expect(isFiltered({ ...PLAIN, ...change })).toBe(Object.keys(change).length > 0);
  });

  it('says what it leaves out', () => {
    expect(filterText({ ...PLAIN, text: 'iris' }, 2, 4)).toBe('Filter “iris”: 2 of 4 servings');
    expect(filterText({ ...PLAIN, shown: 'failed' }, 1, 4)).toBe('Filter, failed only: 1 of 4 servings');
  });
});

describe('an order', () => {
  it('by name counts numbers as numbers', () => {
    expect(order('name')).toEqual(['churn', 'iris2', 'iris10', 'titanic']);
  });

  it('by state has first what needs somebody', () => {
    expect(order('state')).toEqual(['iris2', 'iris10', 'churn', 'titanic']);
  });

  it('by last change has the newest first, and last what never ran', () => {
    expect(order('change')).toEqual(['iris2', 'churn', 'iris10', 'titanic']);
    expect(all.map(lastChange)).toEqual([1000, 3000, 2000, 0]);
  });
});

describe('an arrangement', () => {
  it.each<[unknown, Arrangement]>([
    [undefined, PLAIN],
    ['model', PLAIN],
    [null, PLAIN],
    [
      { grouping: 'colour', order: 1, shown: 'failed', text: 7 },
      { ...PLAIN, shown: 'failed' },
    ],
    [
      { grouping: 'model', order: 'change', shown: 'running', text: 'x', more: 1 },
      { grouping: 'model', order: 'change', shown: 'running', text: 'x' },
    ],
  ])('is read from what was kept: %j', (kept, expected) => {
    expect(toArrangement(kept)).toEqual(expected);
  });

  it('is kept for the next window of the workspace, and told', () => {
    const kept = new Map<string, unknown>();
    const memory: Memory = { get: (key) => kept.get(key), set: (key, value) => kept.set(key, value) };
    const arranging = new Arranging(memory);
    let told = 0;
    arranging.onDidChange(() => told++);
    arranging.change({ grouping: 'state' });
    arranging.change({ text: 'iris' });
    expect(told).toBe(2);
    expect(new Arranging(memory).current).toEqual({ ...PLAIN, grouping: 'state', text: 'iris' });
  });
});
