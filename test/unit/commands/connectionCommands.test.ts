import { beforeEach, describe, expect, it, vi } from 'vitest';
import { Connections } from '../../../src/app/connections';
import type { ConnectionFinding, KnownElsewhere } from '../../../src/core/connection';
import { Emitter } from '../../../src/core/events';
import { connectionCommands } from '../../../src/ui/commands/connectionCommands';
import { ScriptedPrompts, type Answer } from '../../fakes/scriptedPrompts';

const { said } = vi.hoisted(() => ({ said: [] as string[] }));
vi.mock('vscode', () => ({
  ProgressLocation: { Notification: 15 },
  window: {
    setStatusBarMessage: (text: string) => said.push(text),
    withProgress: (_options: unknown, work: (progress: unknown, token: unknown) => unknown) =>
      work({ report: () => undefined }, { onCancellationRequested: () => ({ dispose: () => undefined }) }),
  },
}));

const KEY = 'prefix.verysecretpart';
let kept: { value: unknown; keys: Map<string, string> };
let missing: ConnectionFinding[];
let known: KnownElsewhere;
let connections: Connections;

beforeEach(() => {
  said.length = 0;
  missing = [];
  known = { project: 'demo', keys: [] };
  kept = { value: {}, keys: new Map() };
  connections = new Connections(
    {
      read: () => kept.value,
      save: (value) => {
        kept.value = value;
        return Promise.resolve();
      },
      onDidChange: new Emitter<void>().event,
    },
    {
      get: (name) => Promise.resolve(kept.keys.get(name)),
      store: (name, key) => Promise.resolve(void kept.keys.set(name, key)),
      delete: (name) => Promise.resolve(void kept.keys.delete(name)),
    },
  );
});

async function run(
  id: 'add' | 'edit' | 'signIn' | 'signOut' | 'test' | 'remove',
  script: readonly (readonly [string, Answer])[],
  target?: unknown,
): Promise<void> {
  const prompts = new ScriptedPrompts(script);
  const commands = connectionCommands({
    prompts,
    connections,
    check: () => Promise.resolve(missing),
    known: () => Promise.resolve(known),
    newId: () => `id${connections.list().length}`,
  });
  await commands[`modelServing.connection.${id}`](target);
  prompts.end();
}

const TITLE = 'Add Hopsworks Connection';
const add = (address = 'https://hw.org/p/1'): Promise<void> =>
  run('add', [
    [TITLE, { refused: 'http://hw.org', with: /https/, then: address }],
    [TITLE, 'enter'],
    ['API Key', { refused: 'verysecretpart', with: /two parts/, then: KEY }],
  ]);

describe('connections', () => {
  it('are added with a key, tried out, signed out of, signed in to again and removed', async () => {
    await add();
    expect(connections.list()).toMatchObject([{ id: 'id0', address: 'https://hw.org', project: 'demo' }]);
    expect(await connections.get('id0')).toBe(KEY);
    expect(JSON.stringify(kept.value)).not.toContain('verysecretpart');
    await run('signOut', [], { connection: 'id0' });
    expect(await connections.get('id0')).toBeUndefined();
    await run('signIn', [['API Key', { type: KEY }]], 'id0');
    expect(await connections.get('id0')).toBe(KEY);
    await run('test', [['Test Connection', { pick: 'demo' }]]);
    expect(said.join('\n')).not.toContain('verysecretpart');
    await run('remove', [
      ['Remove Connection', { pick: 'demo' }],
      ['Remove the connection to demo?', 'yes'],
    ]);
    expect([connections.list(), [...kept.keys]]).toEqual([[], []]);
    await expect(run('signOut', [])).rejects.toMatchObject({ code: 'notFound' });
  });

  it('say all that is missing, with the first remedy, and stay', async () => {
    const finding = { what: 'scope', isMissing: true, remedies: [] } as const;
    missing = [
      { ...finding, what: 'project', isMissing: false, message: 'it is there' },
      { ...finding, message: 'no SERVING', remedies: [{ kind: 'signIn', connection: 'id0' }] },
      { ...finding, message: 'no KAFKA' },
    ];
    await expect(add()).rejects.toMatchObject({
      message: 'no SERVING. no KAFKA',
      remedies: [{ kind: 'signIn', connection: 'id0' }],
    });
    expect(connections.list()).toHaveLength(1);
    await expect(
      run('add', [
        [TITLE, { type: 'https://hw.org' }],
        [TITLE, 'enter'],
      ]),
    ).rejects.toMatchObject({ code: 'exists' });
  });

  it('are edited: everything filled in, Enter through keeps it, and a key stays with its server', async () => {
    await add();
    const title = 'Edit Hopsworks Connection';
    const through: readonly (readonly [string, Answer])[] = [
      [title, 'enter'],
      [title, 'enter'],
      [title, 'enter'],
      [title, 'enter'],
    ];
    const before = JSON.stringify(kept.value);
    await run('edit', [...through, [title, 'enter']], { connection: 'id0' });
    expect([JSON.stringify(kept.value), await connections.get('id0')]).toEqual([before, KEY]);
    await run(
      'edit',
      [
        [title, 'enter'],
        [title, 'enter'],
        [title, { pick: 'A CA file…' }],
        ['CA File', { file: '/ca.pem' }],
        [title, 'back'],
        [title, { pick: '/ca.pem' }],
        [title, { pick: 'Do not check it' }],
        [title, { pick: 'Enter another one…' }],
        ['API Key', { type: 'other.secretkey' }],
      ],
      'id0',
    );
    expect(connections.list()[0]?.options).toEqual({ caFile: '/ca.pem', checkHostName: false });
    expect(await connections.get('id0')).toBe('other.secretkey');
    // Another project: the key that was there is for the old one.
    await run(
      'edit',
      [[title, 'enter'], [title, { type: 'other' }], ...through.slice(2), ['API Key', { type: KEY }]],
      'id0',
    );
    expect([...kept.keys.values()]).toEqual([KEY]);
    await expect(run('edit', [...through.slice(0, 3), [title, 'leave']], 'id0')).rejects.toMatchObject({
      code: 'cancelled',
    });
    expect(connections.list()).toHaveLength(1);
  });

  it('begin with what the official clients are told, the key only for its server', async () => {
    known = {
      address: 'https://hw.org',
      project: 'demo',
      keys: [{ key: KEY, source: 'HOPSWORKS_API_KEY', host: 'hw.org' }],
    };
    await run('add', [
      [TITLE, 'enter'],
      [TITLE, 'back'],
      [TITLE, 'enter'],
      [TITLE, 'enter'],
      ['API Key', 'enter'],
    ]);
    expect(await connections.get('id0')).toBe(KEY);
    await run('add', [
      [TITLE, { type: 'https://other.org' }],
      [TITLE, 'enter'],
      ['API Key', { type: 'typed.byhand' }],
    ]);
    expect(await connections.get('id1')).toBe('typed.byhand');
  });
});
