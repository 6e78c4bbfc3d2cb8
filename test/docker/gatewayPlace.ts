import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseDefinition } from '../../src/core/definitionText';
import type { ContainerSummary, Engine } from '../../src/backends/docker/engine/port';
import { HaproxyGateways } from '../../src/backends/docker/gateway/gateways';
import { type GatewayMetrics, takesNone, takesRequests } from '../../src/backends/docker/gateway/metrics';
import { GATEWAY_PORT, UPSTREAM, type DockerSettings } from '../../src/backends/docker/ports';
import { Http } from '../../src/backends/http';
import { NEVER, python } from './place';

const code = readFileSync(join(import.meta.dirname, 'support/replica.py'), 'utf8');
export const gatewayFiles = join(import.meta.dirname, '../../src/backends/docker/gateway/files');
export const haproxyImage = process.env.MODEL_SERVING_HAPROXY_IMAGE ?? '';
export const QUIET = { signal: NEVER, report: () => undefined };

export const settings: DockerSettings = {
  loadSeconds: 60,
  drainSeconds: 10,
  bodyBytes: 8_000_000,
  publishAddress: '127.0.0.1',
  gatewayImage: haproxyImage,
};

/** A gateway and its replicas, in a network of their own. */
export class GatewayPlace {
  readonly labels: Readonly<Record<string, string>>;
  readonly gateways: HaproxyGateways;
  private readonly name = `gw-${Math.random().toString(36).slice(2, 10)}`;
  private network = '';
  private gatewayId = '';
  private count = 0;

  constructor(readonly engine: Engine) {
    this.labels = { 'model-serving': '1', 'model-serving.folder': this.name };
    this.gateways = new HaproxyGateways({ engine, http: new Http(), files: gatewayFiles });
  }

  async begin(): Promise<void> {
    const image = await this.gateways.image(settings, QUIET);
    this.network = await this.engine.createNetwork(this.name, this.labels);
    const definition = parseDefinition(
      JSON.stringify({ name: 'gw', model: { name: 'gw', version: 1 }, script: 'predict.py', backend: 'docker' }),
    ).definition;
    if (definition === undefined) {
      throw new Error('the definition is not right');
    }
    // One that the engine chooses is another one after each start of the gateway.
    const port = await freePort();
    const { labels, ...spec } = this.gateways.spec({ definition, settings, image, upstream: UPSTREAM, port });
    this.gatewayId = await this.engine.createContainer({
      ...spec,
      name: `${this.name}-gateway`,
      network: this.name,
      labels: { ...labels, ...this.labels },
    });
    await this.engine.startContainer(this.gatewayId);
    await this.until((reading) => reading !== undefined);
  }

  async end(): Promise<void> {
    for (const { id } of await this.engine.listContainers(this.labels)) {
      await this.engine.removeContainer(id);
    }
    if (this.network !== '') {
      await this.engine.removeNetwork(this.network);
    }
  }

  /** A further replica; it has just been started. */
  async replica(variables: Readonly<Record<string, string>> = {}): Promise<string> {
    const number = ++this.count;
    const id = await this.engine.createContainer(
      python(code, this.labels, {
        name: `${this.name}-${number}`,
        network: this.name,
        aliases: [UPSTREAM],
        variables: { NAME: String(number), ...variables },
      }),
    );
    await this.engine.startContainer(id);
    return id;
  }

  /** Resolves when the gateway sends it requests. */
  async ready(...ids: readonly string[]): Promise<void> {
    const addresses = await this.addresses(ids);
    await this.until((reading) => takesRequests(reading, addresses));
  }

  /** Stops replicas as the backend does, and waits until none is asked any more. */
  async stop(...ids: readonly string[]): Promise<void> {
    const addresses = await this.addresses(ids);
    await Promise.all(ids.map((id) => this.engine.stopContainer(id, 15)));
    await this.until((reading) => takesNone(reading, addresses));
    await Promise.all(ids.map((id) => this.engine.removeContainer(id)));
  }

  async gateway(): Promise<ContainerSummary> {
    const found = (await this.engine.listContainers(this.labels)).find(({ id }) => id === this.gatewayId);
    if (found === undefined) {
      throw new Error('there is no gateway');
    }
    return found;
  }

  async url(path = '/predict'): Promise<string> {
    const port = (await this.gateway()).ports.find(({ inside }) => inside === GATEWAY_PORT);
    return `http://127.0.0.1:${port?.outside ?? 0}${path}`;
  }

  async read(): Promise<GatewayMetrics | undefined> {
    return this.gateways.read(await this.gateway(), NEVER);
  }

  async until(check: (reading: GatewayMetrics | undefined) => boolean): Promise<void> {
    const gateway = await this.gateway();
    for (const end = Date.now() + 20_000; Date.now() < end;) {
      if (check(await this.gateways.read(gateway, NEVER))) {
        return;
      }
      await sleep(50);
    }
    throw new Error(`the gateway says ${JSON.stringify(await this.read())}`);
  }

  async addresses(ids: readonly string[]): Promise<readonly string[]> {
    const all = await this.engine.listContainers(this.labels);
    return all.filter(({ id }) => ids.includes(id)).flatMap(({ addresses }) => Object.values(addresses));
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => {
        resolve(port);
      });
    });
  });
}
