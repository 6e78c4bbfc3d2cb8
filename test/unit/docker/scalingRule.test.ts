import { describe, expect, it } from 'vitest';
import { decide, THRESHOLDS, type LoadSample } from '../../../src/backends/docker/scaling/rule';
import { Random } from '../../fakes/random';

interface Turn {
  readonly second: number;
  readonly from: number;
  readonly to: number;
  readonly reason: string;
}

/** Plays a load, one sample each second; new replicas are ready after some seconds. */
function play(
  load: (second: number) => number,
  { seconds, min = 1, max = 4, start = 1, readyAfter = 2 }: Partial<Record<string, number>> & { seconds: number },
): { turns: Turn[]; replicas: number } {
  let replicas = start;
  let ready = start;
  let readyAt = 0;
  let changedAt: number | undefined;
  let samples: LoadSample[] = [];
  const turns: Turn[] = [];
  for (let second = 0; second < seconds; second++) {
    const now = second * 1000;
    if (second >= readyAt) {
      ready = replicas;
    }
    ready = Math.min(ready, replicas);
    samples.push({ at: now, inFlight: load(second), ready });
    samples = samples.filter(({ at }) => at > now - 80_000);
    const input = { samples, replicas, min, max, now, isChanging: false };
    const decision = decide(changedAt === undefined ? input : { ...input, changedAt });
    if (decision) {
      turns.push({ second, ...decision });
      replicas = decision.to;
      changedAt = now;
      readyAt = second + readyAfter;
    }
  }
  return { turns, replicas };
}

describe('the rule of scaling', () => {
  it('adds a replica within seconds, and says why', () => {
    const { turns } = play((second) => (second < 10 ? 30 : 45), { seconds: 20, start: 3, min: 1 });
    expect(turns[0]).toEqual({
      second: 2,
      from: 3,
      to: 4,
      reason: '3 → 4: 10 requests in flight per replica for 2 s (more than 4)',
    });
  });

  it('at most doubles, up to the most', () => {
    const { turns } = play(() => 100, { seconds: 60, max: 7 });
    expect(turns.map(({ from, to }) => [from, to])).toEqual([
      [1, 2],
      [2, 4],
      [4, 7],
    ]);
    expect(turns[1]!.second - turns[0]!.second).toBeGreaterThanOrEqual(THRESHOLDS.pauseSeconds);
  });

  it('takes one away at a time, each after a minute', () => {
    const { turns, replicas } = play(() => 0, { seconds: 300, start: 4 });
    expect(turns.map(({ second, to }) => [second, to])).toEqual([
      [60, 3],
      [120, 2],
      [180, 1],
    ]);
    expect(replicas).toBe(1);
    expect(turns[0]!.reason).toBe(
      '4 → 3: for 60 s, 3 replicas would have had at most 0 requests in flight each (less than 2.4)',
    );
  });

  it('does not answer a spike of a second', () => {
    expect(play((second) => (second % 10 === 0 ? 50 : 1), { seconds: 300 }).turns).toEqual([]);
  });

  it('keeps to the least and the most asked for', () => {
    const base = { samples: [], now: 0, isChanging: false };
    expect(decide({ ...base, replicas: 1, min: 2, max: 4 })).toMatchObject({ to: 2 });
    expect(decide({ ...base, replicas: 6, min: 2, max: 4 })).toMatchObject({ to: 4 });
    expect(decide({ ...base, replicas: 6, min: 2, max: 4, isChanging: true })).toBeUndefined();
  });

  it('waits for replicas that get ready, but not for those that never do', () => {
    const { turns } = play(() => 100, { seconds: 100, max: 4, readyAfter: 1000 });
    expect(turns.map(({ to }) => to)).toEqual([2, 4]);
    expect(turns[1]!.second - turns[0]!.second).toBe(30);
  });

  it('does not decide from samples with a gap', () => {
    const samples = [0, 1000, 2000, 50_000, 51_000].map((at) => ({ at, inFlight: 99, ready: 1 }));
    expect(decide({ samples, replicas: 1, min: 1, max: 4, now: 51_000, isChanging: false })).toBeUndefined();
    const idle = [0, 61_000].map((at) => ({ at, inFlight: 0, ready: 2 }));
    expect(decide({ samples: idle, replicas: 2, min: 1, max: 4, now: 61_000, isChanging: false })).toBeUndefined();
  });

  it('does not go up and down with any steady load, however noisy', () => {
    const random = new Random(11);
    for (let n = 0; n < 60; n++) {
      const level = random.next() * 20;
      // Sums of many small parts: about what independent clients are.
      const noisy = (): number => Array.from({ length: 200 }).filter(() => random.chance(level / 200)).length;
      const { turns } = play(noisy, { seconds: 1200, max: 8, start: 1 + random.whole(8) });
      const turned = turns.filter(({ from, to }, index) => {
        const before = turns[index - 1];
        return before !== undefined && to > from !== before.to > before.from;
      });
      expect(turned.length, `load ${String(level)}: ${turns.map(({ reason }) => reason).join('; ')}`).toBeLessThan(2);
    }
  });

  it('stays within its bounds and its pauses with any load', () => {
    const random = new Random(5);
    for (let n = 0; n < 60; n++) {
      const [min, max] = [1 + random.whole(3), 4 + random.whole(6)];
      let level = 0;
      const wild = (): number => {
        level = random.chance(0.05) ? random.whole(80) : level;
        return Math.max(0, level + random.whole(9) - 4);
      };
      const { turns } = play(wild, { seconds: 900, min, max, start: min, readyAfter: random.whole(12) });
      turns.forEach(({ from, to, second }, index) => {
        expect(to).toBeGreaterThanOrEqual(min);
        expect(to).toBeLessThanOrEqual(max);
        expect(to > from ? to <= from * 2 : to === from - 1).toBe(true);
        const before = turns[index - 1];
        if (before) {
          expect(second - before.second).toBeGreaterThanOrEqual(to > from ? 5 : 60);
        }
      });
    }
  });
});
