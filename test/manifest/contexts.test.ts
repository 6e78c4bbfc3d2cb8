import { describe, expect, it, vi } from 'vitest';
import type * as vscode from 'vscode';
import type { BackendServings, ServingStore } from '../../src/app/servingStore';
import type { ModelStore } from '../../src/app/modelStore';
import { allowedActions } from '../../src/core/actions';
import type { Capability } from '../../src/core/backend';
import { Emitter } from '../../src/core/events';
import { DEFAULTS } from '../../src/core/definition';
import type { ModelVersion } from '../../src/core/model';
import type { Replica, Serving, ServingState } from '../../src/core/serving';
import { PLAIN } from '../../src/ui/tree/arrangement';
import { modelRoots } from '../../src/ui/tree/modelNodes';
import { Row, type Node } from '../../src/ui/tree/node';
import { NodeTree } from '../../src/ui/tree/nodeTree';
import { registryNodes, type RegistryReader } from '../../src/ui/tree/registryNodes';
import { servingRoots } from '../../src/ui/tree/servingRoots';
import { holds, manifest, textOf } from './manifest';

vi.mock('vscode', () => import('./vscodeFake'));

const STATES: readonly ServingState[] = [
  'creating',
  'stopped',
  'starting',
  'running',
  'idle',
  'updating',
  'stopping',
  'failed',
  'unknown',
];
/** As the backends say them: Docker has all that processes have, Hopsworks has some of its own. */
const CAPABILITIES = new Set(
  ['docker/dockerBackend.ts', 'hopsworks/hopsworksBackend.ts'].flatMap((file) => {
    const said = /capabilities: .*?new Set<Capability>\(\[([^\]]*)\]/s.exec(textOf(`src/backends/${file}`))?.[1] ?? '';
    return [...said.matchAll(/'(\w+)'/g)].map(([, name]) => name as Capability);
  }),
);
const version: ModelVersion = {
  name: 'iris',
  version: 1,
  folder: '/w',
  directory: '/w/Models/iris/1',
  metadata: { framework: 'SKLEARN', metrics: { accuracy: 0.97 } },
};

function serving(state: ServingState, replicas: readonly Replica[]): Serving {
  return {
    ref: { backend: 'process:/w' as Serving['ref']['backend'], name: `s${state}` },
    kind: 'process',
    state,
    differences: [{ what: 'script', text: 'edited 14:28' }],
    definition: { ...DEFAULTS, name: `s${state}`, model: { name: 'iris', version: 1 }, script: 'a.py' },
    run: { startedAt: new Date(), stages: [], replicas },
  };
}

const ORPHAN: Serving = {
  ...serving('running', []),
  ref: { backend: 'process:/w' as Serving['ref']['backend'], name: 'orphan' },
  isOrphan: true,
};

function servingStore(): ServingStore {
  const replicas = (['starting', 'ready', 'failed', 'stopping'] as const).map((state, n): Replica => ({
    number: n + 1,
    state,
    restarts: n,
    requests: 0,
  }));
  const entry = {
    backend: { id: 'process:/w', kind: 'process', label: 'This computer' },
    servings: [...STATES.map((state) => serving(state, replicas)), ORPHAN],
    error: 'could not be read',
    availability: { kind: 'missing', message: 'There is no Python' },
  } as unknown as BackendServings;
  const elsewhere = {
    backend: { id: 'hopsworks:c1', kind: 'hopsworks', label: 'demo (hw.example.com)' },
    servings: [{ ...serving('running', []), kind: 'hopsworks' }],
    availability: { kind: 'signedOut', message: 'Nobody is signed in' },
  } as unknown as BackendServings;
  const docker = {
    backend: { id: 'docker:/w', kind: 'docker', label: 'Docker' },
    servings: [{ ...serving('unknown', []), ref: { backend: 'docker:/w', name: 'away' }, kind: 'docker' }],
    availability: { kind: 'stopped', message: 'No engine answers' },
  } as unknown as BackendServings;
  return {
    backends: () => [entry, docker, elsewhere],
    actions: ({ state, isOrphan }: Serving) => allowedActions(state, CAPABILITIES, isOrphan),
    progress: () => undefined,
  } as unknown as ServingStore;
}

