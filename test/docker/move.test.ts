import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { readFile, readlink, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { createServer, type Server } from 'node:net';
import { join, resolve } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { build } from 'esbuild';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Backend } from '../../src/core/backend';
import type { ServingDefinition } from '../../src/core/definition';
import { isCancelled, messageOf, ServingError } from '../../src/core/errors';
import type { Serving, ServingRef } from '../../src/core/serving';
import { until } from '../contract/backend.contract';
import { DockerPlace, GATEWAY_FILES, NEVER } from '../contract/dockerPlace';
import { operation } from '../contract/fixture';
import { testPython } from '../contract/serverRoot';
import { Random } from '../fakes/random';
import { moveWindow, type MoveWindow } from './movePlace';
import { describeWithEngine, engineIsUp } from './support/engine';

type Kind = 'process' | 'docker';
const WAYS = [
  ['process', 'docker'],
  ['docker', 'process'],
] as const;

describeWithEngine('a move between process and Docker', () => {
  let place: DockerPlace;
  let window: MoveWindow;
  const blockers: Server[] = [];
  // In the project, for its modules.
  const moveProcess = resolve(import.meta.dirname, `../../.cache/move-${String(process.pid)}.cjs`);

  beforeAll(async () => {
    await engineIsUp();
    await build({
      entryPoints: [resolve(import.meta.dirname, 'support/moveProcess.ts')],
      outfile: moveProcess,
      bundle: true,
      platform: 'node',
      format: 'cjs',
      define: { 'import.meta.dirname': JSON.stringify(import.meta.dirname) },
      mainFields: ['module', 'main'],
      external: ['dockerode', 'axios'],
      logLevel: 'error',
    });
  });
  afterAll(() => rm(moveProcess, { force: true }));
  beforeEach(async () => {
    place = new DockerPlace();
    await place.add('echo', 'broken', 'slow');
    window = moveWindow(windowPlace());
  });
  afterEach(async () => {
    window.dispose();
    blockers.splice(0).forEach((server) => server.close());
    for (const line of await processes()) {
      try {
        process.kill(Number(line.split(' ')[0]), 'SIGKILL');
      } catch {
        // It ended meanwhile.
      }
    }
    await place.dispose();
  });

  const windowPlace = () => ({
    folder: place.folder,
    storage: place.storage,
    serverRoot: place.serverRoot,
    log: place.log,
    secretOf: (name: string) => place.secrets.get(name),
    open: place.open.bind(place),
  });
  const refOn = (kind: Kind, name = 'iris'): ServingRef => ({ backend: window[kind].id, name });
  const find = async (kind: Kind, name = 'iris', by: MoveWindow = window): Promise<Serving | undefined> =>
    (await by[kind].servings(NEVER)).find(({ ref }) => ref.name === name);
  const create = async (kind: Kind, change: Partial<ServingDefinition> = {}, model = 'echo'): Promise<ServingRef> => {
    const definition = place.define('iris', model, { backend: kind, ...change });
    return window[kind].create(definition, operation());
  };
  const started = async (kind: Kind, change: Partial<ServingDefinition> = {}): Promise<ServingRef> => {
    const ref = await create(kind, change);
    await window[kind].start(ref, operation());
    return ref;
  };
  const ask = async (kind: Kind, inputs: unknown): Promise<unknown> => {
    const { status, body } = await window[kind].predict(
      refOn(kind),
      { verb: 'predict', body: JSON.stringify({ inputs }) },
      NEVER,
    );
    return { status, ...(JSON.parse(body) as object) };
  };
  const text = (): Promise<string> => readFile(join(place.folder, 'servings/iris.serving.json'), 'utf8');
  const move = (from: Kind, to: Kind, how = operation()): Promise<ServingRef> =>
    window.servings.move(refOn(from), window[to].id, how);
  /** The servers, workers and their children that work in this place. */
  const processes = async (): Promise<readonly string[]> => {
    const found: string[] = [];
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)) {
      const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => '');
      if (line !== '' && (line.includes(place.root) || cwd.startsWith(place.root))) {
        found.push(`${pid} ${line.replaceAll('\0', ' ')}`);
      }
    }
    return found;
  };
  /** What a backend has of the serving: what runs, and what is written down. */
  const traces = async (kind: Kind, locks = true): Promise<readonly string[]> => {
    const storage = kind === 'docker' ? join(place.storage, 'docker') : place.storage;
    return [
      ...(kind === 'docker' ? await place.objects() : await processes()),
      ...(await place.files(join(storage, 'servings', 'iris'))),
      ...(await place.files(join(storage, 'arrivals'))),
      ...(locks ? await place.files(join(storage, 'locks')) : []),
    ];
  };
  /** A window in a process of its own that is killed so many milliseconds after it has told a stage. */
  const killedMove = async (to: Kind, stage: string, after: number): Promise<void> => {
    const { folder, storage, serverRoot } = place;
    const args = [moveProcess, folder, storage, serverRoot, GATEWAY_FILES, testPython(), to];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let told = '';
    child.stdout.on('data', (part) => {
      told += String(part);
    });
    try {
      await until(() => told.split('\n').some((line) => line === stage || line.startsWith('failed')), 60);
      await sleep(after);
    } finally {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    expect(told).not.toContain('failed');
  };
  const other = (kind: Kind): Kind => (kind === 'docker' ? 'process' : 'docker');

  it.each(WAYS)(
    'from %s to %s: one of the two answers all the time, the same, and the port stays',
    async (from, to) => {
      await started(from, { description: 'with words' });
      const before = await find(from);
      const answers = [await ask(from, [1, 'two']), await ask(from, 'raise')];
      const load = new EitherLoad(async () => {
        const found = await Promise.all([find(from), find(to)]);
        return found.flatMap((serving) => serving?.run?.endpoint?.url ?? []);
      }, before?.run?.endpoint?.url ?? '');
      await sleep(500);
      const moved = await move(from, to);
      await sleep(700);
      const { sent, failures } = await load.stop();
      expect(failures).toEqual([]);
      expect(sent).toBeGreaterThan(60);
      expect(moved).toEqual(refOn(to));
      const after = await find(to);
      expect(after).toMatchObject({ state: 'running', differences: [] });
      expect(after?.definition).toEqual({ ...before?.definition, backend: to });
      expect(after?.definitionFile).toBe(before?.definitionFile);
      expect(after?.run?.endpoint).toEqual(before?.run?.endpoint);
      expect(await find(from)).toBeUndefined();
      expect([await ask(to, [1, 'two']), await ask(to, 'raise')].map(withoutIds)).toEqual(answers.map(withoutIds));
      expect(await traces(from)).toEqual([]);
      expect(await place.files(join(place.storage, 'arrivals'))).toEqual([]);
      // And back.
      await move(to, from);
      expect(await ask(from, 3)).toMatchObject({ predictions: 3 });
      expect((await find(from))?.run?.endpoint).toEqual(before?.run?.endpoint);
      expect(await traces(to)).toEqual([]);
      await window.servings.stop(refOn(from), operation());
      expect(await find(from)).toMatchObject({ state: 'stopped' });
    },
    180_000,
  );

  it.each(WAYS)(
    'from %s to %s keeps a fixed port, comments and what is not ours in the file',
    async (from, to) => {
      const port = await freePort();
      const ref = await create(from, { port });
      await place.write('servings/iris.serving.json', (await text()).replace('{', '{\n  // mine\n  "extra": 1,'));
      await window[from].start(ref, operation());
      await move(from, to);
      expect((await find(to))?.run?.endpoint?.port).toBe(port);
      expect(await find(to)).toMatchObject({ state: 'running', differences: [] });
      const written = await text();
      expect(written).toContain('// mine');
      expect(written).toContain('"extra": 1');
      // A restart has it, too.
      await window.servings.restart(refOn(to), operation());
      expect((await find(to))?.run?.endpoint?.port).toBe(port);
      expect(await ask(to, 1)).toMatchObject({ predictions: 1 });
    },
    120_000,
  );

  it.each(WAYS)(
    'from %s to %s says where it answers when the fixed port is lost on the way',
    async (from, to) => {
      const port = await freePort();
      await started(from, { port });
      const backend: Backend = window[to];
      const receive = backend.receive?.bind(backend);
      // Somebody takes the port as soon as it is free.
      backend.receive = (moving, each) =>
        receive?.(
          {
            ...moving,
            release: async () => {
              await moving.release();
              blockers.push(await listen(port));
            },
          },
          each,
        ) ?? Promise.reject(new Error('it cannot'));
      const error = await failure(move(from, to));
      expect(error.code).toBe('portInUse');
      expect(error.about).toEqual(refOn(to));
      const found = await find(to);
      expect(found).toMatchObject({ state: 'running' });
      const actual = found?.run?.endpoint?.port ?? 0;
      expect(actual).not.toBe(port);
      expect(error.message).toContain(`answers at port ${String(actual)} until its next start`);
      expect(await ask(to, 1)).toMatchObject({ predictions: 1 });
      expect(await find(from)).toBeUndefined();
      expect(await traces(from)).toEqual([]);
      await new Promise((resolve) => blockers.splice(0)[0]?.close(resolve));
      await window.servings.restart(refOn(to), operation());
      expect((await find(to))?.run?.endpoint?.port).toBe(port);
    },
    120_000,
  );

  it.each(WAYS)(
    'from %s to %s of one that does not run only changes its definition',
    async (from, to) => {
      await create(from);
      const before = await text();
      await move(from, to);
      expect(await find(to)).toMatchObject({ state: 'stopped' });
      expect(await find(from)).toBeUndefined();
      expect(await text()).toBe(before.replace(`"${from}"`, `"${to}"`));
      expect([...(await traces(from)), ...(await traces(to))]).toEqual([]);
      await window[to].start(refOn(to), operation());
      expect(await ask(to, 1)).toMatchObject({ predictions: 1 });
    },
    120_000,
  );

  it.each(WAYS)(
    'from %s to %s that does not come up leaves the old one answering',
    async (from, to) => {
      await started(from);
      const before = await find(from);
      // What runs answers from its artifact; the new one packs what is there now.
      await place.write(
        'Models/echo/1/echo.py',
        await readFile(join(place.folder, 'Models/broken/1/broken.py'), 'utf8'),
      );
      const definition = await text();
      const error = await failure(move(from, to));
      expect(error.code).toBe('script');
      expect(error.message).toMatch(new RegExp(`^Could not move iris to .*: .*it is broken`));
      expect(await text()).toBe(definition);
      expect((await find(from))?.run?.startedAt).toEqual(before?.run?.startedAt);
      expect((await find(from))?.run?.endpoint).toEqual(before?.run?.endpoint);
      expect(await find(from)).toMatchObject({ state: 'running' });
      expect(await ask(from, 'still')).toMatchObject({ predictions: 'still' });
      expect(await find(to)).toBeUndefined();
      expect(await traces(to)).toEqual([]);
    },
    120_000,
  );

  it.each(WAYS)(
    'from %s to %s leaves nothing when it is cancelled, at whatever moment',
    async (from, to) => {
      await started(from);
      // How long it takes here and now, so that the moments lie in it.
      const took: Record<string, number> = {};
      for (const [at, there] of [
        [from, to],
        [to, from],
      ] as const) {
        const began = performance.now();
        await move(at, there);
        took[there] = performance.now() - began;
      }
      const random = new Random(11);
      const outcomes: string[] = [];
      for (let round = 0; round < 10; round++) {
        const at = (await find(from)) === undefined ? to : from;
        const there = other(at);
        const before = await text();
        const port = (await find(at))?.run?.endpoint?.port;
        const cancelled = operation();
        const outcome = move(at, there, cancelled).then(
          () => undefined,
          (error: unknown) => error,
        );
        // Early ones and late ones, as a move cannot be given up any more once the new one is there.
        const share = (round + random.whole(100) / 100) / 10;
        const milliseconds = Math.round(1.1 * share * (took[there] ?? 0));
        await sleep(milliseconds);
        cancelled.cancel();
        const error = await outcome;
        const what = `${there} after ${String(milliseconds)} ms`;
        const now = error === undefined ? there : at;
        outcomes.push(error === undefined ? 'moved' : 'cancelled');
        if (error !== undefined) {
          expect(isCancelled(error), `${what}: ${messageOf(error)}`).toBe(true);
          expect(await text(), what).toBe(before);
          expect((await find(at))?.run?.endpoint?.port, what).toBe(port);
        }
        // A worker that is loading ends a moment after its server.
        await until(async () => now === 'process' || (await processes()).length === 0, 5);
        expect(await traces(other(now)), what).toEqual([]);
        expect(await find(other(now)), what).toBeUndefined();
        expect(await find(now), what).toMatchObject({ state: 'running' });
        expect(await ask(now, round), what).toMatchObject({ predictions: round });
      }
      console.log(`${from}: ${outcomes.join(' ')}`);
      expect(outcomes).toContain('cancelled');
    },
    240_000,
  );

  it('is given up by a stop, of another window, too', async () => {
    await started('process');
    await place.write('Models/echo/1/echo.py', await readFile(join(place.folder, 'Models/slow/1/slow.py'), 'utf8'));
    const second = moveWindow(windowPlace());
    try {
      const stages: string[] = [];
      const moving = operation(({ stage }) => stages.push(stage));
      const outcome = failure(move('process', 'docker', moving));
      await until(() => stages.includes('load'));
      expect(await find('docker', 'iris', second)).toMatchObject({
        state: 'starting',
        reason: expect.stringContaining('being moved') as string,
      });
      expect(await find('process', 'iris', second)).toMatchObject({ state: 'running' });
      await second.servings.stop({ backend: second.process.id, name: 'iris' }, operation());
      expect((await outcome).code).toBe('cancelled');
      expect(await find('process')).toMatchObject({ state: 'stopped' });
      expect(await find('docker')).toBeUndefined();
      expect(await traces('docker')).toEqual([]);
      expect(await processes()).toEqual([]);
    } finally {
      second.dispose();
    }
  }, 120_000);

  it('asked for in two windows at once is done once', async () => {
    await started('process');
    const second = moveWindow(windowPlace());
    try {
      const outcomes = await Promise.allSettled([
        move('process', 'docker'),
        second.servings.move({ backend: second.process.id, name: 'iris' }, second.docker.id, operation()),
      ]);
      const failed = outcomes.flatMap((each) => (each.status === 'rejected' ? [each.reason as ServingError] : []));
      expect(failed.map(({ code }) => code)).toEqual(['conflict']);
      expect(await find('docker')).toMatchObject({ state: 'running' });
      expect(await place.containers('iris')).toHaveLength(2);
      expect(await processes()).toEqual([]);
    } finally {
      second.dispose();
    }
  }, 120_000);

  it.each([
    ['docker', 'environment', 0],
    ['docker', 'server', 300],
    ['docker', 'server', 800],
    ['docker', 'ready', 0],
    ['docker', 'ready', 700],
    ['process', 'environment', 0],
    ['process', 'server', 100],
    ['process', 'ready', 0],
    ['process', 'ready', 150],
    ['process', 'ready', 600],
  ] as const)(
    'to %s whose window is killed in stage %s after %i ms is taken back or finished by the next one',
    async (to, stage, after) => {
      const from = other(to);
      await started(from);
      window.dispose();
      await killedMove(to, stage, after);
      window = moveWindow(windowPlace());
      const shown = await Promise.all([find(from), find(to)]);
      const named = (JSON.parse(await text()) as { backend: Kind }).backend;
      console.log(
        `to ${to}, ${stage} ${String(after)}: ${named}, ${shown.map((each) => each?.state ?? '-').join(' ')}`,
      );
      // What the definition names is there at once, and answers.
      const held = shown[named === from ? 0 : 1];
      expect(held).toMatchObject({ state: 'running' });
      expect(held?.definitionFile).toBeDefined();
      expect(await ask(named, 'at once')).toMatchObject({ predictions: 'at once' });
      // The rest goes away by itself.
      await until(async () => (await find(other(named))) === undefined, 30);
      // The lock of a dead window is taken over by whoever wants it.
      await until(async () => (await traces(other(named), false)).length === 0, 30);
      expect(await find(named)).toMatchObject({ state: 'running' });
      expect(await ask(named, 'later')).toMatchObject({ predictions: 'later' });
      await move(named, other(named));
      expect(await ask(other(named), 'moved')).toMatchObject({ predictions: 'moved' });
      expect(await traces(named)).toEqual([]);
    },
    120_000,
  );

  it('brings secrets and the token along', async () => {
    place.secrets.set('KEY', 'opensesame');
    await started('process', { token: 'KEY' });
    await move('process', 'docker');
    expect(await ask('docker', 1)).toMatchObject({ status: 200, predictions: 1 });
    const url = (await find('docker'))?.run?.endpoint?.url ?? '';
    expect((await fetch(`${url}:predict`, { method: 'POST', body: '{"inputs": 1}' })).status).toBe(401);
    await move('docker', 'process');
    expect(await ask('process', 1)).toMatchObject({ status: 200, predictions: 1 });
  }, 120_000);
});

