import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import type { ContainerSummary, Engine } from '../../../src/backends/docker/engine/port';
import { ServingObjects } from '../../../src/backends/docker/labels';
import { Listing } from '../../../src/backends/docker/listing';
import type { GatewayReplica, Gateways } from '../../../src/backends/docker/ports';
import { isReady } from '../../../src/backends/docker/state';
import { DEFAULTS } from '../../../src/core/definition';

const FOLDER = '/work space';
const objects = new ServingObjects(FOLDER, 'iris');
const definition = { ...DEFAULTS, name: 'iris', model: { name: 'iris', version: 1 }, script: 'Models/iris/1/a.py' };
const run = { instance: 'run1', startedAt: '2026-11-29T10:00:00Z', definition, stages: [] };

/** What is asked of the engine, as `list`, `read a`, `inspect a`. */
let calls: string[];
let worker: 'ready' | 'failed';
let gateway: Map<string, Pick<GatewayReplica, 'up' | 'troubles'>>;
let listing: Listing;
let watch: { generation: number | undefined };

beforeEach(() => {
  calls = [];
  worker = 'ready';
  gateway = new Map();
  watch = { generation: 1 };
});

function container(id: string, number: number): ContainerSummary {
  const addresses = { net: `10.0.0.${String(number)}` };
  const labels = number === 0 ? objects.labels('gateway') : objects.replicaLabels(run, number);
  return { id, name: id, labels, image: 'x', state: 'running', created: 1, ports: [], addresses };
}

function list(...ids: readonly string[]): void {
  const all = [container('gate', 0), ...ids.map((id, index) => container(id, index + 1))];
  ids.forEach((_, index) => gateway.set(`10.0.0.${String(index + 1)}`, { up: true, troubles: 0 }));
  const state = (): string => JSON.stringify({ state: 'ready', replicas: [{ number: 1, state: worker }] });
  const called = async <T>(what: string, value: T): Promise<T> => {
    calls.push(what);
    return Promise.resolve(value);
  };
  const engine = {
    listContainers: () => called('list', all),
    readContainerFile: (id: string) => called(`read ${id}`, Buffer.from(state())),
    inspectContainer: (id: string) =>
      called(`inspect ${id}`, { id, running: true, restarting: false, restartCount: 0 }),
  };
  const gateways = {
    read: () => {
      const replicas = [...gateway].map(([address, each]) => ({ address, inFlight: 0, requests: 0, ...each }));
      return Promise.resolve({ inFlight: 0, held: 0, requests: 0, replicas });
    },
  };
  listing = new Listing(engine as unknown as Engine, gateways as unknown as Gateways, FOLDER, watch);
}

async function ready(): Promise<readonly boolean[]> {
  return (await listing.look('iris', run, false)).replicas.map(isReady);
}

describe('the list of what an engine has', () => {
  it('costs one call while all of it is up, and none until something changes', async () => {
    list('a', 'b', 'c');
    expect(await ready()).toEqual([true, true, true]);
    expect(await ready()).toEqual([true, true, true]);
    expect(calls).toEqual(['list']);
    watch.generation = 2;
    await ready();
    expect(calls).toEqual(['list', 'list']);
  });

  it('reads of a replica with new troubles before it says that it is ready', async () => {
    list('a', 'b');
    await ready();
    worker = 'failed';
    gateway.set('10.0.0.1', { up: true, troubles: 1 });
    expect(await ready()).toEqual([false, true]);
    expect(calls).toEqual(['list', 'read a']);
    // Until it says otherwise, whatever the gateway sees.
    expect(await ready()).toEqual([false, true]);
    worker = 'ready';
    await sleep(600);
    expect(await ready()).toEqual([true, true]);
    expect(calls).toEqual(['list', 'read a', 'read a']);
  });

  it('reads and looks at one that is not up, not more often than twice a second', async () => {
    list('a', 'b');
    await ready();
    gateway.set('10.0.0.2', { up: false, troubles: 1 });
    expect(await ready()).toEqual([true, false]);
    await ready();
    expect(calls).toEqual(['list', 'read b', 'inspect b']);
    await sleep(600);
    await ready();
    expect(calls.slice(3)).toEqual(['read b', 'inspect b']);
  });

  it('goes by the gateway before the newest one until that has found a replica', async () => {
    const newest = { ...container('newest', 0), created: 2 };
    list('a');
    const all = [newest, container('gate', 0), container('a', 1)];
    let found = false;
    const read = ({ id }: ContainerSummary) =>
      Promise.resolve({
        replicas: [{ address: '10.0.0.1', inFlight: 0, requests: 0, up: id === 'gate' || found, troubles: 0 }],
      });
    const engine = { listContainers: () => Promise.resolve(all) };
    listing = new Listing(engine as unknown as Engine, { read } as unknown as Gateways, FOLDER, watch);
    const seen = async () => {
      const { gateway: by, replicas, spareGateways } = await listing.look('iris', run, false);
      return [by?.container.id, replicas.map(isReady), spareGateways];
    };
    expect(await seen()).toEqual(['gate', [true], 1]);
    found = true;
    expect(await seen()).toEqual(['newest', [true], 1]);
  });

  it('looks again at a replica that had ended and that the gateway finds up', async () => {
    list('a');
    const a = container('a', 1);
    let state: ContainerSummary['state'] = 'exited';
    const engine = {
      listContainers: () => Promise.resolve([container('gate', 0), { ...a, state }]),
      readContainerFile: () => Promise.resolve(undefined),
      inspectContainer: () => Promise.resolve({ id: 'a', running: state === 'running', restarting: false }),
    };
    const replicas = [{ address: '10.0.0.1', inFlight: 0, requests: 0, up: true, troubles: 0 }];
    const gateways = { read: () => Promise.resolve({ replicas: state === 'running' ? replicas : [] }) };
    listing = new Listing(engine as unknown as Engine, gateways as unknown as Gateways, FOLDER, watch);
    expect(await ready()).toEqual([false]);
    state = 'running';
    watch.generation = 2;
    expect(await ready()).toEqual([true]);
  });
});
