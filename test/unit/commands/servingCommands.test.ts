import { expect, it, vi } from 'vitest';
import type { BackendRegistry } from '../../../src/app/backendRegistry';
import type { Servings } from '../../../src/app/servings';
import type { BuildPlan, Operation } from '../../../src/core/backend';
import { DEFAULTS, type ServingDefinition } from '../../../src/core/definition';
import type { Serving, ServingRef } from '../../../src/core/serving';
import { type ServingCommandParts, servingCommands } from '../../../src/ui/commands/servingCommands';
import type { Targets } from '../../../src/ui/commands/target';
import { type Answer, ScriptedPrompts } from '../../fakes/scriptedPrompts';
import { parseUri, type Uri } from '../platform/fakeUri';

const { shown, editor } = vi.hoisted(() => ({
  shown: [] as unknown[][],
  editor: { remoteName: undefined as string | undefined },
}));
vi.mock('vscode', () => ({
  ProgressLocation: { Notification: 15 },
  Uri: { file: (path: string) => path, parse: (url: string) => parseUri(url) },
  UIKind: { Desktop: 1, Web: 2 },
  env: {
    get remoteName() {
      return editor.remoteName;
    },
    uiKind: 1,
    asExternalUri: (asked: Uri) => Promise.resolve(asked.with({ authority: '127.0.0.1:51234' })),
    clipboard: { writeText: (text: string) => Promise.resolve(shown.push(['copied', text])) },
  },
  window: {
    withProgress: (_: unknown, work: (progress: unknown, token: unknown) => unknown) =>
      work({ report: () => undefined }, { onCancellationRequested: () => ({ dispose: () => undefined }) }),
    showTextDocument: (file: string) => Promise.resolve(shown.push(['opened', file])),
    showInformationMessage: (message: string, button: string) => {
      shown.push(['message', message]);
      return Promise.resolve(button);
    },
    setStatusBarMessage: (text: string) => shown.push(['status', text]),
    createTerminal: () => ({
      show: () => undefined,
      sendText: (text: string, send: boolean) => shown.push(['terminal', text, send]),
    }),
  },
}));

const ref = { backend: 'docker:1', name: 'iris' } as ServingRef;
const definition: ServingDefinition = {
  ...DEFAULTS,
  name: 'iris',
  backend: 'docker',
  model: { name: 'iris', version: 1 },
  script: 'Models/iris/1/iris.py',
};
const plan: BuildPlan = { base: 'python:3.11-slim', lines: ['six'], text: 'six\n' };

function setUp(serving: Partial<Serving>, ...answers: readonly (readonly [string, Answer])[]) {
  shown.length = 0;
  const done: unknown[][] = [];
  const prompts = new ScriptedPrompts(answers);
  const it: Serving = { ref, kind: 'docker', state: 'running', definition, differences: [], ...serving };
  let asked: Promise<boolean> | undefined;
  const take = (...what: unknown[]): Promise<void> => {
    const { confirmBuild } = what.at(-1) as Operation;
    done.push(what.slice(0, -1));
    asked = confirmBuild?.(plan);
    return asked?.then(() => undefined) ?? Promise.resolve();
  };
  const table = servingCommands({
    prompts,
    registry: { folderOf: () => ({ name: 'w', path: '/w' }) } as unknown as BackendRegistry,
    targets: {
      servingFor: () => Promise.resolve(it),
      servingsFor: () => Promise.resolve([it]),
    } as unknown as Targets,
    servings: {
      start: (each: ServingRef, operation: Operation) => take('start', each.name, operation),
      restart: (each: ServingRef, operation: Operation) => take('restart', each.name, operation),
      update: (_: ServingRef, to: ServingDefinition, operation: Operation) =>
        take('update', to.resources.memoryMb, operation),
    } as unknown as Servings,
    secrets: { askMissing: () => Promise.resolve() },
    requirementsFile: (folder: string, script: string) => Promise.resolve(`${folder}/${script}/requirements.txt`),
  } as unknown as ServingCommandParts);
  return { table, done, prompts, answer: () => asked };
}

const BUILD = 'Build the environment of iris?';

it('a start asks before a first build, and opens the requirements', async () => {
  const yes = setUp({ state: 'stopped' }, [BUILD, { pick: 'Build' }]);
  await yes.table['modelServing.serving.start']();
  expect(await yes.answer()).toBe(true);
  const look = setUp({ state: 'stopped' }, [BUILD, { pick: 'Open as File' }]);
  await look.table['modelServing.serving.start']();
  expect(await look.answer()).toBe(false);
  expect(shown).toEqual([['opened', '/w/Models/iris/1/iris.py/requirements.txt']]);
});

it('a restart does not ask', async () => {
  const { table, done, answer } = setUp({});
  await table['modelServing.serving.restart']();
  expect(done).toEqual([['restart', 'iris']]);
  expect(answer()).toBeUndefined();
});

it('the button beside a failure for memory asks for the limit only, and starts what does not run', async () => {
  const limit = ['Memory of iris', 'enter'] as const;
  const runs = setUp({}, limit, [BUILD, { pick: 'Build' }]);
  await runs.table['modelServing.serving.edit'](ref, 'resources.memoryMb');
  expect(runs.done).toEqual([['update', 2048]]);
  const failed = setUp({ state: 'failed' }, limit, [BUILD, { pick: 'Build' }], [BUILD, { pick: 'Build' }]);
  await failed.table['modelServing.serving.edit'](ref, 'resources.memoryMb');
  expect(failed.done).toEqual([
    ['update', 2048],
    ['start', 'iris'],
  ]);
  failed.prompts.end();
});

it('an endpoint is copied as the computer of the person reaches it', async () => {
  const run = { startedAt: new Date(), stages: [], replicas: [] };
  const endpoint = { host: '127.0.0.1', port: 1, url: 'http://127.0.0.1:1/v1/models/iris' };
  editor.remoteName = 'ssh-remote';
  await setUp({ run: { ...run, endpoint } }).table['modelServing.serving.copyEndpoint']();
  editor.remoteName = undefined;
  expect(shown[0]).toEqual(['copied', 'http://127.0.0.1:51234/v1/models/iris:predict']);
});

it('an endpoint on another computer is copied with the way to it', async () => {
  const run = { startedAt: new Date(), stages: [], replicas: [] };
  const endpoint = { host: '127.0.0.1', port: 1, url: 'http://127.0.0.1:1/v1/models/iris' };
  await setUp({ run: { ...run, endpoint } }).table['modelServing.serving.copyEndpoint']();
  expect(shown.map(([kind]) => kind)).toEqual(['copied', 'status']);
  const elsewhere = { host: 'far', command: 'ssh -N -L 1:127.0.0.1:1 far' };
  await setUp({ run: { ...run, endpoint: { ...endpoint, elsewhere } } }).table['modelServing.serving.copyEndpoint']();
  await vi.waitFor(() => {
    expect(shown).toEqual([
      ['copied', `${endpoint.url}:predict`],
      [
        'message',
        `Copied ${endpoint.url}:predict. It answers on far only; to reach it from here: ${elsewhere.command}`,
      ],
      ['terminal', elsewhere.command, false],
    ]);
  });
});
