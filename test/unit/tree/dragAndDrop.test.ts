import { describe, expect, it, vi } from 'vitest';
import type * as vscode from 'vscode';
import { ModelsDragAndDrop, ServingsDragAndDrop } from '../../../src/ui/tree/dragAndDrop';
import {
  addressesOf,
  FILES_MIME,
  modelsOf,
  MODELS_MIME,
  SERVINGS_MIME,
  servingsOf,
} from '../../../src/ui/tree/dropped';
import { Row, type Node } from '../../../src/ui/tree/node';

vi.mock('vscode', async () => (await import('./vscode')).makeVscode());

const version = { name: 'iris', version: 1, folder: '/w', directory: '/w/Models/iris/1', metadata: {} };
const versionNode = { id: 'v', version } as unknown as Node;
const file = (name: string) =>
  ({ id: name, parent: versionNode, uri: { scheme: 'file', fsPath: `/w/Models/iris/1/${name}` } }) as unknown as Node;
const row = (node: Partial<Node>): Row => new Row({ id: 'r', ...node } as Node, undefined);
const on = (place: string): Row => row({ place: place as never });
const ref = (name: string, backend = 'process:/w') => ({ backend, name }) as never;

/** A drag that carries texts by their kinds; what VS Code itself says of a drag comes first. */
function carrying(texts: Readonly<Record<string, string>>): vscode.DataTransfer {
  const items: [string, unknown][] = Object.entries(texts).map(([mime, text]) => [
    mime,
    { asString: () => Promise.resolve(text) },
  ]);
  return {
    get: (mime: string) => items.find(([kind]) => kind === mime)?.[1],
    set: (mime: string, item: unknown) => items.push([mime, item]),
    [Symbol.iterator]: () => items[Symbol.iterator](),
  } as unknown as vscode.DataTransfer;
}

/** As VS Code begins a drag from the Models view. */
const begun = (): vscode.DataTransfer =>
  carrying({ [MODELS_MIME]: '{"id":"modelServing.models","itemHandles":["1/v"]}' });

function views() {
  const ran: unknown[][] = [];
  const run = (...args: unknown[]): Promise<void> => {
    ran.push(args);
    return Promise.resolve();
  };
  return { ran, servings: new ServingsDragAndDrop(run), models: new ModelsDragAndDrop(run) };
}

describe('onto a place of the Servings view', () => {
  it('a model version is served there: the wizard begins with both', async () => {
    const { ran, servings, models } = views();
    const data = begun();
    models.handleDrag([row({ version })], data);
    await servings.handleDrop(on('docker:/w'), data);
    expect(ran).toEqual([
      ['modelServing.serving.create', { model: { folder: '/w', name: 'iris', version: 1 }, place: 'docker:/w' }],
    ]);
  });

  it('a script is served there, from the Models view or the Explorer', async () => {
    const { ran, servings, models } = views();
    const data = begun();
    models.handleDrag([new Row(file('iris.py'), undefined)], data);
    await servings.handleDrop(on('docker:/w'), data);
    await servings.handleDrop(undefined, carrying({ [FILES_MIME]: 'file:///w/a%20b.py\r\nfile:///w/notes.txt' }));
    expect(ran).toMatchObject([
      ['modelServing.serving.create', { model: { name: 'iris' }, uri: { fsPath: '/w/Models/iris/1/iris.py' } }],
      ['modelServing.serving.create', { uri: { fsPath: '/w/a b.py' } }],
    ]);
    expect(ran[1]?.[1]).not.toHaveProperty('place');
  });

  it('servings move there, those that are there already stay', async () => {
    const { ran, servings } = views();
    const data = carrying({});
    servings.handleDrag([row({ ref: ref('a') }), row({ ref: ref('b', 'docker:/w') }), row({})], data);
    await servings.handleDrop(on('docker:/w'), data);
    expect(ran).toEqual([['modelServing.serving.moveTo', ref('a'), { place: 'docker:/w' }]]);
    await servings.handleDrop(undefined, data);
    expect(ran).toHaveLength(1);
  });

  it('anything else does nothing', async () => {
    const { ran, servings } = views();
    for (const text of ['', 'null', '{"backend":"x"}', '[1, null, {}]', 'no JSON']) {
      await servings.handleDrop(on('docker:/w'), carrying({ [SERVINGS_MIME]: text, [MODELS_MIME]: text }));
    }
    await servings.handleDrop(on('docker:/w'), carrying({ [FILES_MIME]: 'https://example.com/a.py\nfile:///w/m.pkl' }));
    expect(ran).toEqual([]);
  });
});

describe('onto the Models view', () => {
  it('files of the Explorer are exported, one after another', async () => {
    const { ran, models } = views();
    await models.handleDrop(
      undefined,
      carrying({ [FILES_MIME]: '# two\nfile:///w/iris_knn.pkl\nfile:///w/churn.onnx\n' }),
    );
    expect(ran.map(([id, uri]) => [id, (uri as vscode.Uri).fsPath])).toEqual([
      ['modelServing.model.export', '/w/iris_knn.pkl'],
      ['modelServing.model.export', '/w/churn.onnx'],
    ]);
  });

  it('what is dragged within the view is a model already', async () => {
    const { ran, models } = views();
    const data = carrying({ [FILES_MIME]: 'file:///w/Models/iris/1/model.pkl' });
    models.handleDrag([new Row(file('model.pkl'), undefined)], data);
    await models.handleDrop(undefined, data);
    expect(ran).toEqual([]);
  });
});

it('what a drag says is looked at before it is believed', () => {
  expect(modelsOf('[{"folder": "/w", "name": "x", "version": "1"}]')).toEqual([]);
  expect(servingsOf('[{"backend": 1, "name": "x"}]')).toEqual([]);
  expect(addressesOf('\r\n# a\r\nfile:///a\r\n')).toEqual(['file:///a']);
});
