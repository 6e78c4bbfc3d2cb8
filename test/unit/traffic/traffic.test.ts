import { describe, expect, it } from 'vitest';
import { countedBetween } from '../../../src/app/traffic/difference';
import { History, STEP_MS, STEPS } from '../../../src/app/traffic/history';
import { ServingTraffic } from '../../../src/app/traffic/servingTraffic';
import { quantileOf, sumOf } from '../../../src/core/traffic';
import { Random } from '../../fakes/random';
import { latency, reading, replica } from './readings';

const NOW = Date.UTC(2026, 10, 29, 14, 32, 0);

describe('a quantile of a histogram', () => {
  it('is found by lines between the bounds; above all of them it is the last', () => {
    expect(quantileOf({ bounds: [1, 2, 4], counts: [0, 10, 0, 0] }, 0.5)).toBe(1.5);
    expect(quantileOf({ bounds: [1, 2, 4], counts: [0, 0, 0, 5] }, 0.9)).toBe(4);
    expect(quantileOf({ bounds: [1, 2, 4], counts: [10, 0, 0, 0] }, 1)).toBe(1);
  });

  it('is not known where nothing was counted', () => {
    expect(quantileOf({ bounds: [1, 2], counts: [0, 0, 0] }, 0.5)).toBeUndefined();
    expect(quantileOf({ bounds: [], counts: [3] }, 0.5)).toBeUndefined();
  });

  it('never goes down as the share goes up, and stays within the bounds', () => {
    const random = new Random(7);
    for (let round = 0; round < 200; round++) {
      const histogram = latency(...[0, 1, 2, 3].map(() => random.whole(20)));
      const values = [0.01, 0.25, 0.5, 0.9, 0.95, 1].map((share) => quantileOf(histogram, share) ?? 0);
      expect([...values].sort((a, b) => a - b)).toEqual(values);
      expect(Math.max(...values)).toBeLessThanOrEqual(0.1);
    }
  });

  it('of two that count by other bounds keeps the first', () => {
    expect(sumOf(latency(1, 0, 0, 0), { bounds: [1], counts: [5, 5] })).toEqual(latency(1, 0, 0, 0));
    expect(sumOf(latency(1, 0, 0, 0), latency(1, 2, 3, 4))).toEqual(latency(2, 2, 3, 4));
  });
});

describe('what was counted between two readings', () => {
  it('is their difference', () => {
    const before = reading({ replies: 100, clientErrors: 2, serverErrors: 1, latency: latency(90, 10, 0, 0) });
    const after = reading({ replies: 110, clientErrors: 2, serverErrors: 3, latency: latency(95, 14, 1, 0) });
    expect(countedBetween(before, after)).toEqual({
      replies: 10,
      clientErrors: 0,
      serverErrors: 2,
      latency: latency(5, 4, 1, 0),
    });
  });

  it.each([
    ['another run counts', reading({ source: 'run 2', replies: 4, serverErrors: 1 })],
    ['the same one began anew', reading({ replies: 4, serverErrors: 1 })],
  ])('is all that there is when %s', (_why, after) => {
    expect(countedBetween(reading({ replies: 100, serverErrors: 1 }), after)).toMatchObject({
      replies: 4,
      serverErrors: 1,
    });
  });

  it('of replicas is their sum; one that was replaced counts from nothing, one that is gone takes nothing away', () => {
    const before = reading({
      replicas: [
        replica(1, { latency: latency(10, 0, 0, 0) }),
        replica(2, { latency: latency(0, 20, 0, 0) }),
        replica(3, { latency: latency(0, 0, 9, 0) }),
      ],
    });
    const after = reading({
      replicas: [
        replica(1, { latency: latency(13, 0, 0, 0) }),
        replica(2, { source: 'another container', latency: latency(0, 2, 0, 0) }),
      ],
    });
    expect(countedBetween(before, after).latency).toEqual(latency(3, 2, 0, 0));
  });

  it('of replicas that do not tell their latency has none', () => {
    expect(countedBetween(reading(), reading({ replies: 1, replicas: [replica(1)] }))).not.toHaveProperty('latency');
  });
});

