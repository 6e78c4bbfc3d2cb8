import { createServer, type Server } from 'node:net';
import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { DockerBackend } from '../../src/backends/docker/dockerBackend';
import type { ServingDefinition } from '../../src/core/definition';
import type { Serving, ServingRef } from '../../src/core/serving';
import { failure, until } from '../contract/backend.contract';
import { DockerPlace, NEVER } from '../contract/dockerPlace';
import { operation } from '../contract/fixture';
import { describeWithEngine, engineIsUp } from './support/engine';

const EATS = `
import numpy
class Predict:
    def predict(self, inputs):
        return inputs
`;

describeWithEngine('what goes wrong on Docker', () => {
  let place: DockerPlace;
  let backend: DockerBackend;
  const servers: Server[] = [];

  beforeAll(engineIsUp);
  beforeEach(async () => {
    place = new DockerPlace();
    await place.add('echo', 'second');
    backend = place.open();
  });
  afterEach(async () => {
    servers.splice(0).forEach((server) => server.close());
    await place.dispose();
  });
  afterAll(() => {
    expect(servers).toEqual([]);
  });

  const define = (change: Partial<ServingDefinition> = {}, model = 'echo'): ServingDefinition =>
    place.define('iris', model, { backend: 'docker', ...change });
  const started = async (change: Partial<ServingDefinition> = {}): Promise<ServingRef> => {
    const ref = await backend.create(define(change), operation());
    await backend.start(ref, operation());
    return ref;
  };
  const find = async (): Promise<Serving | undefined> => (await backend.servings(NEVER))[0];
  const ask = async (ref: ServingRef, inputs: unknown): Promise<unknown> =>
    JSON.parse((await backend.predict(ref, { verb: 'predict', body: JSON.stringify({ inputs }) }, NEVER)).body);
  const taken = async (): Promise<number> => {
    const server = createServer().listen(0, '127.0.0.1');
    servers.push(server);
    await once(server, 'listening');
    const address = server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  };

  it('a port that another program has is said, and nothing is left', async () => {
    const port = await taken();
    const ref = await backend.create(define({ port }), operation());
    const error = await failure(backend.start(ref, operation()));
    expect(error).toMatchObject({ code: 'portInUse', remedies: [{ kind: 'choosePort' }] });
    expect(error.message).toContain(String(port));
    expect(await place.objects()).toEqual([]);
  }, 60_000);

  it('a port that is taken when a serving goes over to it leaves it answering where it is', async () => {
    const ref = await started();
    const before = (await find())?.run?.endpoint?.url;
    const error = await failure(backend.update(ref, define({ port: await taken() }), operation()));
    expect(error.code).toBe('portInUse');
    expect((await find())?.run?.endpoint?.url).toBe(before);
    expect(await ask(ref, 1)).toEqual({ predictions: 1 });
    expect(await place.containers('iris')).toHaveLength(2);
  }, 60_000);

  it('another port is gone over to', async () => {
    const ref = await started();
    const port = await taken();
    servers.splice(0).forEach((server) => server.close());
    await backend.update(ref, define({ port }), operation());
    expect((await find())?.run?.endpoint?.port).toBe(port);
    expect(await ask(ref, 1)).toEqual({ predictions: 1 });
    expect(await place.containers('iris')).toHaveLength(2);
  }, 60_000);

  it('an image that was removed meanwhile is built again', async () => {
    const ref = await started();
    await backend.stop(ref, operation());
    const engine = await place.engine();
    const images = await engine.listImages({ 'model-serving.serving': 'iris', 'model-serving.role': 'artifact' });
    for (const { id, labels } of images.filter((image) => image.labels['model-serving.folder-path'] === place.folder)) {
      expect(labels['model-serving.role']).toBe('artifact');
      await engine.removeImage(id);
    }
    await backend.start(ref, operation());
    expect(await ask(ref, 1)).toEqual({ predictions: 1 });
  }, 60_000);

  it('a replica that is taken away is made again', async () => {
    const ref = await started({ replicas: { min: 2, max: 2 } });
    const engine = await place.engine();
    const [first] = await place.containers('iris', 'replica');
    await engine.removeContainer(first?.id ?? '');
    await until(async () => (await find())?.run?.replicas.filter(({ state }) => state === 'ready').length === 2, 30);
    expect((await find())?.run?.replicas.map(({ number }) => number)).toEqual([1, 2]);
    expect(await ask(ref, 1)).toEqual({ predictions: 1 });
  }, 60_000);

  it('a gateway that is taken away is made again', async () => {
    const ref = await started();
    const before = (await find())?.run?.endpoint?.url;
    const engine = await place.engine();
    const [gateway] = await place.containers('iris', 'gateway');
    await engine.removeContainer(gateway?.id ?? '');
    await until(async () => (await place.containers('iris', 'gateway')).length === 1, 30);
    await until(async () => (await find())?.state === 'running', 30);
    expect(await ask(ref, 1)).toEqual({ predictions: 1 });
    expect((await find())?.run?.endpoint?.url).toBe(before);
  }, 60_000);

  it('all containers taken away from outside is a failure that a start mends', async () => {
    const ref = await started();
    const engine = await place.engine();
    await Promise.all((await place.containers('iris')).map(({ id }) => engine.removeContainer(id)));
    await until(async () => (await find())?.state === 'failed');
    expect((await find())?.reason).toMatch(/removed from outside/);
    await backend.start(ref, operation());
    expect(await ask(ref, 1)).toEqual({ predictions: 1 });
  }, 60_000);

  it('too little memory is said, with the way out', async () => {
    const ref = await started({ resources: { cores: 1, memoryMb: 64, gpus: 0 } });
    expect(await ask(ref, 1)).toEqual({ predictions: 1 });
    await place.write('Models/eats/1/eats.py', EATS.replace('import numpy', 'kept = bytearray(200_000_000)'));
    const error = await failure(
      backend.update(ref, define({ resources: { cores: 1, memoryMb: 64, gpus: 0 } }, 'eats'), operation()),
    );
    expect(error.message).toMatch(/out of memory at 64 MB: raise the limit/);
    expect(error.remedies).toContainEqual({ kind: 'raiseLimit', setting: 'resources.memoryMb' });
    expect(await ask(ref, 1)).toEqual({ predictions: 1 });
  }, 60_000);

  it('a replacement that fails with another port leaves one gateway', async () => {
    const ref = await started();
    const before = (await find())?.run?.endpoint?.url;
    await place.add('broken');
    const port = await taken();
    servers.splice(0).forEach((server) => server.close());
    const error = await failure(backend.update(ref, define({ port }, 'broken'), operation()));
    expect(error.code).toBe('script');
    expect(await place.containers('iris')).toHaveLength(2);
    expect((await find())?.run?.endpoint?.url).toBe(before);
    expect(await ask(ref, 1)).toEqual({ predictions: 1 });
  }, 60_000);

  it('secrets are put back when the memory that held them was emptied', async () => {
    place.secrets.set('KEY', 'value');
    await place.write(
      'Models/key/1/key.py',
      'import os\nclass Predict:\n    def predict(self, inputs):\n        return os.environ["KEY"]\n',
    );
    const ref = await backend.create(define({ environment: { variables: {}, secrets: ['KEY'] } }, 'key'), operation());
    await backend.start(ref, operation());
    expect(await ask(ref, 1)).toEqual({ predictions: 'value' });
    const engine = await place.engine();
    // As a restart of the engine's computer does it: all of them end, and come again by themselves.
    const pids: number[] = [];
    for (const { id } of await place.containers('iris')) {
      pids.push((await engine.inspectContainer(id))?.pid ?? 0);
    }
    pids.forEach((pid) => process.kill(pid, 'SIGKILL'));
    await until(async () => (await find())?.run?.replicas[0]?.state !== 'ready', 10);
    await until(async () => (await find())?.run?.replicas[0]?.state === 'ready', 40);
    expect(await ask(ref, 1)).toEqual({ predictions: 'value' });
  }, 90_000);

  it('a missing secret is said before anything is made', async () => {
    const ref = await backend.create(define({ environment: { variables: {}, secrets: ['KEY'] } }), operation());
    const error = await failure(backend.start(ref, operation()));
    expect(error).toMatchObject({ code: 'invalid', remedies: [{ kind: 'setSecret', name: 'KEY' }] });
    expect(await place.objects()).toEqual([]);
  }, 60_000);
});

describeWithEngine('without an engine', () => {
  it('servings are shown calmly, with the reason, and their definitions can be changed', async () => {
    const place = new DockerPlace({ host: 'unix:///nowhere/docker.sock' });
    try {
      await place.add('echo');
      const backend = place.open();
      const definition = place.define('iris', 'echo', { backend: 'docker' });
      const ref = await backend.create(definition, operation());
      expect(await backend.availability(NEVER)).toMatchObject({ kind: 'stopped' });
      const [serving] = await backend.servings(NEVER);
      expect(serving).toMatchObject({ state: 'stopped', definition });
      expect(serving?.reason).toMatch(/no engine answers/);
      await backend.update(ref, { ...definition, description: 'changed' }, operation());
      const error = await failure(backend.start(ref, operation()));
      expect(error.message).toMatch(/no engine answers/);
      await backend.stop(ref, operation());
      await backend.remove(ref, operation());
      expect(await backend.servings(NEVER)).toEqual([]);
      backend.dispose();
    } finally {
      await place.disposeFiles();
    }
  });
});