/** Requests at a fixed rate to the address that answered last; one that cannot be reached is sent to the other one. */
class EitherLoad {
  private readonly failures: string[] = [];
  private readonly open = new Set<Promise<void>>();
  private readonly timer: NodeJS.Timeout;
  private readonly began = performance.now();
  private sent = 0;

  constructor(
    private readonly addresses: () => Promise<readonly string[]>,
    private last: string,
  ) {
    this.timer = setInterval(() => {
      const one: Promise<void> = this.one().finally(() => this.open.delete(one));
      this.open.add(one);
    }, 25);
  }

  async stop(): Promise<{ readonly sent: number; readonly failures: readonly string[] }> {
    clearInterval(this.timer);
    await Promise.all(this.open);
    return { sent: this.sent, failures: this.failures };
  }

  private async one(): Promise<void> {
    this.sent++;
    const at = Math.round(performance.now() - this.began);
    const first = await post(this.last);
    if (first === RIGHT) {
      return;
    }
    const tried = [`${this.last}: ${first}`];
    for (const url of await this.addresses()) {
      const answer = await post(url);
      if (answer === RIGHT) {
        this.last = url;
        return;
      }
      tried.push(`${url}: ${answer}`);
    }
    this.failures.push(`at ${String(at)} ms: ${tried.join(', ')}`);
  }
}

const RIGHT = '200 {"predictions":[1,2]}';

/** No connection is kept: each request says what answers now. */
function post(url: string): Promise<string> {
  return new Promise((resolve) => {
    const sent = request(`${url}:predict`, { method: 'POST', agent: false, timeout: 10_000 }, (reply) => {
      let body = '';
      reply.setEncoding('utf8').on('data', (part: string) => (body += part));
      reply.once('end', () => {
        resolve(`${String(reply.statusCode)} ${body}`);
      });
      reply.once('error', (error) => {
        resolve(error.message);
      });
    });
    sent.once('timeout', () => sent.destroy(new Error('no answer')));
    sent.once('error', (error) => {
      resolve(error.message);
    });
    sent.end('{"inputs":[1,2]}');
  });
}

function withoutIds(answer: unknown): unknown {
  return JSON.parse(JSON.stringify(answer).replace(/"request":"[^"]*"/g, '"request":""'));
}

async function failure(work: Promise<unknown>): Promise<ServingError> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ServingError);
  return error as ServingError;
}

function listen(port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      resolve(server);
    });
  });
}

async function freePort(): Promise<number> {
  const server = await listen(0);
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}
