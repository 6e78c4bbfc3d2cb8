import { mkdtempSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BackendRegistry } from '../../../src/app/backendRegistry';
import { Operations } from '../../../src/app/operations';
import { fetchLacking, toLocal } from '../../../src/app/remote/fromRemote';
import { lossesHere, lossesThere } from '../../../src/app/remote/losses';
import { toRemote } from '../../../src/app/remote/toRemote';
import { Servings } from '../../../src/app/servings';
import { ServingStore } from '../../../src/app/servingStore';
import type { HopsworksBackend } from '../../../src/backends/hopsworks/hopsworksBackend';
import { DEFAULTS, type ServingDefinition } from '../../../src/core/definition';
import type { ServingRef } from '../../../src/core/serving';
import { MemoryBackend, MemoryWorld } from '../../fakes/memoryBackend';
import { FakeHopsworks } from '../hopsworks/fakeHopsworks';
import { anything, backendTo, errorOf, operation, recorder } from '../hopsworks/support';

const SCRIPT = 'Models/iris/1/predict.py';
let root: string;
let server: FakeHopsworks;
let remote: HopsworksBackend;
let local: MemoryBackend;
let store: ServingStore;
let registry: BackendRegistry;
let servings: Servings;
let ref: ServingRef;

const definition: ServingDefinition = {
  ...DEFAULTS,
  name: 'iris',
  model: { name: 'iris', version: 1 },
  script: SCRIPT,
};
const shown = (): readonly string[] => store.all().map(({ kind, state }) => `${kind} ${state}`);

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'moving '));
  await mkdir(join(root, 'Models/iris/1'), { recursive: true });
  await writeFile(join(root, SCRIPT), 'class Predict:\n    pass\n');
  server = await new FakeHopsworks().listen();
  server.models = [{ name: 'iris', version: 1 }];
  remote = backendTo(server.address);
  local = new MemoryBackend(new MemoryWorld());
  local.world.scripts.set(SCRIPT, { predict: (inputs) => inputs });
  const never = (): { dispose(): void } => ({ dispose: () => undefined });
  registry = new BackendRegistry({ list: () => [{ name: 'a', path: root }], onDidChange: never }, () => [local], {
    list: () => [remote],
    onDidChange: never,
  });
  const operations = new Operations();
  store = new ServingStore(registry, operations, recorder());
  servings = new Servings(registry, operations, store);
  ref = await servings.create(local.id, definition, operation());
  await servings.start(ref, operation());
  await store.refresh();
});
afterEach(async () => {
  store.dispose();
  registry.dispose();
  remote.dispose();
  await server.close();
  await rm(root, { recursive: true });
});

async function toThere(more: Partial<ServingDefinition> = {}): Promise<ServingDefinition> {
  const place = { offer: await remote.remote.offer(anything()), models: [{ name: 'iris', version: 1 }], names: [] };
  return toRemote({ ...definition, ...more }, place, { folder: root, models: [] });
}

