import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkConnection } from '../../../src/backends/hopsworks/checkConnection';
import { makeRoute } from '../../../src/backends/hopsworks/route';
import { checkAddress, checkKey, checkProject, toAddress } from '../../../src/core/connection';
import { failure } from '../../fakes/hopsworks/front';
import { FakeHopsworks, KEY } from './fakeHopsworks';
import { anything, clientTo, connectionTo, errorOf } from './support';

describe('what is typed', () => {
  it.each([
    ['hw.example.com', 'https://hw.example.com'],
    [' https://hw.example.com:8182/p/119/deployments#x ', 'https://hw.example.com:8182'],
    ['https://hw.example.com:443', 'https://hw.example.com'],
    ['http://127.0.0.1:8080', 'http://127.0.0.1:8080'],
    ['[::1]:8080', 'https://[::1]:8080'],
  ])('%s is an address', (text, address) => {
    expect(checkAddress(text)).toBeUndefined();
    expect(toAddress(text)).toBe(address);
  });

  it.each(['', 'http://hw.example.com', 'ftp://a', 'https://user:pass@hw.example.com', 'a b', 'https://'])(
    '%j is none',
    (text) => {
      expect(checkAddress(text)).toMatch(/\w/);
      expect(() => toAddress(text)).toThrow();
    },
  );

  it('says what is wrong with projects and keys, without the key', () => {
    expect(checkProject('demo_1')).toBeUndefined();
    expect(checkProject('/Projects/demo')).toContain('name of the project');
    expect(checkKey(`${KEY}\n`)).toBeUndefined();
    expect(checkKey('verysecretpart')).not.toContain('verysecretpart');
    expect(checkKey('')).toBe('Enter an API key');
  });
});

describe('test of a connection', () => {
  let server: FakeHopsworks;
  beforeEach(async () => {
    server = await new FakeHopsworks().listen();
  });
  afterEach(() => server.close());
  const missing = async (project = 'demo', key: string | undefined = KEY) => {
    const client = clientTo(server.address, { key }, project);
    const found = await checkConnection(client, connectionTo(server.address, project), anything());
    return found.filter(({ isMissing }) => isMissing);
  };

  it('finds nothing missing, and changes nothing', async () => {
    expect(await missing()).toEqual([]);
    expect(server.asked.every(({ method }) => method === 'GET')).toBe(true);
  });

  it('names the scopes', async () => {
    server.scopes.delete('KAFKA');
    server.scopes.delete('SERVING');
    expect(await missing()).toMatchObject([
      { what: 'scope', name: 'SERVING', remedies: [{ kind: 'signIn', connection: 'c1' }, { kind: 'openPage' }] },
      {
        what: 'scope',
        name: 'KAFKA',
        message: 'The API key lacks the scope KAFKA: topics for inference logs cannot be chosen',
      },
    ]);
    server.scopes.delete('PROJECT');
    expect(await missing()).toMatchObject([{ what: 'scope', name: 'PROJECT' }]);
  });

  it('takes a refusal for another reason for a scope that is there', async () => {
    server.faults.push(({ path }) =>
      path.endsWith('/dataset/Models') ? failure(400, 110011, 'DataSet not found.') : undefined,
    );
    expect(await missing()).toEqual([]);
  });

  it('names project, role, key and address', async () => {
    expect(await missing('other')).toMatchObject([{ what: 'project', remedies: [{ kind: 'editConnection' }] }]);
    server.role = 'Data scientist';
    expect(await missing()).toMatchObject([{ what: 'role', name: 'Data scientist' }]);
    expect(await missing('demo', 'a.b')).toMatchObject([{ what: 'key' }]);
    expect(await missing('demo', '')).toMatchObject([{ what: 'key', remedies: [{ kind: 'signIn' }] }]);
    await server.close();
    expect(await missing()).toMatchObject([{ what: 'address', remedies: [{ kind: 'editConnection' }] }]);
  });
});

describe('the way', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'route-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('stays the same object until something changes', async () => {
    const caFile = join(folder, 'ca.pem');
    await writeFile(caFile, '-----BEGIN CERTIFICATE-----');
    let proxy = 'http://proxy:3128';
    const route = makeRoute({ ...connectionTo('https://a'), options: { caFile, checkHostName: false } }, () => ({
      proxy,
    }));
    const first = await route();
    expect(first).toEqual({ proxy, ca: '-----BEGIN CERTIFICATE-----', checkHostName: false });
    expect(await route()).toBe(first);
    proxy = 'http://other:3128';
    expect(await route()).not.toBe(first);
    await writeFile(caFile, 'nothing');
    expect(await errorOf(route())).toMatchObject({ code: 'certificate', remedies: [{ kind: 'editConnection' }] });
    await rm(caFile);
    expect((await errorOf(route())).message).toContain('ENOENT');
  });
});
