import { describe, expect, it } from 'vitest';
import { changesOf, withChanges } from '../../../src/protocol/changes';
import { SERVING_PANEL } from '../../../src/protocol/servingPanel';
import { toServingView } from '../../../src/ui/panels/servingView';
import { sentence } from '../../../webview/common/sentence';
import { facts, FIXTURE_NAMES } from '../../webview/fixtures/servings';
import type { FixtureName } from '../../webview/fixtures/servings';

const NOW = Date.UTC(2026, 10, 23, 14, 32, 8);
const viewOf = (name: FixtureName) => toServingView(facts(name, NOW));

describe('the view of a serving in containers', () => {
  it('names the container of each replica, with what is in flight and the limit of its memory', () => {
    const { replicas } = viewOf('docker');
    expect(replicas?.memoryLimitBytes).toBe(512 * 1024 * 1024);
    expect(replicas?.rows[1]).toMatchObject({
      number: 2,
      inFlight: 2,
      container: { id: '2f2a9c81d0b4', name: 'ms-irisflowerclassifier-3fa2c1-9b21c4-2' },
    });
    expect(replicas?.rows.map((each) => each.trouble)).toEqual([undefined, undefined, undefined]);
  });

  it('tells what is wrong with a replica now from why it was started again, with what helps', () => {
    const rows = viewOf('dockerTrouble').replicas?.rows ?? [];
    expect(rows.map((each) => each.trouble)).toEqual([
      { text: 'out of memory at 512 MB', isNow: false, remedies: [expect.objectContaining({ label: 'Raise Limit…' })] },
      { text: 'does not answer its gateway: Connection refused', isNow: true, remedies: [] },
      {
        text: 'ran out of memory at 512 MB: raise the limit',
        isNow: true,
        remedies: [expect.objectContaining({ label: 'Raise Limit…' })],
      },
    ]);
  });

  it('shows the gateway with what it has counted, leaving out classes of replies that there were none of', () => {
    const { gateway } = viewOf('docker');
    expect(gateway).toMatchObject({
      state: { word: 'Running' },
      container: { id: 'c07be4410f2a', name: 'ms-irisflowerclassifier-3fa2c1-gateway' },
      figures: {
        requests: 62_338,
        inFlight: 6,
        held: 0,
        retries: 2,
        openConnections: 14,
        connections: 1203,
        meanMs: 3,
      },
    });
    expect(gateway?.figures?.replies).toEqual([
      { label: '2xx', count: 62_201 },
      { label: '4xx', count: 131 },
      { label: '5xx', count: 0 },
    ]);
    expect(gateway?.figures?.errors).toEqual(['2 connections to replicas failed', '1 reply was broken off']);
  });

  it('counts each request once in its health, though replicas count a second try as well', () => {
    const { health } = toServingView({ ...facts('docker', NOW), traffic: undefined });
    expect(sentence(health.parts, NOW)).toMatch(/62,338 requests since the start/);
  });

  it('has no figures of a gateway that cannot be asked or does not run', () => {
    const { serving, ...rest } = facts('docker', NOW);
    const run = serving.run;
    const gateway = run?.gateway;
    if (run === undefined || gateway === undefined) {
      throw new Error('the fixture has no gateway');
    }
    const { traffic: _traffic, ...unread } = gateway;
    const view = toServingView({ ...rest, serving: { ...serving, run: { ...run, gateway: unread } } });
    expect(view.gateway?.figures).toBeUndefined();
    const down = toServingView({
      ...rest,
      serving: { ...serving, run: { ...run, gateway: { ...gateway, up: false } } },
    });
    expect(down.gateway).toMatchObject({ state: { word: 'Not running', tone: 'failed' } });
    expect(down.gateway?.figures).toBeUndefined();
  });

  it('tells the rule, the load of the moment and the decisions, the newest first', () => {
    const { scaling } = viewOf('docker');
    expect(scaling?.note).toBe('3 replicas, from 1 to 6');
    expect(scaling?.idle).toBeUndefined();
    const rows = new Map(scaling?.rows.map(({ label, parts }) => [label, sentence(parts, NOW)]));
    expect([...rows.keys()]).toEqual(['Load', 'Up', 'Down', 'Pause']);
    expect(rows.get('Load')).toBe('6 requests in flight, 2 for each of 3 replicas that are ready.');
    expect(rows.get('Up')).toContain('more than 4 requests in flight for 2 s');
    expect(rows.get('Pause')).toContain('While no window of this folder is open, the number stays as it is.');
    expect(scaling?.decisions).toHaveLength(12);
    expect(scaling?.decisions[0]).toEqual({
      at: NOW - 95_000,
      from: 3,
      to: 2,
      reason: 'For 60 s, 2 replicas would have had at most 0.3 requests in flight each (less than 2.4)',
    });
  });

  it('says when no window decides, and when the number is fixed', () => {
    expect(viewOf('dockerTrouble').scaling?.idle).toBe('No window decides now: the number stays at 3.');
    const fixed = viewOf('dockerFixed').scaling;
    expect(fixed).toEqual({
      note: 'The number is fixed at 2 replicas. With a higher maximum it follows the load.',
      canEdit: true,
      rows: [],
      decisions: [],
    });
  });

  it('says when there may be no more replicas, and when the load is not known', () => {
    const { serving, ...rest } = facts('docker', NOW);
    const busy = { ...serving, run: { ...serving.run!, gateway: { ...serving.run!.gateway!, inFlight: 60 } } };
    const most = { ...busy, definition: { ...serving.definition, replicas: { min: 1, max: 3 } } };
    const load = (of: typeof serving): string =>
      sentence(toServingView({ ...rest, serving: of }).scaling?.rows[0]?.parts ?? [], NOW);
    expect(load(most)).toMatch(/^60 requests in flight, 20 for each.*, but there may be no more\.$/);
    expect(load(busy)).toMatch(/^60 requests in flight, 20 for each of 3 replicas that are ready\.$/);
    const idle = { ...serving, run: { ...serving.run!, gateway: { ...serving.run!.gateway!, inFlight: 0 } } };
    expect(load(idle)).toBe('No requests in flight at 3 replicas that are ready.');
    const { gateway: _gateway, ...run } = serving.run ?? facts('docker', NOW).serving.run!;
    expect(load({ ...serving, run })).toBe('Not known: the gateway cannot be asked.');
  });

  it.each(['running', 'single', 'fresh'] as const)(
    'has no gateway and no scaling of a serving of processes: %s',
    (name) => {
      const view = viewOf(name);
      expect(view.gateway).toBeUndefined();
      expect(view.scaling).toBeUndefined();
    },
  );
});

