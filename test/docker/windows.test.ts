import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { ServingObjects } from '../../src/backends/docker/labels';
import type { Backend } from '../../src/core/backend';
import type { ServingDefinition } from '../../src/core/definition';
import type { Serving, ServingRef } from '../../src/core/serving';
import { until } from '../contract/backend.contract';
import { DockerPlace, NEVER } from '../contract/dockerPlace';
import { operation } from '../contract/fixture';
import { Random } from '../fakes/random';
import { describeWithEngine, engineIsUp, pythonImage } from './support/engine';
import { removeWindowProgram, WindowProcess } from './support/window';

describeWithEngine('windows of a folder on Docker', () => {
  let place: DockerPlace;

  beforeAll(engineIsUp);
  beforeEach(async () => {
    place = new DockerPlace();
    await place.add('echo', 'second', 'slow');
  });
  afterEach(() => place.dispose());
  afterAll(removeWindowProgram);

  const define = (model = 'echo', change: Partial<ServingDefinition> = {}): ServingDefinition =>
    place.define('iris', model, { backend: 'docker', ...change });
  const find = async (backend: Backend): Promise<Serving | undefined> =>
    (await backend.servings(NEVER)).find(({ ref }) => ref.name === 'iris');
  const ask = async (backend: Backend, ref: ServingRef, inputs: unknown): Promise<unknown> =>
    JSON.parse((await backend.predict(ref, { verb: 'predict', body: JSON.stringify({ inputs }) }, NEVER)).body);

  /** A window in a process of its own that is killed so many milliseconds after it has told a stage. */
  const killedWindow = async (
    verb: 'start' | 'update',
    definition: ServingDefinition,
    stage: string,
    after: number,
  ): Promise<void> => {
    const window = await WindowProcess.open(place, verb, definition);
    try {
      await until(() => window.told.some((line) => line === stage || line.startsWith('failed')), 60);
      await sleep(after);
    } finally {
      await window.kill();
    }
    expect(window.told.join()).not.toContain('failed');
  };

  it('a running serving outlives its window and the state of the workspace', async () => {
    const first = place.open();
    const ref = await first.create(define('echo', { replicas: { min: 2, max: 2 } }), operation());
    await first.start(ref, operation());
    const before = await find(first);
    first.dispose();
    await rm(place.storage, { recursive: true, force: true });
    const second = place.open();
    const after = await find(second);
    expect(after).toMatchObject({ state: 'running', definition: before?.definition });
    expect(after?.run).toMatchObject({
      startedAt: before?.run?.startedAt,
      endpoint: before?.run?.endpoint,
      artifact: before?.run?.artifact,
      image: before?.run?.image,
      loaded: before?.run?.loaded,
    });
    expect(after?.run?.replicas.map(({ container }) => container)).toEqual(
      before?.run?.replicas.map(({ container }) => container),
    );
    expect(await ask(second, ref, 5)).toEqual({ predictions: 5 });
    await second.update(ref, define('second', { replicas: { min: 1, max: 1 } }), operation());
    expect(await ask(second, ref, 5)).toEqual({ predictions: 'second' });
    await second.stop(ref, operation());
    expect(await find(second)).toMatchObject({ state: 'stopped' });
    expect(await place.objects()).toEqual([]);
  }, 120_000);

  it('one whose definition and state are gone is shown, and taken away', async () => {
    const first = place.open();
    const ref = await first.create(define(), operation());
    await first.start(ref, operation());
    first.dispose();
    await rm(place.storage, { recursive: true, force: true });
    await rm(join(place.folder, 'servings'), { recursive: true, force: true });
    const second = place.open();
    const found = await find(second);
    expect(found).toMatchObject({ state: 'running', definition: define() });
    expect(found?.definitionFile).toBeUndefined();
    expect(found?.isOrphan).toBe(true);
    await second.remove(ref, operation());
    expect(await find(second)).toBeUndefined();
    expect(await place.objects()).toEqual([]);
  }, 120_000);

  it.each([
    ['environment', 0],
    ['artifact', 50],
    ['server', 0],
    ['server', 250],
    ['server', 900],
    ['load', 100],
  ])(
    'a start that was killed in stage %s after %i ms is begun anew',
    async (stage, after) => {
      const backend = place.open({ tends: false });
      const ref = await backend.create(define('slow'), operation());
      await killedWindow('start', define('slow'), stage, after);
      expect(['stopped', 'running']).toContain((await find(backend))?.state);
      await backend.update(ref, define(), operation());
      await backend.start(ref, operation());
      expect(await ask(backend, ref, 1)).toEqual({ predictions: 1 });
      expect(await place.containers('iris')).toHaveLength(2);
      await backend.stop(ref, operation());
      expect(await place.objects()).toEqual([]);
    },
    120_000,
  );

  it('what a killed start left is taken away by the next window', async () => {
    const backend = place.open({ tends: false });
    await backend.create(define('slow'), operation());
    await killedWindow('start', define('slow'), 'load', 0);
    expect(await place.objects()).not.toEqual([]);
    const second = place.open();
    await find(second);
    await until(async () => (await place.objects()).length === 0, 30);
    await until(async () => (await find(second))?.state === 'stopped');
  }, 120_000);

  it('what an engine went on to make for a window that was killed is taken away, whatever was found before', async () => {
    const window = place.open();
    await window.create(define(), operation());
    expect((await find(window))?.state).toBe('stopped');
    const engine = await place.engine();
    const objects = new ServingObjects(place.folder, 'iris');
    if (!(await engine.inspectImage(pythonImage))) {
      await engine.pullImage(pythonImage, () => undefined, NEVER);
    }
    await engine.createNetwork(objects.network, objects.labels('network'));
    const { network, gateway: name } = objects;
    await engine.createContainer({ image: pythonImage, name, network, labels: objects.labels('gateway') });
    expect(await place.objects()).toHaveLength(2);
    await until(async () => (await place.objects()).length === 0, 40);
    expect((await find(window))?.state).toBe('stopped');
  }, 60_000);

  it.each([
    ['server', 200],
    ['load', 200],
    // Long after the last event of the engine.
    ['load', 3000],
  ])(
    'a replacement that was killed in stage %s after %i ms leaves the old run answering',
    async (stage, after) => {
      const backend = place.open();
      const ref = await backend.create(define(), operation());
      await backend.start(ref, operation());
      await killedWindow('update', define('slow'), stage, after);
      expect(await ask(backend, ref, 'still')).toEqual({ predictions: 'still' });
      await until(async () => (await place.containers('iris', 'replica')).length === 1, 30);
      // The window that puts it right is not done when the last container is gone.
      await until(async () => (await find(backend))?.state === 'running', 30);
      expect(await ask(backend, ref, 'still')).toEqual({ predictions: 'still' });
      await backend.stop(ref, operation());
      expect(await place.objects()).toEqual([]);
    },
    120_000,
  );

  it('two that start the same at the same moment make one run, and both are told', async () => {
    const random = new Random(3);
    const backend = place.open();
    const ref = await backend.create(define(), operation());
    for (let round = 0; round < 4; round++) {
      const first = await WindowProcess.open(place, 'start', define());
      await sleep(round === 0 ? 0 : random.whole(400));
      const second = await WindowProcess.open(place, 'start', define());
      try {
        await until(() => [first, second].every(({ told }) => /^(?:done|failed)/.test(told.at(-1) ?? '')), 90);
        expect([first.told.at(-1), second.told.at(-1)]).toEqual(['done', 'done']);
        expect((await place.containers('iris', 'replica')).length).toBe(1);
        expect((await place.containers('iris', 'gateway')).length).toBe(1);
        expect(await find(backend)).toMatchObject({ state: 'running' });
        expect(await ask(backend, ref, round)).toEqual({ predictions: round });
      } finally {
        await first.kill();
        await second.kill();
      }
      await backend.stop(ref, operation());
      expect(await place.objects()).toEqual([]);
    }
  }, 240_000);

  it('one that is killed at whatever moment leaves a start to the other', async () => {
    const random = new Random(11);
    const backend = place.open({ tends: false });
    const ref = await backend.create(define(), operation());
    for (let round = 0; round < 6; round++) {
      const first = await WindowProcess.open(place, 'start', define());
      const second = await WindowProcess.open(place, 'start', define());
      const after = random.whole(3000);
      const when = `killed ${String(after)} ms after its first words`;
      try {
        await until(() => first.told.length > 0 || second.told.length > 0, 60);
        await sleep(after);
        // The one that is at work.
        const [killed, other] = first.told.length > 0 ? [first, second] : [second, first];
        await killed.kill();
        await until(() => /^(?:done|failed)/.test(other.told.at(-1) ?? ''), 90);
        expect(other.told.at(-1), when).toBe('done');
        expect(await find(backend), when).toMatchObject({ state: 'running' });
        expect((await place.containers('iris')).length, when).toBe(2);
        expect(await ask(backend, ref, round)).toEqual({ predictions: round });
      } finally {
        await first.kill();
        await second.kill();
      }
      await backend.stop(ref, operation());
      expect(await place.objects(), when).toEqual([]);
    }
  }, 300_000);

  it('one that is killed at whatever moment of a start leaves nothing half made when the next one opens', async () => {
    const random = new Random(5);
    const creates = place.open({ tends: false });
    await creates.create(define(), operation());
    for (let round = 0; round < 8; round++) {
      const window = await WindowProcess.open(place, 'start', define());
      const after = random.whole(3000);
      const when = `killed ${String(after)} ms after its first words`;
      await until(() => window.told.length > 0, 60);
      await sleep(after);
      await window.kill();
      const next = place.open();
      try {
        await until(async () => {
          const found = await find(next);
          const objects = await place.objects();
          // A replica, its gateway and their network.
          return found?.state === 'running' ? objects.length === 3 : found?.state === 'stopped' && objects.length === 0;
        }, 40);
        await next.stop({ backend: next.id, name: 'iris' }, operation());
        expect(await place.objects(), when).toEqual([]);
        expect(await find(next), when).toMatchObject({ state: 'stopped' });
      } finally {
        next.dispose();
      }
    }
  }, 300_000);
});
