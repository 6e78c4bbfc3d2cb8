import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import type { DockerBackend } from '../../../src/backends/docker/dockerBackend';
import type { BuildSpec, ContainerSpec } from '../../../src/backends/docker/engine/port';
import { LABEL } from '../../../src/backends/docker/labels';
import type { Progress } from '../../../src/core/backend';
import type { ServingDefinition } from '../../../src/core/definition';
import type { Serving } from '../../../src/core/serving';
import { failure, until } from '../../contract/backend.contract';
import { DockerPlace, NEVER } from '../../contract/dockerPlace';
import { operation } from '../../contract/fixture';
import { describeStopping, engineIsUp, killEngine, pauseEngine, resumeEngine } from '../support/engine';
import { type EngineCall, toldEngine } from '../support/toldEngine';

/** What a start may take to notice that its engine is gone and to say so. */
const SOON_MS = 12_000;
const SCRIPT = (word: string) => `
import time

time.sleep(1.5)

class Predict:
    def predict(self, inputs):
        return "${word}"
`;

/** A moment of a start: in a stage that is told, or at a call to the engine. */
interface Moment {
  readonly told?: (progress: Progress) => boolean;
  readonly call?: (call: EngineCall) => boolean;
  /** The engine is gone when the call is made, or the first one after what is told; without it, it goes meanwhile. */
  readonly before?: boolean;
  readonly newEnvironment?: boolean;
}

const builds = (call: EngineCall, ...kinds: readonly string[]): boolean =>
  call.name === 'buildImage' && kinds.some((kind) => (call.of as BuildSpec).tag.startsWith(`model-serving/${kind}:`));
const makes = ({ name, of }: EngineCall, role: string): boolean =>
  name === 'createContainer' && (of as ContainerSpec).labels[LABEL.role] === role;

const MOMENTS: Readonly<Record<string, Moment>> = {
  'the environment image is built': { call: (call) => builds(call, 'environment'), newEnvironment: true },
  'the model is packed': { told: ({ stage }) => stage === 'artifact' },
  'the image with model and script is built': { call: (call) => builds(call, 'model', 'artifact') },
  'its containers are to be made': { call: (call) => makes(call, 'replica'), before: true },
  'its containers are made': { call: (call) => makes(call, 'replica') },
  'its gateway is to be made': { call: (call) => makes(call, 'gateway'), before: true },
  'a container is to be started': { call: ({ name }) => name === 'startContainer', before: true },
  'it is waited for the script': { told: ({ stage }) => stage === 'load' },
  // What is asked while it waits; the script takes longer than that to load.
  'it is waited for the gateway': { told: ({ stage }) => stage === 'load', before: true },
};
const ways = [
  ['stopped', pauseEngine],
  ['killed', killEngine],
] as const;
const starts = Object.keys(MOMENTS).flatMap((moment) => ways.map(([how, stop]) => [how, moment, stop] as const));
/** Each moment once: what is different is what is there before. */
const replacements = starts.filter((_, index) => index % 4 === 0 || index % 4 === 3);

