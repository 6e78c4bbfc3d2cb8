import { describe, expect, it } from 'vitest';
import { ServingTraffic } from '../../../src/app/traffic/servingTraffic';
import { SERVING_PANEL } from '../../../src/protocol/servingPanel';
import { toServingView } from '../../../src/ui/panels/servingView';
import { toTraffic, toTrafficSection, toUsage } from '../../../src/ui/panels/trafficView';
import { sentence } from '../../../webview/common/sentence';
import { roundTop, Scale } from '../../../webview/serving/scale';
import { facts } from '../../webview/fixtures/servings';
import { quiet, sentFromHere, trafficOf } from '../../webview/fixtures/traffic';
import { latency, reading } from '../traffic/readings';

const NOW = Date.UTC(2026, 10, 23, 14, 32, 8);

/** Readings every 5 s, the last one now: replies and errors of each step. */
function trafficWith(steps: readonly { replies: number; failed?: number }[]) {
  const traffic = new ServingTraffic();
  let [replies, serverErrors] = [0, 0];
  traffic.take(reading(), NOW - steps.length * 5000);
  steps.forEach((step, index) => {
    replies += step.replies;
    serverErrors += step.failed ?? 0;
    const at = NOW - (steps.length - 1 - index) * 5000;
    traffic.take(reading({ replies, serverErrors, latency: latency(0, replies, 0, 0) }), at);
  });
  return traffic.shown(NOW);
}

describe('the charts of the traffic', () => {
  it('have the agreed shape, 180 steps of 5 s, and current values', () => {
    const view = toTraffic(trafficOf(NOW), NOW);
    expect(SERVING_PANEL.events.traffic({ charts: structuredClone(view) })).toBe(true);
    expect(view?.requests).toHaveLength(180);
    expect((view?.to ?? 0) - (view?.from ?? 0)).toBe(900_000);
    expect(view?.now.requests).toBeGreaterThan(8);
    expect(view?.now.p50).toBeLessThan(view?.now.p95 ?? 0);
    expect(view).toMatchObject({ serverErrors: 2, clientErrors: 1, hasTraffic: true });
    expect(view).not.toHaveProperty('staleSince');
    expect(JSON.stringify(view).length).toBeLessThan(8000);
  });

  it('have errors by the minutes of the clock: a bar stays while time goes on', () => {
    const traffic = trafficOf(NOW);
    const bars = toTraffic(traffic, NOW)?.errors ?? [];
    expect(bars.map(({ steps, server, client }) => [steps, server, client])).toEqual([
      [12, 2, 0],
      [12, 0, 1],
    ]);
    const begins = bars.map(({ step }) => (traffic.end - 900_000 + step * 5000) % 60_000);
    expect(begins).toEqual([0, 0]);
  });

  it('have no values where nothing is known, and say that nothing was asked', () => {
    const view = toTraffic(quiet(NOW), NOW);
    expect(view?.requests.slice(0, 119).every((each) => each === null)).toBe(true);
    expect(view?.requests.at(-2)).toBe(0);
    expect(view?.p95.every((each) => each === null)).toBe(true);
    expect(view?.hasTraffic).toBe(false);
    expect(toTraffic(undefined, NOW)).toBeUndefined();
  });

  it('say how old they are when nobody has answered for a while', () => {
    expect(toTraffic(trafficOf(NOW), NOW + 30_000)?.staleSince).toBe(NOW);
  });

  it('are of what this editor sent where the serving tells nothing; none before that', () => {
    const view = toTraffic(sentFromHere(NOW), NOW);
    expect(view).toMatchObject({ serverErrors: 1, hasTraffic: true });
    expect(view).not.toHaveProperty('inFlight');
    expect(view?.now.requests).toBeCloseTo(1 / 15, 1);
    const { serving } = facts('running', NOW);
    expect(toTrafficSection({ ...serving, kind: 'hopsworks' }, undefined, false)).toEqual({
      note: 'what this editor sent, last 15 min',
      text: 'The API of Hopsworks tells no figures of a serving.',
      link: { text: 'Its page in Hopsworks has them.', target: 'hopsworks' },
    });
  });

  it('are left out while nothing runs', () => {
    const { serving } = facts('running', NOW);
    for (const state of ['stopped', 'failed', 'creating', 'starting', 'stopping', 'unknown'] as const) {
      expect(toTrafficSection({ ...serving, state }, undefined, true), state).toBeUndefined();
    }
    expect(toTrafficSection(serving, undefined, true)).toEqual({ note: 'last 15 min' });
  });

  it('say why there is no latency', () => {
    const traffic = new ServingTraffic();
    traffic.take(reading(), NOW - 5000);
    traffic.take(reading({ replies: 9 }), NOW);
    const { serving } = facts('running', NOW);
    expect(toTrafficSection(serving, traffic.shown(NOW), true)?.withoutLatency).toBe('Not told before the next start');
    expect(toUsage(traffic.shown(NOW))).not.toHaveProperty('p95Ms');
  });
});

