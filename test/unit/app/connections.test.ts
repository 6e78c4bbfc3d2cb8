import { mkdtempSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Connections } from '../../../src/app/connections';
import { readKeyFiles } from '../../../src/app/keyFiles';
import { knownElsewhere, knownKey, toConnections, type Connection } from '../../../src/core/connection';
import { Emitter } from '../../../src/core/events';

function make(value: unknown = {}) {
  const changes = new Emitter<void>();
  const kept = { value, keys: new Map<string, string>() };
  const connections = new Connections(
    {
      read: () => kept.value,
      save: (next) => {
        kept.value = next;
        changes.fire();
        return Promise.resolve();
      },
      onDidChange: changes.event,
    },
    {
      get: (name) => Promise.resolve(kept.keys.get(name)),
      store: (name, key) => Promise.resolve(void kept.keys.set(name, key)),
      delete: (name) => Promise.resolve(void kept.keys.delete(name)),
    },
  );
  return { kept, connections };
}

const demo: Connection = { id: 'a', address: 'https://hw.org', project: 'demo', options: { checkHostName: true } };
const KEY = 'prefix.verysecretpart';

it('keeps connections in the setting, and keys elsewhere', async () => {
  const { kept, connections } = make({ broken: 7 });
  let told = 0;
  connections.onDidChange(() => told++);
  await connections.save(demo);
  await connections.save({ ...demo, id: 'b', project: 'other', options: { caFile: '/ca.pem', checkHostName: false } });
  expect(connections.list().map(({ id }) => id)).toEqual(['a', 'b']);
  expect(kept.value).toMatchObject({ broken: 7, a: { address: 'https://hw.org', project: 'demo' } });
  expect(await connections.get('a')).toBeUndefined();
  await connections.signIn('a', ` ${KEY}\n`);
  expect(await connections.get('a')).toBe(KEY);
  expect(await connections.get('b')).toBeUndefined();
  expect(JSON.stringify(kept.value)).not.toContain('verysecretpart');
  expect(told).toBe(3);
  await connections.signOut('a');
  expect([...kept.keys]).toEqual([]);
  await connections.signIn('b', KEY);
  await connections.remove('b');
  expect([...kept.keys]).toEqual([]);
  expect(connections.list()).toEqual([demo]);
});

it('gives no key to another server, and refuses a second connection to the same', async () => {
  const { kept, connections } = make();
  await connections.save(demo);
  await connections.signIn('a', KEY);
  await connections.save({ ...demo, options: { checkHostName: false } });
  expect(await connections.get('a')).toBe(KEY);
  kept.value = { a: { address: 'https://evil.org', project: 'demo' } };
  expect(await connections.get('a')).toBeUndefined();
  kept.value = { a: { address: 'https://hw.org', project: 'demo' } };
  await connections.save({ ...demo, address: 'https://new.org' });
  expect(await connections.get('a')).toBeUndefined();
  expect([...kept.keys]).toEqual([]);
  await expect(connections.save({ ...demo, id: 'b', address: 'https://new.org' })).rejects.toMatchObject({
    code: 'exists',
    remedies: [{ kind: 'editConnection', connection: 'a' }],
  });
  await expect(connections.signIn('a', 'verysecretpart')).rejects.not.toThrow(/verysecretpart/);
  await expect(connections.signIn('gone', KEY)).rejects.toMatchObject({ code: 'invalid' });
});

it('reads a setting whatever is in it', () => {
  for (const value of [
    undefined,
    null,
    7,
    'x',
    [],
    [demo],
    { a: null, b: 7, c: {}, d: { address: 7, project: 'x' } },
  ]) {
    expect(toConnections(value)).toEqual([]);
  }
  expect(toConnections({ a: { address: 'http://hw.org', project: 'demo' } })).toEqual([]);
  expect(toConnections({ a: { address: 'https://hw.org/x', project: 'demo', caFile: '' } })).toEqual([demo]);
});

it('takes over what the official clients are told', () => {
  expect(knownElsewhere({})).toEqual({ keys: [] });
  const known = knownElsewhere({
    HOPSWORKS_HOST: 'hw.org',
    HOPSWORKS_PORT: '8182',
    HOPSWORKS_PROJECT: 'demo',
    HOPSWORKS_API_KEY: `${KEY} `,
    HOPSWORKS_TRUST_STORE_PATH: '/ca.pem',
  });
  const key = { key: KEY, source: 'HOPSWORKS_API_KEY', host: 'hw.org' };
  expect(known).toEqual({ address: 'https://hw.org:8182', project: 'demo', keys: [key], caFile: '/ca.pem' });
  expect(knownKey(known, 'https://hw.org')).toEqual(key);
  // A key that is known to be for one server goes to no other.
  expect(knownKey(known, 'https://evil.org')).toBeUndefined();
  const files = [
    { path: '/a', text: 'no key' },
    { path: '/b', text: `${KEY}\nmore\n`, host: '.hopsworks.ai' },
  ];
  const cached = knownElsewhere({ HOPSWORKS_HOST: ' ', HOPSWORKS_PROJECT: 'a/b' }, files);
  expect(cached).toEqual({ keys: [{ key: KEY, source: '/b', host: '.hopsworks.ai' }] });
  expect(knownKey(cached, 'https://eu-west.cloud.hopsworks.ai')?.source).toBe('/b');
  expect(knownKey(cached, 'https://evilhopsworks.ai')).toBeUndefined();
});

it('finds the files that the official clients read a key from', async () => {
  const home = mkdtempSync(join(tmpdir(), 'keys-'));
  try {
    await mkdir(join(home, '.ada_hopsworks_app'));
    await writeFile(join(home, '.ada_hopsworks_app/.hw_api_key'), KEY);
    await writeFile(join(home, 'hopsworks.key'), 'x'.repeat(5000));
    await writeFile(join(home, 'modelregistry.key'), KEY);
    const found = await readKeyFiles({ folders: [home], home, temporary: join(home, 'none'), user: 'ada' });
    expect(found.map(({ path, host }) => [path.slice(home.length + 1).replaceAll('\\', '/'), host])).toEqual([
      ['modelregistry.key', undefined],
      ['.ada_hopsworks_app/.hw_api_key', '.hopsworks.ai'],
    ]);
  } finally {
    await rm(home, { recursive: true });
  }
});
