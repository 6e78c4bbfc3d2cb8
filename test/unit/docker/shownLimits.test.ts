import { expect, it } from 'vitest';
import type { ContainerSummary, EngineAddress } from '../../../src/backends/docker/engine/port';
import { toInfo } from '../../../src/backends/docker/engine/results';
import { ServingObjects } from '../../../src/backends/docker/labels';
import { toDockerServing } from '../../../src/backends/docker/shownServing';
import type { Seen } from '../../../src/backends/docker/state';
import { DEFAULTS } from '../../../src/core/definition';
import type { BackendId } from '../../../src/core/serving';

const objects = new ServingObjects('/w', 'iris');
const definition = { ...DEFAULTS, name: 'iris', model: { name: 'iris', version: 1 }, script: 'Models/iris/1/a.py' };
const run = { instance: 'run1', startedAt: '2026-11-29T10:00:00Z', definition, stages: [] };
const wanted = { definition, file: '/w/servings/iris.serving.json' };
const engine: EngineAddress = { url: 'unix:///run/user/1000/docker.sock', source: 'default' };

function container(id: string, number: number): ContainerSummary {
  const labels = number === 0 ? objects.labels('gateway') : objects.replicaLabels(run, number);
  const ports = number === 0 ? [{ inside: 8080, outside: 5001, address: '127.0.0.1' }] : [];
  return { id, name: id, labels, image: 'x', state: 'running', created: 1, ports, addresses: { net: '10.0.0.1' } };
}

it('says of a serving that runs which of its limits are not in force, and nothing where all are', () => {
  const reading = { address: '10.0.0.1', up: true, inFlight: 0, requests: 0, troubles: 0 };
  const seen: Seen = {
    run,
    replicas: [{ container: container('a', 1), number: 1, reading, restarts: 0 }],
    others: [],
    gateway: { container: container('g', 0) },
    preparerAlive: false,
  };
  const reasonOn = (MemoryLimit: boolean): string | undefined => {
    const info = toInfo({ MemoryLimit, SecurityOptions: ['name=rootless'], CgroupVersion: '2' }, '1.41', 'Docker');
    const shown = toDockerServing('docker' as BackendId, '/w', wanted, [], { seen, engine, info, scaling: undefined });
    expect(shown.state).toBe('running');
    return shown.reason;
  };
  expect(reasonOn(false)).toMatch(/^No limit of memory is in force: the controllers of cgroup v2/);
  expect(reasonOn(true)).toBeUndefined();
});
