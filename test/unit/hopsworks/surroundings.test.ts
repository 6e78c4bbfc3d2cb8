import { afterEach, beforeEach, expect, it } from 'vitest';
import type { HopsworksBackend } from '../../../src/backends/hopsworks/hopsworksBackend';
import { TestHopsworks } from '../../fakes/hopsworks/testHopsworks';
import { KEY } from '../localApi/apiPlace';
import { anything, definition, errorOf, operation, quickBackendTo, recorder } from './support';

let server: TestHopsworks;
let backend: HopsworksBackend;
const ref = () => ({ backend: backend.id, name: 'iris' });
const create = () => backend.create(definition(), operation());
const find = async () => (await backend.servings(anything()))[0];

beforeEach(async () => {
  server = await new TestHopsworks().open(3);
  await server.addModel();
  backend = quickBackendTo(server.address, KEY, recorder());
});
afterEach(async () => {
  backend.dispose();
  await server.dispose();
});

it('waits for a start that takes ten minutes, and never says that it failed', async () => {
  server.stages.environment = 540;
  server.stages.load = 60;
  await create();
  const starting = operation();
  let isDone = false;
  const start = backend.start(ref(), starting).then(() => {
    isDone = true;
  });
  const looks = (): number => server.calls.filter((call) => call.includes('name=iris')).length;
  const passed = async (seconds: number): Promise<void> => {
    // With two seconds between its looks, as it has in the editor.
    const wanted = looks() + Math.min(20, seconds / 2);
    await expect.poll(looks, { timeout: 20_000 }).toBeGreaterThanOrEqual(wanted);
    expect(isDone).toBe(false);
    expect((await find())?.state).toBe('starting');
    server.clock.pass(seconds);
  };
  await passed(300);
  await passed(240);
  await expect.poll(() => starting.reported.at(-1)?.stage, { timeout: 10_000 }).toBe('started');
  await passed(60);
  await start;
  expect((await find())?.state).toBe('running');
  expect(starting.reported.map(({ stage }) => stage)).toEqual(expect.arrayContaining(['scheduled', 'started']));
});

it.each([
  ['an hour ahead', 3_600_000],
  ['a day behind', -86_400_000],
])('does not mind a server whose clock is %s', async (_what, skew) => {
  server.skew = skew;
  await create();
  await backend.start(ref(), operation());
  const [serving] = await backend.servings(anything());
  expect(serving).toMatchObject({ state: 'running', run: { replicas: [{ state: 'ready' }] } });
  expect(Math.abs((serving?.run?.startedAt.getTime() ?? 0) - Date.now())).toBeLessThan(60_000);
  await backend.update(ref(), definition('iris', { description: 'later' }), operation());
  await backend.stop(ref(), operation());
  expect((await find())?.state).toBe('stopped');
});

it.each(['create', 'start', 'update', 'stop', 'remove'] as const)(
  'a key that loses its scope in the middle of %s is named; with it, a second try succeeds',
  async (job) => {
    const jobs = {
      create,
      start: () => backend.start(ref(), operation()),
      update: () => backend.update(ref(), definition('iris', { description: 'new' }), operation()),
      stop: () => backend.stop(ref(), operation()),
      remove: () => backend.remove(ref(), operation()),
    };
    if (job !== 'create') {
      await create();
    }
    if (job === 'update' || job === 'stop' || job === 'remove') {
      await backend.start(ref(), operation());
    }
    let looks = 0;
    server.faults.push(({ path, method }) => {
      looks += path.endsWith('/serving') && method === 'GET' ? 1 : 0;
      if (looks === 1) {
        server.scopes.delete('SERVING');
      }
      return undefined;
    });
    const error = await errorOf(jobs[job]());
    expect(error).toMatchObject({ code: 'forbidden', remedies: [{ kind: 'signIn' }, { kind: 'openPage' }] });
    expect(error.message).toContain('lacks the scope SERVING');
    server.faults.length = 0;
    server.scopes.add('SERVING');
    await expect.poll(() => server.world.runs.get('iris')?.state).not.toBe('starting');
    await jobs[job]();
  },
);

it('a Data scientist sees and asks, and is told what it takes to change anything', async () => {
  await create();
  await backend.start(ref(), operation());
  server.role = 'Data scientist';
  expect((await find())?.state).toBe('running');
  expect((await backend.predict(ref(), { verb: 'predict', body: '{"inputs":[1]}' }, anything())).status).toBe(200);
  for (const work of [backend.stop(ref(), operation()), backend.remove(ref(), operation())]) {
    expect(await errorOf(work)).toMatchObject({
      code: 'forbidden',
      message: expect.stringContaining('it takes a Data owner') as string,
      remedies: [{ kind: 'signIn' }],
    });
  }
  expect(server.world.runs.get('iris')?.state).toBe('running');
});

it('without KServe the default tool is used, and KServe is refused before anything is sent', async () => {
  server.kserve = false;
  const remote = { server: 'PYTHON', tool: 'KSERVE', topic: { name: 'NONE' }, inferenceLogging: 'NONE' } as const;
  const kserve = definition('iris', { remote: { ...remote, batching: { enabled: false } } });
  expect(await errorOf(backend.create(kserve, operation()))).toMatchObject({
    code: 'invalid',
    message: expect.stringContaining('no KServe') as string,
  });
  expect(server.calls.filter((call) => call.startsWith('PUT'))).toEqual([]);
  await create();
  expect(server.asked.find(({ method }) => method === 'PUT')?.body).toContain('"servingTool":"DEFAULT"');
});

it('limits of the cluster are said before anything is sent', async () => {
  server.variables.kube_serving_max_memory_allocation = '512';
  expect((await errorOf(create())).message).toBe(
    'Could not create iris: This Hopsworks allows at most 512 MB of memory',
  );
  expect(server.calls.filter((call) => call.startsWith('PUT'))).toEqual([]);
});

it.each([3, 4, 5] as const)('goes through a life on generation %i', async (generation) => {
  await server.dispose();
  server = await new TestHopsworks().open(generation);
  await server.addModel();
  backend = quickBackendTo(server.address, KEY, recorder());
  await create();
  await backend.start(ref(), operation());
  const [serving] = await backend.servings(anything());
  await backend.update(ref(), { ...serving!.definition, description: 'flowers' }, operation());
  expect((await find())?.definition.description).toBe('flowers');
  await backend.restart(ref(), operation());
  await backend.remove(ref(), operation());
  expect(server.world.texts.size).toBe(0);
});