describe('the changes of a view', () => {
  it('are none when nothing is different', () => {
    expect(changesOf(viewOf('docker'), viewOf('docker'))).toBeUndefined();
  });

  it('are the parts that differ', () => {
    const { serving, ...rest } = facts('docker', NOW);
    const run = serving.run!;
    const busy = { ...serving, run: { ...run, gateway: { ...run.gateway!, inFlight: 7 } } };
    const changes = changesOf(viewOf('docker'), toServingView({ ...rest, serving: busy }));
    expect(Object.keys(changes?.set ?? {})).toEqual(['gateway', 'scaling']);
    expect(changes?.unset).toEqual([]);
  });

  it('make one view of any other, and have the agreed shape', () => {
    for (const from of FIXTURE_NAMES) {
      for (const to of FIXTURE_NAMES) {
        const [before, after] = [viewOf(from), viewOf(to)];
        const changes = changesOf(before, after);
        if (changes !== undefined) {
          const sent = structuredClone(changes);
          expect(SERVING_PANEL.events.changes(sent), `${from} to ${to}`).toBe(true);
          expect(withChanges(before, sent), `${from} to ${to}`).toEqual(after);
        }
      }
    }
  });

  it('of another shape are left out', () => {
    expect(SERVING_PANEL.events.changes({ set: { gateway: 'up' }, unset: [] })).toBe(false);
    expect(SERVING_PANEL.events.changes({ set: {} })).toBe(false);
  });
});
