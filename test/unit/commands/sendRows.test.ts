import path from 'node:path';
import { beforeEach, expect, it, vi } from 'vitest';
import type { RowsRequest } from '../../../src/app/requests/rows/rowsRequest';
import type { Serving } from '../../../src/core/serving';
import { sendRows, type SendRowsParts } from '../../../src/ui/commands/sendRows';
import { ScriptedPrompts, type Answer } from '../../fakes/scriptedPrompts';
import { facts } from '../../webview/fixtures/servings';

const FLOWERS = path.join(import.meta.dirname, '../../fixtures/rows/flowers.parquet');

const editor = vi.hoisted((): { active: unknown; found: string[] } => ({ active: undefined, found: [] }));
vi.mock('vscode', () => ({
  ProgressLocation: { Notification: 15 },
  window: {
    get activeTextEditor() {
      return editor.active;
    },
    withProgress: (_options: unknown, work: (...args: unknown[]) => unknown) =>
      work({ report: () => undefined }, { onCancellationRequested: () => ({ dispose: () => undefined }) }),
  },
  workspace: {
    findFiles: () => Promise.resolve(editor.found.map((fsPath) => ({ fsPath, scheme: 'file' }))),
    asRelativePath: (file: string) => file,
  },
}));

beforeEach(() => {
  editor.active = undefined;
  editor.found = [];
});

function setUp(answers: readonly (readonly [string, Answer])[], change: Partial<Serving> = {}) {
  const { serving, actions } = facts('running', 0);
  const loaded = { features: 2, featureNames: ['sepal_length', 'petal_width'], verbs: [] };
  const run = serving.run && { ...serving.run, loaded };
  const shown: RowsRequest[] = [];
  const prompts = new ScriptedPrompts(answers);
  const it = { ...serving, ...(run ? { run } : {}), ...change };
  const parts: SendRowsParts = {
    servings: { openApi: () => Promise.reject(new Error('none')) },
    store: { actions: () => (it.state === 'running' ? actions : []) },
    targets: { servingFor: () => Promise.resolve(it) } as never,
    prompts,
    folders: () => [],
    show: (_ref, request) => shown.push(request),
  };
  return { parts, shown, prompts };
}

const uri = (fsPath: string) => ({ fsPath, scheme: 'file' });
const many = (count: string) => ['Send Rows', { type: count }] as const;

it('rows of a file of the Explorer become a request with the features in their order', async () => {
  const { parts, shown, prompts } = setUp([['Send Rows', { refused: '0', with: /from 1 to/, then: '2' }]]);
  await sendRows(parts, [uri(FLOWERS)]);
  expect(JSON.parse(shown[0]?.body ?? '')).toEqual({
    inputs: [
      [4.5, 0.1],
      [5, 1.1],
    ],
  });
  expect(shown[0]?.notes).toEqual([
    'The first 2 rows of 150 of flowers.parquet.',
    'Left out: id, species, fresh, picked.',
  ]);
  prompts.end();
});

it('from the panel the file is asked for, among those of the folders or elsewhere', async () => {
  editor.found = ['/w/other.csv', FLOWERS];
  const { serving } = facts('running', 0);
  const known = setUp([['Send Rows', { pick: 'flowers.parquet' }], many('1')]);
  await sendRows(known.parts, [serving.ref]);
  expect(known.shown).toHaveLength(1);
  const wrong = setUp([
    ['Send Rows', { pick: 'Browse…' }],
    ['Send Rows', { file: '/w/notes.txt' }],
  ]);
  await expect(sendRows(wrong.parts, [serving.ref])).rejects.toThrow('neither CSV nor Parquet');
});

it('a selection is taken by whole lines, below the header, without a question', async () => {
  const lines = ['petal_width;sepal_length;x', '0,1;5;a', '0,2;6;b', '0,3;7;c'];
  const at = (line: number, character: number) => ({ line, character });
  editor.active = {
    document: { uri: uri('/w/iris.csv'), lineAt: (line: number) => ({ text: lines[line] }) },
    selections: [
      { start: at(1, 3), end: at(3, 0), isEmpty: false },
      { start: at(2, 0), end: at(2, 0), isEmpty: true },
    ],
  };
  const { parts, shown, prompts } = setUp([]);
  await sendRows(parts, [uri('/w/iris.csv')]);
  // From the palette, too.
  await sendRows(parts, []);
  expect(shown[1]).toEqual(shown[0]);
  expect(JSON.parse(shown[0]?.body ?? '')).toEqual({
    inputs: [
      [5, 0.1],
      [6, 0.2],
    ],
  });
  expect(shown[0]?.notes).toEqual(['2 rows of the selection in iris.csv: all of them.', 'Left out: x.']);
  prompts.end();
});

it('a serving that does not run is told, before anything is asked', async () => {
  const { parts } = setUp([], { state: 'stopped' });
  await expect(sendRows(parts, [uri(FLOWERS)])).rejects.toMatchObject({
    code: 'unavailable',
    remedies: [{ kind: 'start' }],
  });
});