function modelNodes(folders: number, registries: readonly Node[] = []): readonly Node[] {
  const model = { name: 'iris', folder: '/w', directory: '/w/Models/iris', versions: [version] };
  const many = Array.from({ length: 1001 }, (_, n) => ({ ...model, directory: `/w/Models/iris${n}` }));
  const store = {
    folders: () =>
      Array.from({ length: folders }, (_, n) => ({
        folder: { name: `w${n}`, path: `/w${n}` },
        models: many,
        error: 'could not be read',
      })),
  } as unknown as ModelStore;
  return modelRoots(
    store,
    {
      files: () =>
        Promise.resolve(
          (['script', 'model', 'requirements', 'metadata', 'other'] as const).map((kind) => ({
            kind,
            name: kind,
            path: `/w/Models/iris/1/${kind}`,
            bytes: 1,
          })),
        ),
      artifacts: () => Promise.resolve([{ number: 1, directory: '/w/Models/iris/1/Artifacts/1' }]),
      servedBy: () => 1,
    },
    { pages: 1 },
    registries,
  );
}

function registryStore(): RegistryReader {
  const connection = (id: string) => ({ id, address: 'https://hw.example.com', project: 'demo' });
  const remote = { ...version, metrics: { f1: 0.5 }, path: '/Projects/demo/Models/iris/1', page: 'https://hw/p' };
  const problem = { code: 'signedOut', message: 'Nobody is signed in' } as const;
  const nothing = { isLoading: false, loaded: 0, total: 0 };
  const models = [{ name: 'iris', versions: [remote], isWhole: true, problem }];
  return {
    list: () => [
      { ...nothing, connection: connection('c1') },
      { ...nothing, connection: connection('c2'), models: [] },
      { ...nothing, connection: connection('c3'), problem },
      { connection: connection('c4'), isLoading: false, loaded: 1, total: 2, models },
    ],
    open: () => undefined,
    openModel: () => undefined,
  };
}

/** The items of all nodes below; of many siblings the first two and the last. */
async function itemsBelow(nodes: readonly Node[]): Promise<readonly vscode.TreeItem[]> {
  const some = nodes.length > 50 ? [...nodes.slice(0, 2), ...nodes.slice(-1)] : nodes;
  const below = await Promise.all(some.map(async (node) => itemsBelow((await node.children?.()) ?? [])));
  return [...some.map((node) => node.toItem()), ...below.flat()];
}

async function contextsOf(view: string): Promise<readonly string[]> {
  const trees =
    view === 'modelServing.servings'
      ? (['backend', 'model', 'state'] as const).map((grouping) =>
          servingRoots(servingStore(), new Map(), { ...PLAIN, grouping }),
        )
      : [modelNodes(1), modelNodes(2), registryNodes(registryStore())];
  const found = (await Promise.all(trees.map(itemsBelow))).flat();
  return [...new Set(found.map(({ contextValue }) => contextValue ?? ''))];
}

const VIEWS = ['modelServing.servings', 'modelServing.models'];
const items = manifest.contributes.menus['view/item/context'] ?? [];

