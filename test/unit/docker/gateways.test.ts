import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { ContainerSummary, Engine } from '../../../src/backends/docker/engine/port';
import { gatewaySpec, replicaMetricsUrl, statisticsUrl } from '../../../src/backends/docker/gateway/container';
import { HaproxyGateways } from '../../../src/backends/docker/gateway/gateways';
import type { DockerSettings, GatewayOptions } from '../../../src/backends/docker/ports';
import type { HttpRequest, HttpResponse } from '../../../src/backends/http';
import { parseDefinition } from '../../../src/core/definitionText';
import { ServingError } from '../../../src/core/errors';

const body = readFileSync(join(import.meta.dirname, 'gateway/up.csv'), 'utf8');
const files = join(import.meta.dirname, '../../../src/backends/docker/gateway/files');
const never = new AbortController().signal;
const settings: DockerSettings = { loadSeconds: 60, drainSeconds: 10, bodyBytes: 1e6, publishAddress: '127.0.0.1' };

function options(more: Partial<GatewayOptions> = {}, text: object = {}): GatewayOptions {
  const model = { name: 'iris', version: 1 };
  const { definition } = parseDefinition(JSON.stringify({ name: 'iris', model, script: 'p.py', ...text }));
  return { definition: definition!, settings, image: 'model-serving/gateway:1', upstream: 'replica', port: 0, ...more };
}

/** A container as the engine would list it. */
function listed(made: GatewayOptions, id = 'a'): ContainerSummary {
  const spec = gatewaySpec(made);
  const ports = (spec.ports ?? []).map((port, index) => ({ ...port, outside: port.outside || 40_000 + index }));
  return { id, name: id, image: spec.image, labels: spec.labels, state: 'running', created: 0, ports, addresses: {} };
}

class Answers {
  readonly asked: HttpRequest[] = [];
  now = 0;
  answer: () => Promise<Partial<HttpResponse>> = () => Promise.resolve({ status: 200, body });

  async send(request: HttpRequest): Promise<HttpResponse> {
    this.asked.push(request);
    return { status: 0, statusText: '', headers: {}, body: '', latencyMs: 1, ...(await this.answer()) };
  }

  gateways(remoteHost?: string): HaproxyGateways {
    const address = { url: 'unix:///d', source: 'default', ...(remoteHost === undefined ? {} : { remoteHost }) };
    const engine = { address } as unknown as Engine;
    return new HaproxyGateways({ engine, http: this, files, clock: () => this.now });
  }
}

describe("a gateway's container", () => {
  it('has everything that the configuration asks for, and its statistics on this computer only', () => {
    const { variables = {}, ports, labels } = gatewaySpec(options({ port: 8501 }, { limits: { requestSeconds: 20 } }));
    const asked = ['haproxy.cfg', 'gateway.lua'].flatMap((file) => [
      ...readFileSync(join(files, file), 'utf8').matchAll(/\$\{(\w+)\}|getenv\("(\w+)"\)/g),
    ]);
    expect(new Set(asked.map(([, a, b]) => a ?? b))).toEqual(new Set(Object.keys(variables)));
    expect(variables).toMatchObject({ ANSWER_SECONDS: '35', BODY_BYTES: '1000000', SLOTS: '32', UPSTREAM: 'replica' });
    expect(variables.ADMIN_PATH).toMatch(/^[0-9a-f]{32}$/);
    expect(labels['model-serving.admin-path']).toBe(variables.ADMIN_PATH);
    expect(ports).toEqual([
      { inside: 8080, outside: 8501, address: '127.0.0.1' },
      { inside: 8404, outside: 0, address: '127.0.0.1' },
    ]);
  });

  it('has slots for twice as many replicas', () => {
    const { variables } = gatewaySpec(options({}, { replicas: { min: 1, max: 40 } }));
    expect(variables?.SLOTS).toBe('84');
  });

  it('is asked under a path that only its labels tell', () => {
    const gateway = listed(options());
    const path = gateway.labels['model-serving.admin-path'];
    expect(statisticsUrl(gateway)).toBe(`http://127.0.0.1:40001/${path!}/stats;csv;norefresh`);
    expect(statisticsUrl({ ...gateway, ports: [] })).toBeUndefined();
    expect(statisticsUrl({ ...gateway, labels: { 'model-serving.admin-path': '../x@evil' } })).toBeUndefined();
    const ofReplica = replicaMetricsUrl(gateway, '172.18.0.3');
    expect(ofReplica).toBe(`http://127.0.0.1:40001/${path!}/replicas/172.18.0.3/metrics.json`);
  });
});

describe('the reading of gateways', () => {
  it('asks each once at a time, and again after a moment', async () => {
    const http = new Answers();
    const gateways = http.gateways();
    const [one, other] = [listed(options(), 'one'), listed(options(), 'other')];
    const all = await Promise.all([one, one, other, one].map((gateway) => gateways.read(gateway, never)));
    expect(all.map((reading) => reading?.requests)).toEqual([8, 8, 8, 8]);
    expect(http.asked).toHaveLength(2);
    http.now = 150;
    await gateways.read(one, never);
    expect(http.asked).toHaveLength(2);
    http.now = 250;
    await gateways.read(one, never);
    expect(http.asked).toHaveLength(3);
  });

  it('does not ask again before a slow one has answered, and lets whoever waits go', async () => {
    const http = new Answers();
    let answer: (() => void) | undefined;
    http.answer = () =>
      new Promise(
        (resolve) =>
          (answer = () => {
            resolve({ status: 200, body });
          }),
      );
    const gateways = http.gateways();
    const gateway = listed(options());
    const gone = new AbortController();
    const first = gateways.read(gateway, gone.signal);
    const second = gateways.read(gateway, never);
    gone.abort();
    await expect(first).rejects.toMatchObject({ code: 'cancelled' });
    http.now = 1000;
    const third = gateways.read(gateway, never);
    await sleep(1);
    answer?.();
    expect((await second)?.requests).toBe(8);
    expect((await third)?.requests).toBe(8);
    expect(http.asked).toHaveLength(1);
  });

  it('knows nothing of one that does not answer, that is not running, or that is elsewhere', async () => {
    const http = new Answers();
    http.answer = () => Promise.reject(new ServingError('unreachable', 'no'));
    expect(await http.gateways().read(listed(options()), never)).toBeUndefined();
    http.answer = () => Promise.resolve({ status: 404, body: '' });
    expect(await http.gateways().read(listed(options()), never)).toBeUndefined();
    expect(http.asked).toHaveLength(2);
    expect(await http.gateways().read({ ...listed(options()), ports: [] }, never)).toBeUndefined();
    expect(await http.gateways('host').read(listed(options()), never)).toBeUndefined();
    expect(http.asked).toHaveLength(2);
  });
});
