import { expect, it, vi } from 'vitest';
import type { ServingDefinition } from '../../../src/core/definition';
import { createServing, type Begun, type MakeParts } from '../../../src/ui/commands/makeServing';
import { failure } from '../../contract/backend.contract';
import { type Answer, ScriptedPrompts } from '../../fakes/scriptedPrompts';
import { entryOf, FixedStore } from '../tree/support';

vi.mock('vscode', () => ({
  ProgressLocation: { Notification: 15 },
  window: {
    withProgress: (_: unknown, work: (progress: unknown, token: unknown) => unknown) =>
      work({ report: () => undefined }, { onCancellationRequested: () => ({ dispose: () => undefined }) }),
  },
}));

const SCRIPTS = ['/w/Models/iris/1/iris.py', '/w/Models/iris/2/a.py', '/w/Models/iris/2/b.py'];
const NOTHING: Begun = {
  file: undefined,
  connection: undefined,
  version: undefined,
  place: undefined,
  model: undefined,
};

/** Creates what was dropped; gives what was made, and where. */
async function drop(begun: Partial<Begun>, ...answers: readonly (readonly [string, Answer])[]) {
  const store = new FixedStore([entryOf('process'), entryOf('docker')]);
  const made: { backend: string; definition: ServingDefinition }[] = [];
  const folder = { name: 'w', path: '/w' };
  const prompts = new ScriptedPrompts(answers);
  const models = [1, 2].map((version) => ({
    name: 'iris',
    version,
    folder: '/w',
    directory: `/w/Models/iris/${version}`,
    metadata: {},
  }));
  const parts = {
    prompts,
    kafka: { broker: { connection: () => undefined } },
    registry: { all: () => store.entries },
    store: Object.assign(store, { serving: () => undefined }),
    models: {
      refresh: () => Promise.resolve(),
      of: () => [{ name: 'iris', folder: '/w', directory: '/w/Models/iris', versions: models }],
    },
    targets: { folderFor: () => Promise.resolve(folder) },
    servings: {
      create: (backend: string, definition: ServingDefinition) => {
        made.push({ backend, definition });
        return Promise.resolve({ backend, name: definition.name });
      },
    },
    findScripts: () => Promise.resolve(SCRIPTS),
    artifacts: () => Promise.resolve([]),
    ensureRequirements: () => Promise.resolve(),
    openPanel: () => undefined,
    start: () => Promise.resolve(),
  } as unknown as MakeParts;
  await createServing(parts, { ...NOTHING, ...begun });
  prompts.end();
  return made[0]!;
}

const TITLE = 'Create Serving';
const THROUGH = [
  [TITLE, 'enter'],
  [TITLE, 'enter'],
] as const;
const model = (version: number) => ({ folder: '/w', name: 'iris', version });

it('a model version that was dropped on Docker is served there by its script: only the name is asked', async () => {
  const { backend, definition } = await drop({ model: model(1), place: 'docker:/w' as never }, ...THROUGH);
  expect(backend).toBe('docker:/w');
  expect(definition).toMatchObject({
    backend: 'docker',
    script: 'Models/iris/1/iris.py',
    model: { name: 'iris', version: 1 },
  });
});

it('one with several scripts is asked which, among its own', async () => {
  const { definition } = await drop({ model: model(2) }, [TITLE, { pick: 'b.py' }], ...THROUGH);
  expect(definition).toMatchObject({ backend: 'process', script: 'Models/iris/2/b.py', model: { version: 2 } });
});

it('one without a script says so, with the way to one', async () => {
  const error = await failure(drop({ model: model(3), place: 'docker:/w' as never }));
  expect(error.message).toBe('Could not serve iris version 3: no Predict script lies beside it');
  expect(error.remedies).toEqual([{ kind: 'createScript' }]);
});

it('a script that was dropped is served there', async () => {
  const { backend } = await drop({ file: '/w/Models/iris/1/iris.py', place: 'docker:/w' as never }, ...THROUGH);
  expect(backend).toBe('docker:/w');
});
