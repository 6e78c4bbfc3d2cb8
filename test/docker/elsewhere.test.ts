import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { afterEach, beforeAll, expect, it } from 'vitest';
import type { DockerSettings } from '../../src/backends/docker/ports';
import type { Serving } from '../../src/core/serving';
import { toHealth } from '../../src/ui/panels/health';
import { toServingView } from '../../src/ui/panels/servingView';
import { DockerPlace, NEVER } from '../contract/dockerPlace';
import { operation } from '../contract/fixture';
import { describeWithEngine, engineHost, engineIsUp } from './support/engine';

/** An address of this computer that is none of its own only. */
const outer = Object.values(networkInterfaces())
  .flatMap((each) => each ?? [])
  .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;

describeWithEngine('an engine that is reached by tcp://', () => {
  let place: DockerPlace | undefined;
  let server: Server | undefined;
  const sockets = new Set<Socket>();

  beforeAll(engineIsUp);
  afterEach(async () => {
    await place?.dispose();
    sockets.forEach((socket) => socket.destroy());
    server?.close();
  });

  const open = async (settings: Partial<DockerSettings>): Promise<DockerPlace> => {
    server = createServer((client) => {
      const engine = connect(engineHost.replace('unix://', ''));
      for (const [one, other] of [
        [client, engine],
        [engine, client],
      ] as const) {
        sockets.add(one);
        one.pipe(other);
        one.on('error', () => other.destroy());
        one.on('close', () => other.destroy());
      }
    });
    server.listen(0, outer);
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    place = new DockerPlace({ host: `tcp://${outer ?? ''}:${String(port)}`, settings });
    await place.add('echo');
    return place;
  };
  const serve = async (there: DockerPlace, token?: string) => {
    const backend = there.open();
    const definition = there.define('iris', 'echo', { backend: 'docker', ...(token !== undefined && { token }) });
    const ref = await backend.create(definition, operation());
    await backend.start(ref, operation());
    const [serving] = (await backend.servings(NEVER)) as readonly [Serving];
    const body = JSON.stringify({ inputs: 1 });
    const { status } = await backend.predict(ref, { verb: 'predict', body }, NEVER);
    return { serving, status };
  };

  it.skipIf(outer === undefined)(
    'answers there only, and the panel says how it is reached',
    async () => {
      const { serving } = await serve(await open({}));
      const { endpoint } = serving.run ?? {};
      const port = String(endpoint?.port);
      const command = `ssh -N -L ${port}:127.0.0.1:${port} ${outer ?? ''}`;
      expect(endpoint).toMatchObject({ host: '127.0.0.1', elsewhere: { host: outer, command } });
      expect(serving).toMatchObject({
        state: 'running',
        reason: `It answers on ${outer ?? ''} only; to reach it from here: ${command}`,
      });
      expect(toHealth(serving, undefined, ['logs']).act?.to).toBe('makeWay');
      const view = toServingView({ serving, progress: undefined, actions: [], backendLabel: 'Docker' });
      expect(view.endpoint?.note).toBe(`only on ${outer ?? ''}, until there is a way to it, no token`);
    },
    60_000,
  );

  it.skipIf(outer === undefined)(
    'answers from here where it is published to others, with a token',
    async () => {
      const there = await open({ publishAddress: '0.0.0.0' });
      there.secrets.set('TOKEN', 'a-secret-of-the-test');
      const { serving, status } = await serve(there, 'TOKEN');
      expect(serving.run?.endpoint).toMatchObject({ host: outer });
      expect(serving.run?.endpoint?.elsewhere).toBeUndefined();
      expect(serving.reason).toBeUndefined();
      expect(status).toBe(200);
    },
    60_000,
  );
});
