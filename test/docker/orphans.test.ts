import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { servingsOfGoneFolders } from '../../src/backends/docker/goneFolders';
import { folderFilter } from '../../src/backends/docker/labels';
import { ServingPaths, storagesIn, workspaceStorage } from '../../src/backends/local/paths';
import { CleanUp } from '../../src/composeCleanUp';
import type { Backend } from '../../src/core/backend';
import type { Serving } from '../../src/core/serving';
import { DockerPlace, NEVER } from '../contract/dockerPlace';
import { operation } from '../contract/fixture';
import { describeWithEngine, engineIsUp } from './support/engine';

describeWithEngine('what runs without a definition', () => {
  let place: DockerPlace;

  beforeAll(engineIsUp);
  beforeEach(async () => {
    place = new DockerPlace();
    await place.add('echo');
  });
  afterEach(() => place.dispose());

  const find = async (backend: Backend, name = 'iris'): Promise<Serving | undefined> =>
    (await backend.servings(NEVER)).find(({ ref }) => ref.name === name);
  const started = async (name = 'iris') => {
    const backend = place.open();
    const definition = place.define(name, 'echo', {
      backend: 'docker',
      description: 'as it was',
      replicas: { min: 2, max: 2 },
    });
    const ref = await backend.create(definition, operation());
    await backend.start(ref, operation());
    return { backend, ref };
  };
  const file = (name = 'iris'): string => join(place.folder, 'servings', `${name}.serving.json`);
  const ids = async (): Promise<readonly string[]> => (await place.containers('iris')).map(({ id }) => id).sort();

  it('is adopted from its labels alone, and not one container is made again', async () => {
    const { backend, ref } = await started();
    const [text, before] = [await readFile(file(), 'utf8'), await ids()];
    backend.dispose();
    await rm(place.storage, { recursive: true, force: true });
    await rm(join(place.folder, 'servings'), { recursive: true });

    const second = place.open();
    expect(await find(second)).toMatchObject({
      state: 'running',
      isOrphan: true,
      reason: 'Its definition is gone: adopt it to keep it, or delete it',
    });
    await second.adopt(ref, operation());
    expect(await readFile(file(), 'utf8')).toBe(text);
    const adopted = await find(second);
    expect(adopted).toMatchObject({ state: 'running', differences: [], definitionFile: file() });
    expect(adopted?.isOrphan).toBeUndefined();
    expect(adopted?.reason).toBeUndefined();
    expect(await ids()).toEqual(before);
    await second.stop(ref, operation());
    expect(await find(second)).toMatchObject({ state: 'stopped' });
  }, 120_000);

  it('is not adopted over another definition, and is taken away without it', async () => {
    const { backend, ref } = await started();
    const text = await readFile(file(), 'utf8');
    const process = text.replace('"docker"', '"process"');
    expect(process).not.toBe(text);
    await writeFile(file(), process);
    expect(await find(backend)).toMatchObject({ state: 'running', isOrphan: true });
    await expect(backend.adopt(ref, operation())).rejects.toMatchObject({
      code: 'exists',
      message: `Could not adopt iris: ${file()} defines a serving of that name`,
      remedies: [{ kind: 'openFile', file: file() }],
    });
    await backend.remove(ref, operation());
    expect(await find(backend)).toBeUndefined();
    expect(await place.objects()).toEqual([]);
    expect(await readFile(file(), 'utf8'), 'the definition of the other backend stays').toBe(process);
  }, 120_000);

  it('is found when its folder is gone, and only then; removed, nothing of it is left', async () => {
    const { backend } = await started();
    const engine = await place.engine();
    const other = new DockerPlace();
    try {
      await other.add('echo');
      const living = other.open();
      const definition = other.define('iris', 'echo', { backend: 'docker', replicas: { min: 1, max: 1 } });
      const ref = await living.create(definition, operation());
      await living.start(ref, operation());
      const mine = async () =>
        (await servingsOfGoneFolders(engine)).filter(({ folder }) => [place.folder, other.folder].includes(folder));
      expect(await mine()).toEqual([]);

      backend.dispose();
      await rename(place.folder, `${place.folder} renamed`);
      const found = { name: 'iris', folder: place.folder, containers: 3, running: 3 };
      expect(await mine()).toEqual([found]);

      const cleanUp = new CleanUp({
        storage: place.storage,
        engine: { get: () => Promise.resolve(engine) },
        managed: { list: () => Promise.resolve([]), clean: () => Promise.resolve([]) },
        store: { all: () => [], refresh: () => Promise.resolve() },
      });
      const findings = await cleanUp.check(NEVER);
      expect(findings).toMatchObject([{ state: 'warning', remedy: { kind: 'cleanUp' } }]);
      expect(findings[0]?.text).toContain(`iris of ${place.folder}`);
      expect(findings[0]?.text).not.toContain(other.folder);
      const things = (await cleanUp.find(NEVER)).things.filter(({ kind }) => kind === 'orphan');
      const thing = things.find(({ id }) => id.startsWith(`${place.folder}\n`));
      expect(thing).toMatchObject({ label: 'iris', detail: `${place.folder} is not there · 3 of 3 containers run` });
      expect(thing?.loses, 'so that it is never taken along').toContain(place.folder);
      expect(things.some(({ id }) => id.startsWith(`${other.folder}\n`))).toBe(false);

      const state = new ServingPaths(storagesIn(workspaceStorage(place.storage, place.folder)).docker, 'iris');
      await mkdir(state.directory, { recursive: true });
      await writeFile(state.ledger, '{}');
      expect(await place.files(state.directory)).toHaveLength(1);
      expect(await cleanUp.remove(thing!, NEVER)).toBe(true);
      expect(await place.objects()).toEqual([]);
      expect(await engine.listImages(folderFilter(place.folder))).toEqual([]);
      expect(await place.files(state.directory)).toEqual([]);
      expect(await mine()).toEqual([]);
      const answer = await living.predict(ref, { verb: 'predict', body: '{"inputs": 3}' }, NEVER);
      expect(answer.status, 'that of the other folder goes on').toBe(200);
      await living.remove(ref, operation());
      expect(await other.objects()).toEqual([]);
    } finally {
      await other.dispose();
    }
  }, 180_000);
});
