import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { ModelStore } from '../../../src/app/modelStore';
import type { RegistryStore } from '../../../src/app/registryStore';
import { isCancelled } from '../../../src/core/errors';
import type { ModelVersion } from '../../../src/core/model';
import type { Registry, RegistryExport, RegistryVersion } from '../../../src/core/registry';
import { registryCommands } from '../../../src/ui/commands/registryCommands';
import type { Targets } from '../../../src/ui/commands/target';
import { ScriptedPrompts, type Answer } from '../../fakes/scriptedPrompts';
import { makeFolder, write } from '../models/folders';

const { said, opened } = vi.hoisted(() => ({ said: [] as string[], opened: [] as string[] }));
vi.mock('vscode', () => ({
  ProgressLocation: { Notification: 15 },
  Uri: { parse: (text: string) => text },
  env: {
    openExternal: (page: string) => Promise.resolve(opened.push(page)),
    clipboard: { writeText: (text: string) => Promise.resolve(opened.push(text)) },
  },
  window: {
    setStatusBarMessage: (text: string) => said.push(text),
    withProgress: (_options: unknown, work: (progress: unknown, token: unknown) => unknown) =>
      work({ report: () => undefined }, { onCancellationRequested: () => ({ dispose: () => undefined }) }),
  },
}));

let folder: string;
let local: ModelVersion;
let exports: RegistryExport[];
let connections: string[];
let refreshed: string[];
let revealed: ModelVersion[];
let known: readonly ModelVersion[];
const from: RegistryVersion = {
  name: 'iris',
  version: 2,
  metrics: { f1: 0.5 },
  path: '/Projects/demo/Models/iris/2',
  page: 'https://hw/p/1/models/iris/2',
};
const row = { remote: { connection: 'c1', version: from } };

beforeEach(async () => {
  [said.length, opened.length] = [0, 0];
  folder = await makeFolder();
  await write(folder, { 'Models/iris/1/model.pkl': 'x', 'Models/iris/1/model.json': '{}' });
  const metadata = { framework: 'XGBOOST', metrics: { f1: 0.9 }, description: 'flowers' } as const;
  local = { name: 'iris', version: 1, folder, directory: `${folder}/Models/iris/1`, metadata };
  [exports, connections, refreshed, revealed, known] = [[], ['c1'], [], [], [local]];
});

async function run(id: string, script: readonly (readonly [string, Answer])[], target?: unknown): Promise<void> {
  const registry = (connection: string): Registry => ({
    connection: { id: connection, project: `project_${connection}`, address: 'https://hw' },
    numbers: (name: string) => Promise.resolve(name === 'iris' ? [4, 2] : []),
    exportVersion: (request: RegistryExport) => Promise.resolve(void exports.push(request)),
    download: (_from: unknown, into: string) => write(into, { 'model.pkl': 'theirs' }),
    page: () => Promise.reject(new Error('not asked')),
    versions: () => Promise.reject(new Error('not asked')),
  });
  const prompts = new ScriptedPrompts(script);
  const commands = registryCommands({
    registries: {
      list: () => connections.map((each) => registry(each)),
      registry,
      refresh: (connection: string) => Promise.resolve(void refreshed.push(connection)),
      openModel: (connection: string, name: string) => refreshed.push(`${connection} ${name}`),
      more: (connection: string) => Promise.resolve(void refreshed.push(`${connection} more`)),
    } as unknown as RegistryStore,
    models: {
      refresh: () => Promise.resolve(),
      of: () => [{ name: 'iris', versions: known }],
    } as unknown as ModelStore,
    prompts,
    targets: {
      versionFor: () => Promise.resolve(local),
      folderFor: () => Promise.resolve({ name: 'w', path: folder }),
    } as unknown as Targets,
    revealVersion: (version) => Promise.resolve(void revealed.push(version)),
  });
  const handler = commands[`modelServing.registry.${id}` as keyof typeof commands];
  await handler(target);
  prompts.end();
}

describe('export to the registry', () => {
  it('proposes the next number there, and what the local version says of itself', async () => {
    const title = 'Export to project_c1';
    await run('export', [
      [title, 'enter'],
      [title, 'enter'],
    ]);
    expect(exports).toMatchObject([
      {
        name: 'iris',
        version: 5,
        overwrite: false,
        metadata: { framework: 'XGBOOST', description: 'flowers', metrics: { f1: 0.9 } },
      },
    ]);
    expect(exports[0]?.files.map(({ name }) => name)).toEqual(['model.json', 'model.pkl']);
    expect(refreshed).toEqual(['c1', 'c1 iris']);
    expect(said).toEqual(['Exported iris version 5 to project_c1']);
  });

  it('asks which connection, and before it replaces a version', async () => {
    connections = ['c1', 'c2'];
    const title = 'Export to project_c2';
    await run('export', [
      ['Export to Hopsworks', { pick: 'project_c2' }],
      [title, 'enter'],
      [title, { pick: 'Version' }],
      ['Version', { pick: 'Version 2' }],
      [title, 'enter'],
      ['Replace iris version 2 in project_c2?', 'yes'],
    ]);
    expect(exports).toMatchObject([{ version: 2, overwrite: true }]);
    const left = run('export', [['Export to Hopsworks', 'leave']]);
    expect(isCancelled(await left.catch((error: unknown) => error))).toBe(true);
  });

  it('starts another model with version 1, and says when there is no connection', async () => {
    const title = 'Export to project_c1';
    await run('export', [
      [title, { type: 'other' }],
      [title, 'enter'],
    ]);
    expect(exports).toMatchObject([{ name: 'other', version: 1 }]);
    connections = [];
    await expect(run('export', [])).rejects.toMatchObject({ code: 'notFound' });
  });
});

describe('a version of the registry', () => {
  it('is downloaded under its own number', async () => {
    await run('download', [], row);
    expect(revealed).toMatchObject([{ name: 'iris', version: 2, metadata: { metrics: { f1: 0.5 } } }]);
  });

  it('is downloaded beside or in place of one that is there, as one chooses', async () => {
    known = [{ ...local, version: 2 }];
    const there = 'iris version 2 is in w already';
    await run('download', [[there, { pick: 'Download as Version 2' }]], row);
    await run('download', [[there, { pick: 'Replace Version 2' }]], row);
    await run('download', [[there, { pick: 'Download as Version 3' }]], row);
    expect(revealed.map(({ version }) => version)).toEqual([2, 2, 3]);
  });

  it('has a page and a path; what is no row is refused', async () => {
    await run('openPage', [], row);
    await run('copyPath', [], row);
    expect(opened).toEqual([from.page, from.path]);
    await run('showMore', [], 'c1');
    expect(refreshed).toEqual(['c1 more']);
    await expect(run('openPage', [], {})).rejects.toMatchObject({ code: 'notFound' });
  });
});
