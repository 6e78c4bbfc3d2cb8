import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HopsworksBackend } from '../../../src/backends/hopsworks/hopsworksBackend';
import { ServingError } from '../../../src/core/errors';
import { callOf, failure, type Answer, type Fault } from '../../fakes/hopsworks/front';
import { TestHopsworks } from '../../fakes/hopsworks/testHopsworks';
import { KEY } from '../localApi/apiPlace';
import { anything, definition, operation, quickBackendTo, recorder } from './support';

type Spoilt = ReturnType<Fault>;

/** `done`: what was asked for is done all the same; only its answer goes wrong. */
const KINDS: Readonly<Record<string, Spoilt>> = {
  'no answer': 'never',
  'closed before it is read': 'hangUp',
  'closed once it is done': () => 'hangUp',
  'no answer once it is done': () => 'never',
  'half an answer': (answer) => ({ ...answer, sent: 'half' }),
  'an answer in small pieces': (answer) => ({ ...answer, sent: 'slow' }),
  'broken JSON': (answer) => ({ ...answer, raw: textOf(answer).slice(0, -2) || '{"id"' }),
  'a page in place of JSON': () => ({
    status: 200,
    raw: '<html>Sign in</html>',
    headers: { 'content-type': 'text/html' },
  }),
  '401': failure(401, 200003, 'Unauthorized invocation'),
  '403 of the scope': failure(403, 320004, 'No valid scope found for this invocation'),
  '403 of the role': failure(403, 150068, 'Your project role does not allow to perform this action.'),
  '404 of the project': failure(404, 150004, "Project wasn't found."),
  '404 of something in between': { status: 404, raw: 'nothing here' },
  '409': failure(409, 120004, 'Web application exception occurred'),
  '422': failure(422, 120001, 'An argument was not provided or it was malformed.', 'asked to'),
  '429': { status: 429, raw: '', headers: { 'retry-after': '0' } },
  '500': failure(500, 120000, 'A generic error occurred.'),
  '500 of the data base, once it is done': () => failure(500, 120005, 'A persistence error occurred.'),
  '500 of a lock': failure(
    500,
    240004,
    'Serving instance could not be started/stopped',
    'Instance is busy. Please, try later',
  ),
  '502 once it is done': () => ({ status: 502, raw: '<html>Bad Gateway</html>' }),
  '503': { status: 503, raw: '' },
};

/** Each costs its time: only where something is changed. What only looks cannot tell them from a connection that ends. */
const SILENT = ['no answer', 'no answer once it is done'];
const SILENT_MS = 1000;

interface Job {
  /** What is there before it. */
  prepare(): Promise<void>;
  run(): Promise<unknown>;
  /** What has to be so after it has succeeded. */
  isDone(): boolean;
}

let server: TestHopsworks;
let backend: HopsworksBackend;
const log = recorder();
const ref = () => ({ backend: backend.id, name: 'iris' });
const state = (): string | undefined => server.world.runs.get('iris')?.state;
const none = (): Promise<void> => Promise.resolve();
const create = async (): Promise<void> => {
  await backend.create(definition(), operation());
};
const start = async (): Promise<void> => {
  await create();
  await backend.start(ref(), operation());
};

const JOBS: Readonly<Record<string, Job>> = {
  create: { prepare: none, run: create, isDone: () => server.world.texts.has('iris') },
  update: {
    prepare: start,
    run: () => backend.update(ref(), definition('iris', { description: 'flowers' }), operation()),
    isDone: () => server.world.texts.get('iris')?.includes('flowers') === true && state() === 'running',
  },
  start: { prepare: create, run: () => backend.start(ref(), operation()), isDone: () => state() === 'running' },
  stop: { prepare: start, run: () => backend.stop(ref(), operation()), isDone: () => state() === 'stopped' },
  restart: { prepare: start, run: () => backend.restart(ref(), operation()), isDone: () => state() === 'running' },
  remove: {
    prepare: start,
    run: () => backend.remove(ref(), operation()),
    isDone: () => !server.world.texts.has('iris') && state() !== 'running',
  },
};

beforeEach(async () => {
  log.lines.length = 0;
  server = await new TestHopsworks().open(3);
  await server.addModel();
  backend = quickBackendTo(server.address, KEY, log);
});
afterEach(async () => {
  expect(log.lines.join('\n')).not.toContain(KEY.split('.')[1]);
  backend.dispose();
  await server.dispose();
});

describe.each(Object.entries(JOBS))('each call of %s', (_name, job) => {
  it.each(Object.entries(KINDS))('%s: it is said, nothing is half made, a second try succeeds', async (kind, fault) => {
    const isSilent = SILENT.includes(kind);
    reset = async () => {
      await backend.remove(ref(), operation());
      backend.dispose();
      backend = quickBackendTo(server.address, KEY, log, isSilent ? SILENT_MS : undefined);
    };
    await reset();
    await job.prepare();
    const told: string[] = [];
    for (let number = 1; ; number++) {
      const hit = await once(job, number, fault, isSilent);
      if (hit === undefined) {
        break;
      }
      told.push(hit);
      await reset();
      await job.prepare();
    }
    // Each call of the job had its turn.
    expect(told.length).toBeGreaterThanOrEqual(isSilent ? 1 : 2);
  });
});

/** The job with a fault at its call of this number, and then again; the call; undefined: it has fewer. */
async function once(job: Job, number: number, fault: Spoilt, isOfChanges: boolean): Promise<string | undefined> {
  let [left, hit] = [number, ''];
  server.faults.push((asked) => {
    left -= isOfChanges && asked.method === 'GET' ? 0 : 1;
    if (left !== 0 || hit !== '') {
      return undefined;
    }
    hit = callOf(asked);
    return fault;
  });
  const error = await job.run().then(
    () => undefined,
    (reason: unknown) => reason,
  );
  server.faults.length = 0;
  if (hit === '') {
    expect(error).toBeUndefined();
    return undefined;
  }
  if (error !== undefined) {
    expect(error, hit).toBeInstanceOf(ServingError);
    const { message, remedies } = error as ServingError;
    expect(message, hit).toMatch(/^Could not [^\n]+$/);
    expect(message, hit).not.toMatch(/undefined|\[object|<html/);
    expect(remedies, `${hit}: ${message}`).not.toEqual([]);
    expect(inspect(error, { depth: 20, showHidden: true })).not.toContain(KEY.split('.')[1]);
    expect([...server.world.texts.keys()].length, hit).toBeLessThanOrEqual(1);
    await settled();
    await job.run();
  }
  await settled();
  expect(job.isDone(), hit).toBe(true);
  const views = await backend.servings(anything());
  expect(views.length, hit).toBe(server.world.texts.size);
  return hit;
}

/** What was begun there has come to its end. */
async function settled(): Promise<void> {
  await expect
    .poll(() => ['starting', 'creating', 'updating', 'stopping'].includes(state() ?? ''), { interval: 2 })
    .toBe(false);
}

/** Nothing is there, and nobody has asked anything yet. */
let reset: () => Promise<void>;

function textOf({ raw, body }: Answer): string {
  return raw === undefined ? JSON.stringify(body ?? '') : String(raw);
}