describe('context values', () => {
  it('come from the capabilities of the real backend', () => {
    expect(CAPABILITIES.has('predict')).toBe(true);
  });

  it('are tokens closed by ;', async () => {
    for (const contexts of await Promise.all(VIEWS.map(contextsOf))) {
      for (const context of contexts) {
        expect(context).toMatch(/^$|^(;[\w-]+)+;$/);
      }
    }
  });

  it('make every menu item reachable, in its own view only', async () => {
    const contexts = new Map(await Promise.all(VIEWS.map(async (view) => [view, await contextsOf(view)] as const)));
    for (const { command, when = '' } of items) {
      const reached = VIEWS.filter((view) => contexts.get(view)?.some((viewItem) => holds(when, { view, viewItem })));
      expect(reached, `${command}: ${when}`).toHaveLength(1);
    }
  });

  it('open definitions and scripts only where there are files, and sign out only where there is a connection', async () => {
    const view = 'modelServing.servings';
    const reached = async (id: string): Promise<string> =>
      (await contextsOf(view))
        .filter((viewItem) => items.some(({ command, when = '' }) => command === id && holds(when, { view, viewItem })))
        .join(' ');
    expect(await reached('modelServing.serving.openScript')).not.toContain('hopsworks');
    expect(await reached('modelServing.serving.openDefinition')).not.toContain('hopsworks');
    expect(await reached('modelServing.connection.signOut')).toBe(';backend;hopsworks;');
  });

  it('have no action without a menu item', () => {
    const actions = new Set(
      STATES.flatMap((state) => [false, true].flatMap((isOrphan) => allowedActions(state, CAPABILITIES, isOrphan))),
    );
    const asked = items.map(({ when = '' }) => when).join('\n');
    for (const action of actions) {
      expect(asked, action).toContain(`;${action};`);
    }
  });

  it('ask for tokens that some node has', async () => {
    const tokens = new Set((await Promise.all(VIEWS.map(contextsOf))).flatMap((all) => all.join('').split(';')));
    for (const { when = '' } of items) {
      for (const [, token = ''] of when.matchAll(/;([\w-]+);/g)) {
        expect(tokens.has(token), token).toBe(true);
      }
    }
  });

  it('hold beside those only what kind of node it is', async () => {
    const asked = items.map(({ when = '' }) => when).join('\n');
    const all = (await Promise.all(VIEWS.map(contextsOf))).flatMap((contexts) => contexts.join('').split(';'));
    const unasked = [...new Set(all)].filter((token) => token !== '' && !asked.includes(`;${token};`));
    const replicas = ['replica', 'starting', 'ready', 'failed', 'stopping'];
    const files = ['requirements', 'metadata', 'other', 'artifacts', 'artifact'];
    expect(unasked.sort()).toEqual(
      ['docker', 'folder', 'group', 'message', 'process', 'registryModel', ...replicas, ...files].sort(),
    );
  });

  it('go with one inline button for start or stop, never both', async () => {
    const servings = (await contextsOf('modelServing.servings')).filter((context) => context.startsWith(';serving;'));
    expect(servings.length).toBeGreaterThan(4);
    for (const viewItem of servings) {
      const inline = items.filter(
        ({ group = '', when = '' }) => group.startsWith('inline') && holds(when, { view: VIEWS[0], viewItem }),
      );
      const names = inline.map(({ command }) => command.split('.')[2]);
      expect(names.includes('start') && names.includes('stop'), names.join()).toBe(false);
      expect(names).toContain('logs');
    }
  });
});

