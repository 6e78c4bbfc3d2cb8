import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Engine, ImageSummary } from '../../src/backends/docker/engine/port';
import { LABEL } from '../../src/backends/docker/images/names';
import { folderFilter } from '../../src/backends/docker/labels';
import { CleanUp } from '../../src/composeCleanUp';
import { DockerPlace, NEVER } from '../contract/dockerPlace';
import { operation } from '../contract/fixture';
import { describeWithEngine, engineIsUp } from './support/engine';

const HOUR = 60 * 60 * 1000;
const MODEL_BYTES = 8_000_000;

describeWithEngine('images that nothing uses', () => {
  let place: DockerPlace;
  let engine: Engine;
  /** A model that nobody else on the engine has. */
  let model: string;

  beforeAll(engineIsUp);
  beforeEach(async () => {
    place = new DockerPlace();
    engine = await place.engine();
    model = `clean${randomBytes(4).toString('hex')}`;
    await place.write(`Models/${model}/1/model.bin`, randomBytes(MODEL_BYTES));
    await script(0);
  });
  afterEach(async () => {
    await place.dispose();
    for (const { id } of await models()) {
      await engine.removeImage(id);
    }
  });

  const script = (version: number): Promise<string> =>
    place.write(
      `Models/${model}/1/${model}.py`,
      `class Predict:\n    def predict(self, inputs):\n        return ${String(version)}\n`,
    );
  const define = (name: string) =>
    place.define(name, model, { backend: 'docker', script: `Models/${model}/1/${model}.py` });
  const artifacts = async (name: string): Promise<readonly ImageSummary[]> =>
    engine.listImages({ ...folderFilter(place.folder), [LABEL.role]: 'artifact', [LABEL.serving]: name });
  const models = async (): Promise<readonly ImageSummary[]> =>
    (await engine.listImages({ [LABEL.role]: 'model' })).filter(({ labels }) =>
      (labels[LABEL.about] ?? '').startsWith(`${model} `),
    );

  it('go with the next start but the last two, and all with the serving; those of others stay', async () => {
    const backend = place.open();
    const other = await backend.create(define('other'), operation());
    await backend.start(other, operation());
    const ref = await backend.create(define('iris'), operation());
    await backend.start(ref, operation());
    for (const version of [1, 2, 3]) {
      await script(version);
      await backend.update(ref, define('iris'), operation());
    }
    const answer = await backend.predict(ref, { verb: 'predict', body: '{"inputs": 1}' }, NEVER);
    expect(answer.body).toBe('{"predictions":3}');
    expect(await artifacts('iris')).toHaveLength(2);
    const used = (await place.containers('iris', 'replica'))[0]?.image ?? '';
    expect((await artifacts('iris')).some(({ tags }) => tags.includes(used))).toBe(true);
    await backend.stop(ref, operation());
    expect(await artifacts('iris'), 'it may be started again').toHaveLength(2);

    await backend.remove(ref, operation());
    expect(await artifacts('iris')).toEqual([]);
    expect(await artifacts('other')).toHaveLength(1);
    expect(await models()).toHaveLength(1);
    expect(place.warnings.filter((text) => text.includes('unused images'))).toEqual([]);
    await backend.remove(other, operation());
    expect(await place.objects()).toEqual([]);
  }, 180_000);

  it('are found with their size while a serving is neither defined nor running, and removed', async () => {
    const backend = place.open();
    const running = await backend.create(define('running'), operation());
    await backend.start(running, operation());
    const stopped = await backend.create(define('stopped'), operation());
    await backend.start(stopped, operation());
    await backend.stop(stopped, operation());
    const cleanUp = new CleanUp({
      storage: place.storage,
      engine: { get: () => Promise.resolve(engine) },
      managed: { list: () => Promise.resolve([]), clean: () => Promise.resolve([]) },
      store: { all: () => [], refresh: () => Promise.resolve() },
      now: () => Date.now() + 2 * HOUR,
    });
    const found = async () => {
      const { things } = await cleanUp.find(NEVER);
      const own = [...(await artifacts('running')), ...(await artifacts('stopped')), ...(await models())];
      return things.filter(({ id }) => own.some((image) => image.id === id));
    };
    expect(await found(), 'both are defined').toEqual([]);

    await rm(join(place.folder, 'servings'), { recursive: true });
    const [unused, ...more] = await found();
    expect(more, 'what runs is used, and so is the model below it').toEqual([]);
    expect(unused).toMatchObject({
      kind: 'image',
      label: `stopped: ${model} version 1, artifact MODEL-ONLY`,
      id: (await artifacts('stopped'))[0]?.id,
    });
    expect(unused?.loses).toBeUndefined();
    const [used] = await artifacts('running');
    expect(await cleanUp.remove({ ...unused!, id: used!.id }, NEVER), 'a container uses it').toBe(false);

    await backend.stop(running, operation());
    const all = await found();
    expect(all).toHaveLength(3);
    const sizes = all.map(({ bytes = 0 }) => bytes);
    expect(Math.max(...sizes), 'the model is counted once').toBeGreaterThanOrEqual(MODEL_BYTES);
    expect(sizes.reduce((sum, bytes) => sum + bytes, 0)).toBeLessThan(1.1 * MODEL_BYTES);
    const [below] = await models();
    const modelThing = all.find(({ id }) => id === below?.id);
    expect(await cleanUp.remove(modelThing!, NEVER), 'others are built on it').toBe(false);
    for (const thing of all) {
      expect(await cleanUp.remove(thing, NEVER), thing.label).toBe(true);
    }
    expect(await found()).toEqual([]);
    expect([...(await artifacts('running')), ...(await artifacts('stopped')), ...(await models())]).toEqual([]);
  }, 180_000);
});
