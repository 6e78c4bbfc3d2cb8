import { describe, expect, it } from 'vitest';
import type { ContainerSummary } from '../../../src/backends/docker/engine/port';
import type { Group } from '../../../src/backends/docker/listing';
import type { GatewayReading } from '../../../src/backends/docker/ports';
import { readTraffic, type TrafficOf } from '../../../src/backends/docker/traffic';
import type { ServerMetrics } from '../../../src/backends/local/serverMetrics';
import { DEFAULTS } from '../../../src/core/definition';

const never = new AbortController().signal;
const latency = { bounds: [0.001, 0.01], counts: [1, 2, 0] };
const metrics: ServerMetrics = {
  name: 'iris',
  replies: 5,
  clientErrors: 0,
  serverErrors: 0,
  inFlight: 1,
  latency,
  workers: [{ number: 1, requests: 5, cpuSeconds: 2, memoryBytes: 1000 }],
};

function container(id: string, address: string): ContainerSummary {
  return { id, name: id, image: '', labels: {}, state: 'running', created: 0, ports: [], addresses: { net: address } };
}

function world(part: Partial<TrafficOf> = {}, token?: string) {
  const asked: string[] = [];
  const run = {
    instance: 'run',
    startedAt: '',
    stages: [],
    definition: {
      ...DEFAULTS,
      name: 'iris',
      model: { name: 'iris', version: 1 },
      script: 'p.py',
      ...(token === undefined ? {} : { token }),
    },
  };
  const replica = (number: number) => ({
    number,
    container: container(`c${String(number)}`, `10.0.0.${String(number)}`),
  });
  const group: Group = {
    run,
    replicas: [1, 2, 3].map(replica),
    others: [],
    gateway: container('gw', '10.0.0.9'),
    spareGateways: [],
  };
  const seen = (address: string, up: boolean) => ({ address, up, inFlight: 0, requests: 0, troubles: 0 });
  const reading = {
    inFlight: 4,
    replies: { '1xx': 0, '2xx': 90, '3xx': 0, '4xx': 7, '5xx': 3, other: 0 },
    replicas: [seen('10.0.0.1', true), seen('10.0.0.2', true), seen('10.0.0.3', false)],
  } as unknown as GatewayReading;
  const of: TrafficOf = {
    name: 'iris',
    ledger: run,
    listing: { group: () => Promise.resolve(group), readingOf: () => Promise.resolve(reading) },
    gateways: {
      metricsOf: (gateway, address, secret) => {
        asked.push(`${gateway.id} ${address} ${secret ?? '-'}`);
        return address.endsWith('.2') ? Promise.reject(new Error('404')) : Promise.resolve(metrics);
      },
    },
    secret: (name) => Promise.resolve(`value of ${name}`),
    ...part,
  };
  return { of, asked };
}

describe('the traffic of a serving in containers', () => {
  it('is what the gateway counts, with what each replica that takes requests tells; one that does not tell is left out', async () => {
    const { of, asked } = world();
    expect(await readTraffic(of, never)).toEqual({
      source: 'gw',
      replies: 100,
      clientErrors: 7,
      serverErrors: 3,
      inFlight: 4,
      replicas: [{ number: 1, source: 'c1', requests: 5, latency, cpuSeconds: 2, memoryBytes: 1000 }],
    });
    expect(asked).toEqual(['gw 10.0.0.1 -', 'gw 10.0.0.2 -']);
  });

  it('is asked for with the token', async () => {
    const { of, asked } = world({}, 'TOKEN');
    await readTraffic(of, never);
    expect(asked[0]).toBe('gw 10.0.0.1 value of TOKEN');
  });

  it('is unavailable where the gateway cannot be asked', async () => {
    const { of } = world();
    const listing = { ...of.listing, readingOf: () => Promise.resolve(undefined) };
    await expect(readTraffic({ ...of, listing }, never)).rejects.toMatchObject({ code: 'unavailable' });
  });
});