describe('items', () => {
  it('say that a serving has no definition any more, with what can be done', async () => {
    const rows = await itemsBelow(servingRoots(servingStore()));
    const orphan = rows.find(({ label }) => label === 'orphan');
    expect(orphan?.description).toMatch(/^Running.* · definition gone$/);
    const offered = items
      .filter(({ when = '' }) => holds(when, { view: VIEWS[0], viewItem: orphan?.contextValue ?? '' }))
      .map(({ command }) => command);
    expect(offered).toEqual(expect.arrayContaining(['modelServing.serving.adopt', 'modelServing.serving.remove']));
    expect(offered).not.toContain('modelServing.serving.start');
    expect(rows.filter(({ description }) => String(description).includes('definition gone'))).toHaveLength(1);
  });

  it('say their state in words to a screen reader, and have ids that stay', async () => {
    const nodes = servingRoots(servingStore());
    const labels = (await itemsBelow(nodes)).map(
      ({ accessibilityInformation }) => accessibilityInformation?.label ?? '',
    );
    expect(labels).toContainEqual(
      expect.stringMatching(/^srunning, Running,.* script differs\. Actions: Stop, Restart, Show Logs, Delete$/),
    );
    expect(labels.every((label) => label !== '' && !label.includes('·'))).toBe(true);
    expect(servingRoots(servingStore()).map(({ id }) => id)).toEqual(nodes.map(({ id }) => id));
  });

  it('are drawn again when they look different, and only they', async () => {
    const changed = new Emitter<void>();
    let requests = 0;
    const states: Record<string, ServingState> = { one: 'running', two: 'running' };
    const store = {
      actions: () => [],
      progress: () => undefined,
      backends: () => [
        {
          backend: { id: 'process:/w', kind: 'process', label: 'This computer' },
          servings: Object.entries(states).map(([name, state]) => ({
            ...serving(state, [{ number: 1, state: 'ready', restarts: 0, requests }]),
            ref: { backend: 'process:/w', name },
          })),
        },
      ],
    } as unknown as ServingStore;
    const tree = new NodeTree(() => servingRoots(store), changed.event);
    const drawn: (readonly string[] | undefined)[] = [];
    tree.onDidChangeTreeData((rows) => drawn.push(rows?.map(({ id }) => id)));
    const tell = async (): Promise<readonly (readonly string[] | undefined)[]> => {
      changed.fire();
      await new Promise((next) => setTimeout(next, 80));
      return drawn.splice(0);
    };
    const look = async (row?: Row): Promise<readonly Row[]> => {
      const rows = await tree.getChildren(row);
      rows.forEach((each) => tree.getTreeItem(each));
      return rows;
    };
    expect(await tell(), 'nothing was asked for yet').toEqual([undefined]);
    const [backend] = await look();
    const [one, two] = await look(backend);
    await look(one);
    requests++;
    expect(await tell(), 'a request is not seen in the tree').toEqual([]);
    states.two = 'stopping';
    expect(await tell(), 'its group counts what runs').toEqual([['backend:process:/w']]);
    await look();
    await look(backend);
    states.two = 'stopped';
    expect(await tell()).toEqual([['serving:process:/w:two']]);
    await look(backend);
    states.two = 'stopping';
    expect(await tell()).toEqual([['serving:process:/w:two']]);
    expect(two?.node.toItem().description).toBe('Stopping');
    states.three = 'stopped';
    expect(await tell(), 'another serving').toEqual([['backend:process:/w']]);
    expect((await look(backend)).slice(0, 1), 'rows stay the same').toEqual([one]);
    expect((await look(backend))[0]).toBe(one);
    tree.dispose();
  });

  it('show servings by pages', () => {
    const servings = Array.from({ length: 1200 }, (_, n) => ({ ...ORPHAN, ref: { ...ORPHAN.ref, name: `s${n}` } }));
    const backend = { id: 'hopsworks:c1', kind: 'hopsworks', label: 'demo' };
    const store = servingStore();
    store.backends = () => [{ backend, servings }] as unknown as readonly BackendServings[];
    const rows = (pages: number): readonly Node[] =>
      servingRoots(store, new Map([['hopsworks:c1', pages]]))[0]?.children?.() as readonly Node[];
    expect(rows(1)).toHaveLength(501);
    const more = rows(1).at(-1)?.toItem();
    expect(more?.label).toBe('Show 500 more of 1,200');
    expect(more?.command).toMatchObject({ command: 'modelServing.serving.showMore', arguments: ['hopsworks:c1'] });
    expect(rows(2)).toHaveLength(1001);
    expect(rows(3)).toHaveLength(1200);
  });

  it('show registries beside the models of folders, each state with what can be done', async () => {
    const nodes = modelNodes(1, registryNodes(registryStore()));
    expect(nodes.map(({ id }) => id)).toEqual(['folder:/w0', ...[1, 2, 3, 4].map((n) => `registry:c${n}`)]);
    const below = await Promise.all(nodes.slice(1).map(async (node) => (await node.children?.()) ?? []));
    const rows = below.map((each) => each.map((node) => node.toItem()));
    expect(rows.map((each) => each.map(({ label }) => label))).toEqual([
      ['Loading…'],
      ['No models yet'],
      ['Sign In…'],
      ['iris', 'Show 1 more of 2 versions'],
    ]);
    expect(rows[2]?.[0]?.command).toMatchObject({ command: 'modelServing.connection.signIn', arguments: ['c3'] });
    expect(rows[3]?.[1]?.command).toMatchObject({ command: 'modelServing.registry.showMore', arguments: ['c4'] });
    const versions = (await below[3]?.[0]?.children?.()) ?? [];
    expect(versions.map((node) => node.toItem().label)).toEqual(['Sign In…', 'Version 1']);
    expect(versions[1]?.toItem().description).toBe('f1 0.5');
    expect(versions[1]?.remote).toMatchObject({ connection: 'c4', version: { name: 'iris', version: 1 } });
    // What a click in a menu hands over.
    const row = new Row(nodes[1]!, undefined);
    expect(row.connection).toBe('c1');
  });

  it('show a thousand models and a line that shows more', () => {
    const nodes = modelNodes(1);
    expect(nodes).toHaveLength(1002);
    expect(nodes.at(-1)?.toItem().command?.command).toBe('modelServing.model.showMore');
  });
});