describe('moving to Hopsworks', () => {
  it('is offered beside the places of the folder, and back', () => {
    expect(servings.moveTargets(ref).map(({ backend }) => backend.id)).toEqual([remote.id]);
    expect(servings.moveTargets({ backend: remote.id, name: 'iris' }).map(({ backend }) => backend.id)).toEqual([
      local.id,
    ]);
  });

  it('stops the old one once the new one is ready, and not before', async () => {
    const states: string[] = [];
    const made = await toThere();
    server.faults.push(({ method, path }) => {
      if (method === 'GET' && path === '/project/119/serving') {
        states.push(
          `${local.world.runs.has('iris') ? 'runs' : 'stopped'} ${server.deployments.get('iris')?.status ?? ''}`,
        );
      }
      return undefined;
    });
    const moved = await servings.moveElsewhere(
      ref,
      remote.id,
      () => Promise.resolve({ definition: made }),
      operation(),
    );
    expect(moved).toEqual({ backend: remote.id, name: 'iris' });
    expect(shown()).toEqual([expect.stringMatching(/stopped/) as string, 'hopsworks running']);
    expect(states).not.toContain('stopped Starting');
    expect(server.files.files.get('Resources/iris/predictor/predict.py')).toContain('class Predict');
  });

  it('takes everything back when it does not come up', async () => {
    const before = server.files.all;
    const failed = { status: 'Failed', condition: { type: 'STARTED', status: false, reason: 'Failed to run: no' } };
    server.starting = [{ status: 'Starting' }, failed, failed, failed];
    const made = await toThere();
    const error = await errorOf(
      servings.moveElsewhere(ref, remote.id, () => Promise.resolve({ definition: made }), operation()),
    );
    expect(error.message).toContain('Failed to run: no');
    expect([server.files.all, [...server.deployments], [...server.topics]]).toEqual([before, [], []]);
    expect(shown()).toEqual([expect.stringMatching(/running/) as string]);
  });

  it('takes everything back when it is cancelled while it starts', async () => {
    const before = server.files.all;
    const abort = new AbortController();
    server.starting = [
      ...Array.from({ length: 4 }, () => ({ status: 'Starting' })),
      { status: 'Running', condition: { type: 'READY', status: true, reason: 'ready' } },
    ];
    const made = await toThere();
    const moving = {
      ...operation(abort.signal),
      report: () => {
        if (server.deployments.get('iris')?.status === 'Starting') {
          abort.abort();
        }
      },
    };
    const error = await errorOf(
      servings.moveElsewhere(ref, remote.id, () => Promise.resolve({ definition: made }), moving),
    );
    expect(error.code).toBe('cancelled');
    expect([server.files.all, [...server.deployments]]).toEqual([before, []]);
    expect(shown()).toEqual([expect.stringMatching(/running/) as string]);
  });

  it('says what does not exist there', async () => {
    const place = { offer: await remote.remote.offer(anything()) };
    expect(lossesThere({ ...definition, batching: { ...DEFAULTS.batching, enabled: false } }, place)).toEqual([]);
    const lines = lossesThere(
      {
        ...definition,
        port: 8080,
        token: 'TOKEN',
        environment: { requirements: 'r.txt', variables: { A: '1' }, secrets: ['B'] },
        reload: true,
        replicas: { min: 1, max: 4 },
      },
      place,
    );
    expect(lines.join('\n')).toMatch(
      /r\.txt[\s\S]*A, B[\s\S]*8080[\s\S]*TOKEN[\s\S]*More than 1[\s\S]*Batching[\s\S]*Reload/,
    );
  });
});

describe('moving back', () => {
  it('takes what is here, and fetches what is not', async () => {
    server.add('iris', 'Running', { artifactVersion: 3 });
    server.files.add('Models/iris/1/Artifacts/3/predictor-predict.py', 'class Predict:\n    there = 1\n');
    const there = (await remote.servings(anything()))[0]?.definition ?? definition;
    const around = { folder: root, models: [], scripts: [] };
    const found = await toLocal(there, 'process', around);
    expect(found).toMatchObject({
      lacks: { model: true, script: false },
      definition: { script: SCRIPT, backend: 'process' },
    });
    expect(lossesHere(there).join('\n')).toMatch(/iris-inf4821/);
    await rm(join(root, SCRIPT));
    const lacking = await toLocal(there, 'process', { ...around, scripts: ['lib/other.py'] });
    const fetched: string[] = [];
    const takeBack = await fetchLacking(
      there,
      lacking,
      {
        ...around,
        remote: remote.remote,
        download: ({ name, version }) => Promise.resolve(void fetched.push(`${name} ${version}`)),
      },
      operation(),
    );
    expect(fetched).toEqual(['iris 1']);
    expect(await readFile(join(root, SCRIPT), 'utf8')).toContain('there = 1');
    await takeBack();
    await expect(readFile(join(root, SCRIPT), 'utf8')).rejects.toThrow();
  });

  it('fetches nothing when a script is nowhere', async () => {
    server.add('iris', 'Running', { predictor: 'gone.py' });
    const there = (await remote.servings(anything()))[0]?.definition ?? definition;
    const around = { folder: root, models: [], scripts: [] };
    const lacking = await toLocal(there, 'process', around);
    const parts = { ...around, remote: remote.remote, download: () => Promise.resolve() };
    expect((await errorOf(fetchLacking(there, lacking, parts, operation()))).message).toContain('gone.py');
  });
});
