import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { build } from 'esbuild';
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Backend } from '../../src/core/backend';
import type { ServingDefinition } from '../../src/core/definition';
import type { Serving, ServingRef } from '../../src/core/serving';
import { until } from '../contract/backend.contract';
import { DockerPlace, GATEWAY_FILES, NEVER } from '../contract/dockerPlace';
import { operation } from '../contract/fixture';
import { testPython } from '../contract/serverRoot';
import { describeWithEngine, engineIsUp } from './support/engine';

describeWithEngine('windows of a folder on Docker', () => {
  let place: DockerPlace;

  beforeAll(engineIsUp);
  beforeEach(async () => {
    place = new DockerPlace();
    await place.add('echo', 'second', 'slow');
  });
  afterEach(() => place.dispose());

  const define = (model = 'echo', change: Partial<ServingDefinition> = {}): ServingDefinition =>
    place.define('iris', model, { backend: 'docker', ...change });
  const find = async (backend: Backend): Promise<Serving | undefined> =>
    (await backend.servings(NEVER)).find(({ ref }) => ref.name === 'iris');
  const ask = async (backend: Backend, ref: ServingRef, inputs: unknown): Promise<unknown> =>
    JSON.parse((await backend.predict(ref, { verb: 'predict', body: JSON.stringify({ inputs }) }, NEVER)).body);

  /** A window in a process of its own that is killed so many milliseconds after it has told a stage. */
  const killedWindow = async (verb: string, definition: unknown, stage: string, after: number): Promise<void> => {
    // In the project, for its modules.
    const outfile = resolve(import.meta.dirname, `../../.cache/window-${String(process.pid)}.cjs`);
    await build({
      entryPoints: [resolve(import.meta.dirname, 'support/windowProcess.ts')],
      outfile,
      bundle: true,
      platform: 'node',
      format: 'cjs',
      define: { 'import.meta.dirname': JSON.stringify(import.meta.dirname) },
      mainFields: ['module', 'main'],
      external: ['dockerode', 'axios'],
      logLevel: 'error',
    });
    const { folder, storage, serverRoot } = place;
    const args = [outfile, folder, storage, serverRoot, GATEWAY_FILES, testPython(), verb, JSON.stringify(definition)];
    const window = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let told = '';
    window.stdout.on('data', (text) => {
      told += String(text);
    });
    try {
      await until(() => told.split('\n').some((line) => line === stage || line.startsWith('failed')), 60);
      await sleep(after);
    } finally {
      window.kill('SIGKILL');
      await once(window, 'exit');
      await rm(outfile, { force: true });
    }
    expect(told).not.toContain('failed');
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
      expect(await find(backend)).toMatchObject({ state: 'running' });
      expect(await ask(backend, ref, 'still')).toEqual({ predictions: 'still' });
      await backend.stop(ref, operation());
      expect(await place.objects()).toEqual([]);
    },
    120_000,
  );
});