describe('the top of a chart', () => {
  it('is round, and so is its half', () => {
    expect([0.3, 1, 1.1, 3, 5, 7, 9, 11, 15, 45, 101].map(roundTop)).toEqual([0.4, 1, 2, 4, 6, 8, 10, 20, 20, 60, 200]);
  });

  it('grows at once and shrinks after a minute, to what was enough in that minute', () => {
    const scale = new Scale(1);
    expect(scale.topFor(3, 0)).toBe(4);
    expect(scale.topFor(15, 1000)).toBe(20);
    expect(scale.topFor(3, 2000)).toBe(20);
    expect(scale.topFor(7, 30_000)).toBe(20);
    expect(scale.topFor(3, 61_000)).toBe(20);
    expect(scale.topFor(3, 62_000)).toBe(8);
    expect(scale.topFor(0, 63_000)).toBe(8);
    expect(scale.topFor(0, 123_000)).toBe(1);
  });

  it('that is needed again meanwhile stays', () => {
    const scale = new Scale(1);
    scale.topFor(15, 0);
    scale.topFor(3, 1000);
    scale.topFor(15, 50_000);
    expect(scale.topFor(3, 61_500)).toBe(20);
  });
});

describe('the health of a serving that is used', () => {
  const healthOf = (steps: readonly { replies: number; failed?: number }[]) => {
    const { health } = toServingView({ ...facts('running', NOW), traffic: trafficWith(steps) });
    return { text: sentence(health.parts, NOW), act: health.act };
  };
  const idle = Array.from({ length: 20 }, () => ({ replies: 10 }));

  it('says how many failed of how many', () => {
    expect(healthOf(idle).text).toBe(
      'Healthy for 2 h 14 min: 3 of 3 replicas answer, p95 9.5 ms, none of 200 requests failed in the last 15 min.',
    );
    expect(healthOf([{ replies: 100, failed: 2 }, ...idle]).text).toMatch(
      /2 of 300 requests failed in the last 15 min\.$/,
    );
  });

  it('says first that requests of the last minute failed, and where to look', () => {
    const { text, act } = healthOf([...idle, { replies: 10, failed: 8 }]);
    expect(text).toBe('8 of 116 requests of the last minute failed, p95 9.6 ms.');
    expect(act).toEqual({ text: 'Show the logs.', to: 'logs' });
  });

  it('stays one short sentence, however many requests there were', () => {
    const { text, act } = healthOf([
      { replies: 123_456_789, failed: 100_000_000 },
      ...Array<{ replies: 0 }>(13).fill({ replies: 0 }),
    ]);
    expect(text).toContain('100,000,000 of 123,456,789');
    expect(`${text} ${act?.text ?? ''}`.length).toBeLessThanOrEqual(150);
  });
});

describe('the table of replicas', () => {
  it('has the share of the processor, the p95 and the memory of each, and what was restarted last', () => {
    const { replicas } = toServingView(facts('running', NOW));
    expect(replicas?.rows.map(({ cores }) => cores)).toEqual([0.039, 0.04, 0.116]);
    expect(replicas?.rows.every(({ p95Ms }) => p95Ms !== undefined && p95Ms > 2)).toBe(true);
    expect(sentence(replicas?.warning?.parts ?? [], NOW)).toBe('replica 3 restarted 41 min ago: out of memory');
    expect(replicas?.canOpenShell).toBe(false);
    expect(toServingView(facts('docker', NOW)).replicas?.canOpenShell).toBe(true);
  });
});
