import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Backend } from '../../src/core/backend';
import type { Serving } from '../../src/core/serving';
import { until } from './backend.contract';
import { operation } from './fixture';
import { NEVER, ProcessPlace } from './processPlace';
import { testPython } from './serverRoot';

describe('what outlives its window', () => {
  let place: ProcessPlace;

  beforeEach(async () => {
    place = new ProcessPlace();
    await place.add('echo', 'second', 'slow');
  });
  afterEach(() => place.dispose());

  const find = async (backend: Backend, name = 'iris'): Promise<Serving | undefined> =>
    (await backend.servings(NEVER)).find(({ ref }) => ref.name === name);
  const ask = async (backend: Backend, inputs: unknown): Promise<unknown> => {
    const body = JSON.stringify({ inputs });
    const ref = { backend: backend.id, name: 'iris' };
    return JSON.parse((await backend.predict(ref, { verb: 'predict', body }, NEVER)).body) as unknown;
  };

  /** A window in a process of its own that is killed once it tells a stage. */
  const killedWindow = async (
    verb: 'start' | 'update',
    definition: unknown,
    stage: string,
    after = 0,
  ): Promise<void> => {
    const outfile = join(place.root, 'window.cjs');
    const entry = resolve(import.meta.dirname, 'windowProcess.ts');
    await build({
      entryPoints: [entry],
      outfile,
      bundle: true,
      platform: 'node',
      format: 'cjs',
      mainFields: ['module', 'main'],
      logLevel: 'error',
    });
    const args = [
      outfile,
      place.folder,
      place.storage,
      place.serverRoot,
      testPython(),
      verb,
      JSON.stringify(definition),
    ];
    const window: ChildProcess = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let told = '';
    window.stdout?.on('data', (text) => {
      told += String(text);
    });
    await until(() => told.split('\n').includes(stage));
    await new Promise((done) => setTimeout(done, after));
    window.kill('SIGKILL');
    await once(window, 'exit');
  };

  it('a running serving is found, answers, is stopped; its logs are read', async () => {
    const first = place.open();
    const ref = await first.create(place.define('iris'), operation());
    await first.start(ref, operation());
    first.dispose();
    const second = place.open();
    expect(await find(second)).toMatchObject({ state: 'running', run: { artifact: 'MODEL-ONLY' } });
    expect(await ask(second, 5)).toEqual({ predictions: 5 });
    const messages: string[] = [];
    await until(async () => {
      messages.length = 0;
      for await (const { message } of second.logs(ref, { follow: false }, NEVER)) {
        messages.push(message);
      }
      return messages.includes('asked 5');
    });
    await second.stop(ref, operation());
    expect((await find(second))?.state).toBe('stopped');
    expect(await place.processes()).toEqual([]);
  });

  it('of a window that was killed while it ran, too', async () => {
    const backend = place.open();
    const ref = await backend.create(place.define('iris'), operation());
    await killedWindow('start', place.define('iris'), 'done');
    expect(await find(backend)).toMatchObject({ state: 'running' });
    expect(await ask(backend, 5)).toEqual({ predictions: 5 });
    await backend.stop(ref, operation());
    expect(await place.processes()).toEqual([]);
  });

  it.each([
    ['environment', 0],
    ['server', 0],
    ['server', 40],
    ['server', 120],
    ['load', 0],
  ])('a start that was killed at stage %s after %i ms is found and brought to an end', async (stage, after) => {
    const backend = place.open();
    const ref = await backend.create(place.define('iris', 'slow'), operation());
    await killedWindow('start', place.define('iris', 'slow'), stage, after);
    const ran = await place.processes();
    if (stage === 'load') {
      expect(ran).not.toEqual([]);
      expect(await find(backend)).toMatchObject({ state: 'starting' });
    } else if (stage === 'environment') {
      expect(await find(backend)).toMatchObject({
        state: 'stopped',
        reason: expect.stringMatching(/was closed/) as string,
      });
    }
    // A server that had just been spawned is known by its own word, once it has said one.
    await new Promise((done) => setTimeout(done, 2000));
    await backend.stop(ref, operation());
    expect((await find(backend))?.state).toBe('stopped');
    expect(await place.processes()).toEqual([]);
    await backend.update(ref, place.define('iris'), operation());
    await backend.start(ref, operation());
    expect(await ask(backend, 1)).toEqual({ predictions: 1 });
  });

  it('an update that was killed leaves the old one answering; what it had begun ends', async () => {
    const backend = place.open();
    const ref = await backend.create(place.define('iris'), operation());
    await backend.start(ref, operation());
    const before = await place.run('iris');
    await killedWindow('update', place.define('iris', 'slow'), 'load');
    expect(await find(backend)).toMatchObject({ state: 'running' });
    expect(await ask(backend, 1)).toEqual({ predictions: 1 });
    expect((await place.run('iris')).instance).toBe(before.instance);
    await backend.update(ref, place.define('iris', 'second'), operation());
    expect(await ask(backend, 1)).toEqual({ predictions: 'second' });
    // The first worker is forked from its server and has its command line; another server would have another id there.
    const servers = (await place.processes()).filter((line) => line.includes('run.py serve'));
    expect(new Set(servers.map((line) => line.replace(/^\d+ /, ''))).size).toBe(1);
    await backend.stop(ref, operation());
    expect(await place.processes()).toEqual([]);
  });

  it('the pid of a server that was given to another program is left alone', async () => {
    const backend = place.open();
    const ref = await backend.create(place.define('iris'), operation());
    await backend.start(ref, operation());
    const { server } = await place.run('iris');
    process.kill(server.pid, 'SIGKILL');
    await until(async () => (await find(backend))?.state === 'failed');
    const stranger = spawn('sleep', ['60'], { stdio: 'ignore' });
    try {
      const file = join(place.storage, 'servings/iris/ledger.json');
      const run = JSON.parse(await readFile(file, 'utf8')) as object;
      await writeFile(file, JSON.stringify({ ...run, server: { pid: stranger.pid } }));
      expect((await find(backend))?.state).toBe('failed');
      await backend.stop(ref, operation());
      await backend.start(ref, operation());
      await backend.remove(ref, operation());
      expect(stranger.exitCode).toBeNull();
      expect(stranger.signalCode).toBeNull();
    } finally {
      stranger.kill();
    }
  });

  it('a server whose folder has no window any more ends by itself', async () => {
    const open = { loadSeconds: 20, drainSeconds: 1, bodyBytes: 1_000_000, keepRunningSeconds: 2 };
    const backend = place.open({ settings: () => open });
    const ref = await backend.create(place.define('iris'), operation());
    await backend.start(ref, operation());
    backend.dispose();
    const later = place.open();
    await until(async () => (await find(later))?.state === 'stopped', 10);
    expect((await find(later))?.reason).toBe('It ended by itself: no window of its workspace was open');
    await until(async () => (await place.processes()).length === 0);
    await later.start(ref, operation());
    expect(await ask(later, 1)).toEqual({ predictions: 1 });
  });
});
