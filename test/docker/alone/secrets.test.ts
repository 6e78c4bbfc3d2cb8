import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeEach, expect, it } from 'vitest';
import type { Backend } from '../../../src/core/backend';
import type { ServingDefinition } from '../../../src/core/definition';
import type { Serving, ServingRef } from '../../../src/core/serving';
import { until } from '../../contract/backend.contract';
import { DockerPlace, NEVER } from '../../contract/dockerPlace';
import { operation } from '../../contract/fixture';
import { describeStopping, engineIsUp, killEngine, pauseEngine, resumeEngine } from '../support/engine';

const SCRIPT = 'import os\nclass Predict:\n    def predict(self, inputs):\n        return os.environ["KEY"]\n';

// They lie in memory: what is left of them when the engine was away, and when its computer was.
describeStopping('Secrets of a serving that runs', () => {
  let place: DockerPlace;
  let backend: Backend;
  let definition: ServingDefinition;
  let ref: ServingRef;

  const find = async (by = backend): Promise<Serving | undefined> =>
    (await by.servings(NEVER)).find(({ ref: { name } }) => name === 'iris');
  const ready = async (by = backend): Promise<number> =>
    (await find(by))?.run?.replicas.filter(({ state }) => state === 'ready').length ?? 0;
  /** What each of some requests is answered with; they go to the replicas by turns. */
  const answers = async (by = backend): Promise<readonly unknown[]> => {
    const request = { verb: 'predict', body: '{"inputs": [1]}' } as const;
    const replies = [];
    for (let asked = 0; asked < 6; asked++) {
      replies.push(await by.predict(ref, request, NEVER));
    }
    return [...new Set(replies.map(({ body }) => (JSON.parse(body) as { predictions?: unknown }).predictions ?? body))];
  };
  /** Ends all containers of the serving while no engine sees it, as a computer does that is switched off. */
  const switchOff = async (stop: () => Promise<unknown>): Promise<void> => {
    const engine = await place.engine();
    const details = await Promise.all((await place.containers('iris')).map(({ id }) => engine.inspectContainer(id)));
    await stop();
    for (const detail of details) {
      process.kill(detail?.pid ?? 0, 'SIGKILL');
    }
  };

  beforeEach(async () => {
    await engineIsUp();
    place = new DockerPlace();
    place.secrets.set('KEY', 'value');
    await place.write('Models/key/1/key.py', SCRIPT);
    backend = place.open();
    definition = place.define('iris', 'key', {
      backend: 'docker',
      replicas: { min: 2, max: 2 },
      environment: { variables: {}, secrets: ['KEY'] },
    });
    ref = await backend.create(definition, operation());
    await backend.start(ref, operation());
    expect(await answers()).toEqual(['value']);
  }, 120_000);
  afterEach(async () => {
    await engineIsUp();
    await backend.stop(ref, operation()).catch(() => undefined);
    // Then it lets go of all volumes.
    await pauseEngine();
    await resumeEngine();
    await place.dispose();
  });
  afterAll(engineIsUp);

  it.each([
    ['ended', pauseEngine],
    ['died', killEngine],
  ])(
    'are there when the engine %s and is back, for what is started after it, too',
    async (_, stop) => {
      await stop();
      await sleep(500);
      await resumeEngine();
      await until(async () => (await ready()) === 2, 30);
      expect(await answers()).toEqual(['value']);
      // Each of them comes again, and a third.
      const engine = await place.engine();
      for (const { id } of await place.containers('iris', 'replica')) {
        await engine.killContainer(id, 'SIGKILL');
        await until(async () => (await engine.inspectContainer(id))?.running !== true, 10);
        // It is back: what is shown may be of the moment before, and a serving of which all are killed is not put back.
        await until(async () => (await engine.inspectContainer(id))?.running === true, 60);
        await until(async () => (await ready()) === 2, 60);
        expect(await answers()).toEqual(['value']);
      }
      await backend.update(ref, { ...definition, replicas: { min: 3, max: 3 } }, operation());
      await until(async () => (await ready()) === 3, 60);
      expect(await answers()).toEqual(['value']);
      // Engines before 24 do not let go of its volume any more; that must not be in anybody's way.
      await backend.stop(ref, operation());
      expect((await find())?.state).toBe('stopped');
      expect(await place.containers('iris')).toEqual([]);
      await backend.start(ref, operation());
      expect(await answers()).toEqual(['value']);
      await backend.stop(ref, operation());
      await pauseEngine();
      await resumeEngine();
      await backend.start(ref, operation());
      await backend.stop(ref, operation());
      expect(await place.objects()).toEqual([]);
    },
    180_000,
  );

  it('are put back when the computer of the engine was switched off', async () => {
    await switchOff(killEngine);
    await resumeEngine();
    await until(async () => (await ready()) === 2, 90);
    expect(await answers()).toEqual(['value']);
    expect((await find())?.state).toBe('running');
  }, 180_000);

  it('are put back by the next window when there was none meanwhile', async () => {
    backend.dispose();
    await switchOff(pauseEngine);
    await resumeEngine();
    await sleep(3000);
    const next = place.open();
    await until(async () => (await find(next))?.run !== undefined, 10);
    await until(async () => (await ready(next)) === 2, 90);
    expect(await answers(next)).toEqual(['value']);
  }, 180_000);

  it('that have no value any more are asked for, and a start with a new one mends it', async () => {
    place.secrets.clear();
    await switchOff(killEngine);
    await resumeEngine();
    await until(async () => (await find())?.run?.failure?.kind === 'secrets-missing', 90);
    const failed = await find();
    expect(failed?.state).toBe('failed');
    expect(failed?.run?.failure?.remedies).toContainEqual({ kind: 'setSecret', name: 'KEY' });
    expect(failed?.reason).toMatch(/KEY/);
    place.secrets.set('KEY', 'another');
    await backend.stop(ref, operation());
    await backend.start(ref, operation());
    expect(await answers()).toEqual(['another']);
  }, 180_000);
});
