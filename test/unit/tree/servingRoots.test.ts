import { describe, expect, it, vi } from 'vitest';
import type { BackendServings } from '../../../src/app/servingStore';
import { PLAIN, type Arrangement } from '../../../src/ui/tree/arrangement';
import type { Node } from '../../../src/ui/tree/node';
import { servingRoots } from '../../../src/ui/tree/servingRoots';
import { entryOf, FixedStore, linesOf, READY, servingOf } from './support';

vi.mock('vscode', () => import('../../manifest/vscodeFake'));

const AWAY = { kind: 'stopped', message: 'No engine answers at unix:///run/docker.sock' } as const;
const SIGNED_OUT = { kind: 'signedOut', message: 'demo: nobody is signed in' } as const;

const roots = (
  entries: readonly BackendServings[],
  change: Partial<Arrangement> = {},
  pages = new Map<string, number>(),
): readonly Node[] => servingRoots(new FixedStore(entries).store, pages, { ...PLAIN, ...change });

const docker = entryOf('docker', [
  servingOf('iris', { state: 'running' }, 'docker'),
  servingOf('churn', { state: 'running' }, 'docker'),
  servingOf('demand', { state: 'failed' }, 'docker'),
]);
const local = entryOf('process', [
  servingOf('iris2', { model: 'iris', version: 2 }),
  servingOf('fraud', { state: 'idle' }),
]);

describe('groups by backend', () => {
  it('say what runs there', async () => {
    expect(await linesOf(roots([local, docker]))).toEqual([
      'This computer | 1 idle · engine 27.3',
      '  fraud | Idle',
      '  iris2 | Stopped',
      'Docker | 2 running, 1 failed · engine 27.3',
      '  churn | Running · 0/1',
      '  demand | Failed',
      '  iris | Running · 0/1',
    ]);
  });

  it('name the folder where several are open', async () => {
    const other = entryOf('process', [servingOf('x', {}, 'process', '/v')], { availability: READY }, '/v');
    const lines = await linesOf(roots([local, other]));
    expect(lines.filter((line) => !line.startsWith(' '))).toEqual([
      'This computer | w · 1 idle · engine 27.3',
      'This computer | v · engine 27.3',
    ]);
  });

  it('are places to drop on, also one that has no serving yet', async () => {
    const nodes = roots([local, entryOf('docker')]);
    expect(await linesOf(nodes.slice(1))).toEqual(['Docker | no servings · engine 27.3']);
    expect(nodes.map(({ place }) => place)).toEqual(['process:/w', 'docker:/w']);
    expect(nodes[1]?.toItem().collapsibleState, 'what comes later is seen').toBe(2);
    const [first] = (await nodes[0]?.children?.()) ?? [];
    expect(first?.place).toBe('process:/w');
  });

  it('have the cause as a row when the engine does not answer: Enter starts it', async () => {
    const away = entryOf('docker', [servingOf('iris', { state: 'unknown' }, 'docker')], { availability: AWAY });
    const nodes = roots([local, away]);
    expect(await linesOf(nodes.slice(1))).toEqual(['Docker', `  ${AWAY.message}`, '  iris | Unknown']);
    const [cause] = (await nodes[1]?.children?.()) ?? [];
    expect(cause?.toItem().command?.command).toBe('modelServing.engine.start');
    expect(cause?.toItem().contextValue).toBe(';message;engine;');
  });

  it('leave out an engine that nobody uses and that does not answer', async () => {
    expect(await linesOf(roots([local, entryOf('docker', [], { availability: AWAY })]))).toHaveLength(3);
  });

  it('say that there is no Python beside what works', async () => {
    const none = entryOf('process', [], { availability: { kind: 'missing', message: 'There is no Python' } });
    expect((await linesOf(roots([none, docker]))).slice(0, 2)).toEqual([
      'This computer | no servings',
      '  There is no Python',
    ]);
  });
});

describe('no rows, so that a welcome says why', () => {
  it.each<[string, readonly BackendServings[]]>([
    ['no folder', []],
    ['nothing yet', [entryOf('process'), entryOf('docker')]],
    [
      'no Python and no engine',
      [
        entryOf('process', [], { availability: { kind: 'missing', message: 'x' } }),
        entryOf('docker', [], { availability: AWAY }),
      ],
    ],
    ['no folder, and signed out', [entryOf('hopsworks', [], { availability: SIGNED_OUT })]],
    [
      'no folder, and offline',
      [entryOf('hopsworks', [], { availability: { kind: 'unreachable', message: 'x' }, error: 'x' })],
    ],
  ])('%s', (_, entries) => {
    expect(roots(entries)).toEqual([]);
    expect(roots(entries, { grouping: 'model', text: 'x' })).toEqual([]);
  });

  it('but where something else works, the cause is a row under its group', async () => {
    const out = entryOf('hopsworks', [], { availability: SIGNED_OUT });
    expect(await linesOf(roots([entryOf('process'), out]))).toEqual([
      'This computer | no servings · engine 27.3',
      'demo (hw.example.com)',
      '  Sign in… | Demo: nobody is signed in',
    ]);
  });
});