describeStopping('An engine that goes away', () => {
  let place: DockerPlace;
  let backend: DockerBackend;
  let standing: { readonly place: DockerPlace; readonly url: string };
  /** Set while the engine is to go. */
  let armed: { readonly moment: Moment; stop(): Promise<unknown> } | undefined;
  /** What was waited for is told: the next call is the one. */
  let isTold = false;
  let goneAt: number | undefined;
  let going: Promise<unknown> | undefined;
  const built = new Set<string>();
  const folders: string[] = [];

  const take = (): Promise<unknown> | undefined => {
    const by = armed;
    armed = undefined;
    goneAt = Date.now();
    going = by?.stop();
    return going;
  };
  const onCall = (call: EngineCall): Promise<void> | undefined => {
    if (call.name === 'buildImage') {
      built.add((call.of as BuildSpec).tag);
    }
    const { moment } = armed ?? {};
    const isIt = isTold ? call.name === 'listContainers' : moment?.call?.(call) === true;
    if (moment === undefined || !isIt) {
      return undefined;
    }
    if (moment.before === true) {
      return take()?.then(() => undefined);
    }
    void sleep(50).then(take);
    return undefined;
  };
  const onReport = (progress: Progress): void => {
    if (armed?.moment.told?.(progress) === true) {
      isTold = armed.moment.before === true;
      void (isTold ? undefined : take());
    }
  };
  const find = async (): Promise<Serving | undefined> =>
    (await backend.servings(NEVER)).find(({ ref: { name } }) => name === 'iris');
  const asked = async (url: string): Promise<unknown> => {
    const reply = await fetch(url, { method: 'POST', body: '{"inputs": [1]}', signal: AbortSignal.timeout(5000) });
    return { status: reply.status, ...((await reply.json()) as object) };
  };
  const urlOf = async (by: DockerBackend, name: string): Promise<string> =>
    `${(await by.servings(NEVER)).find(({ ref }) => ref.name === name)?.run?.endpoint?.url ?? ''}:predict`;
  const said = (word: string) => ({ status: 200, predictions: word });
  const define = (change: Partial<ServingDefinition> = {}): ServingDefinition =>
    place.define('iris', 'words', { backend: 'docker', ...change });
  /** Images that only this start can have made. */
  const writeModel = async (word: string): Promise<void> => {
    await place.write('Models/words/1/words.py', SCRIPT(word));
    await place.write('Models/words/1/model.bin', randomBytes(5_000_000));
  };
  const newEnvironment = async (): Promise<void> => {
    // pip takes a space for the end of a folder's name.
    const links = await mkdtemp(join(tmpdir(), 'links-'));
    folders.push(links);
    vi.stubEnv('PIP_FIND_LINKS', links);
  };
  /** The operation ends soon, says which engine is gone and what to do, and the list of servings does not wait for it. */
  const endsClearly = async (work: Promise<unknown>): Promise<void> => {
    const error = await failure(work);
    const took = Date.now() - (goneAt ?? 0);
    expect(goneAt, 'the engine has gone').toBeDefined();
    await going;
    expect(['unavailable', 'unreachable'], `${error.code}: ${error.message}`).toContain(error.code);
    expect(error.message).toMatch(/no engine answers at|the connection to \S+ .*was lost|the engine ended|was stopped/);
    expect(error.remedies).toContainEqual({ kind: 'runDoctor' });
    expect(took).toBeLessThan(SOON_MS);
    const began = Date.now();
    const shown = await find();
    expect(Date.now() - began).toBeLessThan(3000);
    expect(shown?.reason).toMatch(/no engine answers|was lost/);
    expect(await backend.availability(NEVER)).toMatchObject({ kind: 'stopped' });
  };

  beforeAll(async () => {
    await engineIsUp();
    const other = new DockerPlace();
    await other.add('echo');
    const by = other.open();
    const ref = await by.create(other.define('stands', 'echo', { backend: 'docker' }), operation());
    await by.start(ref, operation());
    standing = { place: other, url: await other.gatewayUrl('stands') };
  }, 180_000);
  afterAll(async () => {
    await engineIsUp();
    await standing.place.dispose();
  }, 60_000);
  beforeEach(() => {
    armed = undefined;
    goneAt = undefined;
    going = undefined;
    isTold = false;
    place = new DockerPlace({ connect: toldEngine(onCall) });
    backend = place.open();
  });
  afterEach(async () => {
    armed = undefined;
    vi.unstubAllEnvs();
    await going;
    await engineIsUp();
    const engine = await place.engine();
    await place.dispose();
    for (const tag of [...built].filter((each) => /\/(?:environment|model):/.test(each)).reverse()) {
      await engine.removeImage(tag);
    }
    built.clear();
    await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true })));
  }, 60_000);

  it.each(starts)(
    'and is %s while %s ends a start, of which nothing stays',
    async (_, name, stop) => {
      const moment = MOMENTS[name] ?? {};
      await writeModel('first');
      if (moment.newEnvironment === true) {
        await newEnvironment();
      }
      const ref = await backend.create(define(), operation());
      armed = { moment, stop };
      await endsClearly(backend.start(ref, operation(onReport)));
      expect(await asked(standing.url)).toEqual({ status: 200, predictions: [1] });
      await resumeEngine();
      await until(async () => (await place.objects()).length === 0, 30);
      await until(async () => ['stopped', 'failed'].includes((await find())?.state ?? ''), 20);
      expect((await find())?.reason ?? '').not.toMatch(/window/);
      expect(await asked(standing.url)).toEqual({ status: 200, predictions: [1] });
      await backend.start(ref, operation());
      expect(await asked(await urlOf(backend, 'iris'))).toEqual(said('first'));
      await backend.stop(ref, operation());
      expect(await place.objects()).toEqual([]);
    },
    240_000,
  );

  it.each(replacements)(
    'and is %s while %s ends a replacement; what ran answers on',
    async (_, name, stop) => {
      const moment = MOMENTS[name] ?? {};
      await writeModel('first');
      const ref = await backend.create(define(), operation());
      await backend.start(ref, operation());
      const url = await urlOf(backend, 'iris');
      const inside = await place.gatewayUrl('iris');
      const before = await place.objects();
      await writeModel('second');
      if (moment.newEnvironment === true) {
        await newEnvironment();
      }
      // Its gateway stays unless it has to answer elsewhere.
      const changed = define(name.includes('gateway is to be made') ? { port: await freePort() } : {});
      armed = { moment, stop };
      await endsClearly(backend.update(ref, changed, operation(onReport)));
      expect(await asked(inside)).toEqual(said('first'));
      await resumeEngine();
      await until(async () => (await find())?.state === 'running', 30);
      await until(async () => (await place.objects()).join() === before.join(), 30);
      expect(await urlOf(backend, 'iris')).toBe(url);
      expect(await asked(url)).toEqual(said('first'));
      await backend.update(ref, define(), operation());
      expect(await asked(await urlOf(backend, 'iris'))).toEqual(said('second'));
      await backend.stop(ref, operation());
      expect(await place.objects()).toEqual([]);
    },
    240_000,
  );
});

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => {
        resolve(typeof address === 'object' && address !== null ? address.port : 0);
      });
    });
  });
}