describe('the history', () => {
  const counted = (replies: number, serverErrors = 0) => ({ replies, clientErrors: 0, serverErrors });

  it('lays what was counted over a longer time on the steps that it took, errors on the last', () => {
    const history = new History();
    history.add(NOW - 12_500, NOW, counted(25, 2), 3);
    const steps = history.upTo(NOW - 1).slice(-4);
    expect(steps.map((step) => step?.replies)).toEqual([undefined, 5, 10, 10]);
    expect(steps.map((step) => step?.seconds)).toEqual([undefined, 2.5, 5, 5]);
    expect(steps.map((step) => step?.serverErrors)).toEqual([undefined, 0, 0, 2]);
  });

  it('adds up what is read within a step, and keeps the most that were in flight', () => {
    const history = new History();
    history.add(NOW, NOW + 1000, counted(1), 2);
    history.add(NOW + 1000, NOW + 3000, counted(5), 7);
    history.add(NOW + 3000, NOW + 4000, counted(0), 1);
    expect(history.upTo(NOW + 4000).at(-1)).toMatchObject({ seconds: 4, replies: 6, inFlight: 7 });
  });

  it('forgets what is older than 15 minutes', () => {
    const history = new History();
    for (let at = 0; at < 4 * STEPS; at++) {
      history.add(NOW + at * STEP_MS, NOW + (at + 1) * STEP_MS, counted(at), 0);
    }
    expect(history.entries()).toHaveLength(STEPS);
    expect(history.hasAny(NOW + 4 * STEPS * STEP_MS + 900_000)).toBe(false);
  });

  it('loses no reply, however the readings come', () => {
    const random = new Random(3);
    const history = new History();
    let at = NOW;
    let all = 0;
    while (at < NOW + 600_000) {
      const next = at + 1 + random.whole(30_000);
      const replies = random.whole(1000);
      history.add(at, next, counted(replies), 0);
      all += replies;
      at = next;
    }
    expect(history.upTo(at).reduce((sum, step) => sum + (step?.replies ?? 0), 0)).toBeCloseTo(all, 3);
  });
});

describe('the traffic of a serving', () => {
  it('begins with the first reading: what was counted before is not of this time', () => {
    const traffic = new ServingTraffic();
    traffic.take(reading({ replies: 5000 }), NOW);
    expect(traffic.shown(NOW).steps.every((step) => step === undefined)).toBe(true);
    traffic.take(reading({ replies: 5010, inFlight: 2 }), NOW + 5000);
    expect(traffic.shown(NOW + 4999).steps.at(-1)).toMatchObject({ replies: 10, seconds: 5 });
    expect(traffic.shown(NOW + 4999).inFlight).toBe(2);
  });

  it('has a gap where nobody read for more than a minute', () => {
    const traffic = new ServingTraffic();
    traffic.take(reading({ replies: 10 }), NOW);
    traffic.take(reading({ replies: 900 }), NOW + 61_000);
    expect(traffic.shown(NOW + 61_000).steps.every((step) => step === undefined)).toBe(true);
  });

  it('bears a clock that is set back', () => {
    const traffic = new ServingTraffic();
    traffic.take(reading({ replies: 10 }), NOW);
    traffic.take(reading({ replies: 20 }), NOW - 3_600_000);
    traffic.take(reading({ replies: 25 }), NOW - 3_595_000);
    expect(traffic.shown(NOW - 3_595_001).steps.at(-1)?.replies).toBe(5);
  });

  it('knows of each replica its share of the processor, its memory and its p95', () => {
    const traffic = new ServingTraffic();
    const at = (seconds: number, cpuSeconds: number, slow: number) => {
      const one = replica(1, { cpuSeconds, memoryBytes: 1e6, latency: latency(0, slow, 0, 0) });
      traffic.take(reading({ replicas: [one] }), NOW + seconds * 1000);
    };
    at(0, 100, 50);
    expect(traffic.shown(NOW).replicas.get(1)).toEqual({ memoryBytes: 1e6 });
    for (let seconds = 5; seconds <= 60; seconds += 5) {
      at(seconds, 100 + seconds / 2, 50 + seconds);
    }
    const load = traffic.shown(NOW + 60_000).replicas.get(1);
    expect(load?.cores).toBeCloseTo(0.5, 5);
    expect(load?.p95Ms).toBeCloseTo(1 + 9 * 0.95, 5);
    at(65, 0.1, 0);
    expect(traffic.shown(NOW + 65_000).replicas.get(1)).not.toHaveProperty('cores');
  });

  it('counts what this editor sent where nobody else does', () => {
    const traffic = new ServingTraffic();
    traffic.sent(200, 12, NOW);
    traffic.sent(503, 90_000, NOW + 1);
    const shown = traffic.shown(NOW + 2);
    expect(shown.by).toBe('editor');
    const step = shown.steps.at(-1);
    expect(step).toMatchObject({ replies: 2, serverErrors: 1 });
    expect(step?.latency && quantileOf(step.latency, 0.99)).toBe(60);
  });
});