describe('groups by model and by state', () => {
  it('by model: each with its version and place', async () => {
    expect(await linesOf(roots([local, docker], { grouping: 'model' }))).toEqual([
      'churn | 1 running',
      '  churn | Running · 0/1 · v1 · Docker',
      'demand | 1 failed',
      '  demand | Failed · v1 · Docker',
      'fraud | 1 idle',
      '  fraud | Idle · v1 · This computer',
      'iris | 1 running',
      '  iris | Running · 0/1 · v1 · Docker',
      '  iris2 | Stopped · v2 · This computer',
    ]);
  });

  it('by state: what failed first; what is on its way stands together', async () => {
    const moving = entryOf('process', [servingOf('a', { state: 'starting' }), servingOf('b', { state: 'stopping' })]);
    expect(await linesOf(roots([moving, docker], { grouping: 'state' }))).toEqual([
      'Failed | 1 serving',
      '  demand | Failed · Docker',
      'In progress | 2 servings',
      '  a | Starting · This computer',
      '  b | Stopping · This computer',
      'Running | 2 servings',
      '  churn | Running · 0/1 · Docker',
      '  iris | Running · 0/1 · Docker',
    ]);
  });

  it('tell what is wrong with a place above them', async () => {
    const away = entryOf('docker', [servingOf('iris', { state: 'unknown' }, 'docker')], { availability: AWAY });
    expect((await linesOf(roots([local, away], { grouping: 'state' })))[0]).toBe(AWAY.message);
  });

  it('have rows of their own: a serving that changes its group is never in two', async () => {
    const ids = async (grouping: Arrangement['grouping'], state: 'running' | 'failed'): Promise<readonly string[]> => {
      const nodes = roots([entryOf('process', [servingOf('a', { state })])], { grouping });
      const below = await Promise.all(nodes.map(async (node) => (await node.children?.()) ?? []));
      return below.flat().map(({ id }) => id);
    };
    const all = [
      await ids('backend', 'running'),
      await ids('model', 'running'),
      await ids('state', 'running'),
      await ids('state', 'failed'),
    ];
    expect(new Set(all.flat()).size).toBe(4);
    expect(await ids('backend', 'failed')).toEqual(all[0]);
  });

  it('are shown by pages, too', () => {
    const many = entryOf(
      'process',
      Array.from({ length: 1200 }, (_, n) => servingOf(`s${n}`)),
    );
    const rows = (pages: number): readonly Node[] => roots([many], { grouping: 'model' }, new Map([['models', pages]]));
    expect(rows(1)).toHaveLength(501);
    expect(rows(1).at(-1)?.toItem().command).toMatchObject({
      command: 'modelServing.serving.showMore',
      arguments: ['models'],
    });
    expect(rows(3)).toHaveLength(1200);
  });
});

describe('a filter', () => {
  it('leaves out servings and the groups that have none then', async () => {
    expect(await linesOf(roots([local, docker], { shown: 'failed' }))).toEqual([
      'Docker | 2 running, 1 failed · engine 27.3',
      '  demand | Failed',
    ]);
    expect(await linesOf(roots([local, docker], { shown: 'failed', grouping: 'model' }))).toEqual([
      'demand | 1 failed',
      '  demand | Failed · v1 · Docker',
    ]);
  });

  it('that nothing matches is said, with the way out', () => {
    for (const grouping of ['backend', 'model', 'state'] as const) {
      const nodes = roots([local, docker], { text: 'nothing has this name', grouping });
      expect(nodes.map((node) => node.toItem().command?.command)).toEqual(['modelServing.view.clearFilter']);
    }
  });

  it('keeps what is wrong with a place in sight', async () => {
    const away = entryOf('docker', [servingOf('iris', { state: 'unknown' }, 'docker')], { availability: AWAY });
    expect(await linesOf(roots([local, away], { text: 'fraud' }))).toEqual([
      'This computer | 1 idle · engine 27.3',
      '  fraud | Idle',
      'Docker',
      `  ${AWAY.message}`,
    ]);
  });
});

it('a row says its state and what can be done to a screen reader', async () => {
  const [row] = (await roots([docker])[0]?.children?.()) ?? [];
  expect(row?.toItem().accessibilityInformation?.label).toBe(
    'churn, Running, 0/1. Actions: Stop, Restart, Show Logs, Delete',
  );
});
