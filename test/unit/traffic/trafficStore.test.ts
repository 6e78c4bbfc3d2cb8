import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { TrafficStore } from '../../../src/app/traffic/trafficStore';
import type { Capability } from '../../../src/core/backend';
import { DEFAULTS } from '../../../src/core/definition';
import { ServingError } from '../../../src/core/errors';
import type { BackendId, Serving, ServingState } from '../../../src/core/serving';
import type { TrafficReading } from '../../../src/core/traffic';
import { latency, reading } from './readings';

const NOW = Date.UTC(2026, 10, 29, 14, 32, 0);

function serving(name: string, state: ServingState = 'running'): Serving {
  const model = { name, version: 1 };
  return {
    ref: { backend: 'memory' as BackendId, name },
    kind: 'process',
    state,
    definition: { ...DEFAULTS, name, model, script: 'p.py' },
    differences: [],
  };
}

describe('the store of traffic', () => {
  let servings: Serving[];
  let kept: Record<string, unknown>;
  let asked: string[];
  let answer: (name: string, signal: AbortSignal) => Promise<TrafficReading>;
  let capabilities: Set<Capability>;
  const stores: TrafficStore[] = [];

  beforeEach(() => {
    vi.useFakeTimers({ now: NOW, toFake: ['setTimeout', 'clearTimeout', 'Date'] });
    servings = [serving('iris')];
    kept = {};
    asked = [];
    capabilities = new Set(['traffic']);
    let replies = 1000;
    answer = () => {
      replies += 10;
      return Promise.resolve(reading({ replies, latency: latency(replies, 0, 0, 0), inFlight: 1 }));
    };
  });
  afterEach(() => {
    stores.splice(0).forEach((store) => {
      store.dispose();
    });
    vi.useRealTimers();
  });

  const open = (): TrafficStore => {
    const store = new TrafficStore({
      servings: () => servings,
      backend: () => ({
        capabilities,
        traffic: ({ name }, signal) => {
          asked.push(name);
          return answer(name, signal);
        },
      }),
      kept: {
        get: (key) => kept[key],
        update: (key, value) => {
          kept[key] = JSON.parse(JSON.stringify(value)) as unknown;
          return Promise.resolve();
        },
      },
    });
    stores.push(store);
    return store;
  };
  const repliesOf = (store: TrafficStore, name = 'iris'): number =>
    Math.round(store.of(serving(name).ref)?.steps.reduce((sum, step) => sum + (step?.replies ?? 0), 0) ?? Number.NaN);

  it('asks what runs every 5 s, though nobody looks, and nothing else', async () => {
    servings = [serving('iris'), serving('off', 'stopped'), serving('bad', 'failed'), serving('zero', 'idle')];
    const store = open();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asked.filter((name) => name === 'iris')).toHaveLength(12);
    expect(new Set(asked)).toEqual(new Set(['iris', 'zero']));
    expect(repliesOf(store)).toBeGreaterThan(100);
  });

  it('asks what somebody looks at every 2 s, the others as before, until they look away', async () => {
    servings = [serving('iris'), serving('other')];
    const store = open();
    const watching = store.watch(serving('iris').ref);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(asked.filter((name) => name === 'iris').length).toBeGreaterThanOrEqual(10);
    expect(asked.filter((name) => name === 'other').length).toBeLessThanOrEqual(5);
    watching.dispose();
    watching.dispose();
    await vi.advanceTimersByTimeAsync(4000);
    asked = [];
    await vi.advanceTimersByTimeAsync(20_000);
    expect(asked.filter((name) => name === 'iris').length).toBeLessThanOrEqual(4);
  });

  it('never asks one twice at a time, and bears one that does not answer', async () => {
    let running = 0;
    answer = async (_name, signal) => {
      running++;
      expect(running).toBe(1);
      await new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          running--;
          reject(ServingError.cancelled('it'));
        });
      });
      return reading();
    };
    const store = open();
    void store.look();
    void store.look();
    const watching = store.watch(serving('iris').ref);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(store.of(serving('iris').ref)).toBeUndefined();
    watching.dispose();
  });

  it('tells of each reading', async () => {
    const store = open();
    const told = vi.fn();
    store.onDidChange(told);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(told).toHaveBeenCalledTimes(2);
    expect(told).toHaveBeenLastCalledWith(serving('iris').ref);
  });

  it('keeps the history over a reload of the window, also what was counted while it was away', async () => {
    const first = open();
    await vi.advanceTimersByTimeAsync(300_000);
    const before = repliesOf(first);
    first.dispose();
    await vi.advanceTimersByTimeAsync(10_000);
    const second = open();
    expect(repliesOf(second)).toBe(before);
    await second.look();
    expect(repliesOf(second)).toBe(before + 10);
    expect(
      second
        .of(serving('iris').ref)
        ?.steps.filter((step) => step !== undefined)
        .at(-3)?.latency?.counts,
    ).toEqual([10, 0, 0, 0]);
  });

  it('writes seldom', async () => {
    const update = vi.fn(() => Promise.resolve());
    const store = new TrafficStore({
      servings: () => servings,
      backend: () => ({ capabilities, traffic: (ref, signal) => answer(ref.name, signal) }),
      kept: { get: () => undefined, update },
    });
    stores.push(store);
    await vi.advanceTimersByTimeAsync(600_000);
    expect(update.mock.calls.length).toBeLessThanOrEqual(10);
    expect(JSON.stringify(update.mock.calls.at(-1)).length).toBeLessThan(20_000);
  });

  it.each([
    ['nothing', undefined],
    ['a text', 'x'],
    ['odd steps', { 'memory\niris': { steps: [[1], 'x', null, [1, 2, 3, 4, 5, null, null, 9]], last: { at: 'x' } } }],
    ['odd readings', { 'memory\niris': { steps: [], last: { at: 1, reading: { source: 'a', replicas: [{}] } } } }],
    ['what is of tomorrow', { 'memory\niris': { steps: [[NOW / 5000 + 9000, 5, 1, 0, 0, 0, null]] } }],
  ])('begins anew where %s is kept', async (_what, value) => {
    kept = { traffic: value };
    const store = open();
    expect(store.of(serving('iris').ref)).toBeUndefined();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(repliesOf(store)).toBe(10);
  });

  it('forgets what has not run for 15 minutes', async () => {
    const store = open();
    await vi.advanceTimersByTimeAsync(20_000);
    servings = [];
    await vi.advanceTimersByTimeAsync(600_000);
    expect(store.of(serving('iris').ref)).toBeDefined();
    await vi.advanceTimersByTimeAsync(400_000);
    expect(store.of(serving('iris').ref)).toBeUndefined();
  });

  it('counts what was sent from here only where the serving itself does not tell', () => {
    const store = open();
    store.sent(serving('iris').ref, 200, 3);
    expect(store.of(serving('iris').ref)).toBeUndefined();
    capabilities = new Set();
    store.sent(serving('iris').ref, 200, 3);
    expect(store.of(serving('iris').ref)).toMatchObject({ by: 'editor' });
    expect(repliesOf(store)).toBe(1);
  });
});
