import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findEngine, type Surroundings, usualPlaces } from '../../../src/backends/docker/engine/address';
import { sshCommand } from '../../../src/backends/docker/engine/sshAgent';

let home: string;
const servers: Server[] = [];
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'ms-a-'));
});
afterEach(() => {
  servers.splice(0).forEach((server) => server.close());
  rmSync(home, { recursive: true, force: true });
});

function write(file: string, content: unknown): void {
  mkdirSync(dirname(join(home, file)), { recursive: true });
  writeFileSync(join(home, file), typeof content === 'string' ? content : JSON.stringify(content));
}
function find(env: NodeJS.ProcessEnv = {}, more: Partial<Surroundings> = {}) {
  return findEngine({ setting: '', env, platform: 'linux', home, ...more });
}
const hash = (name: string): string => createHash('sha256').update(name).digest('hex');
function context(name: string, endpoint: unknown): void {
  write(`.docker/contexts/meta/${hash(name)}/meta.json`, { Name: name, Endpoints: { docker: endpoint } });
}

describe('where the engine is', () => {
  it('is what the setting says, before all else', async () => {
    write('.docker/config.json', { currentContext: 'c' });
    const { address } = await find({ DOCKER_HOST: 'tcp://b:2375' }, { setting: ' ssh://me@far:2222 ' });
    expect(address).toEqual({ url: 'ssh://me@far:2222', source: 'setting', remoteHost: 'far' });
  });

  it('is what DOCKER_HOST says, before a context, in every form', async () => {
    write('.docker/config.json', { currentContext: 'c' });
    const at = async (DOCKER_HOST: string) => (await find({ DOCKER_HOST })).address;
    expect(await at('unix:///x.sock')).toEqual({ url: 'unix:///x.sock', source: 'environment' });
    expect(await at('/x.sock')).toMatchObject({ url: 'unix:///x.sock' });
    expect(await at('far:2375')).toMatchObject({ url: 'tcp://far:2375', remoteHost: 'far' });
    expect(await at('http://far:2375')).toMatchObject({ url: 'tcp://far:2375' });
    expect(await at('npipe:////./pipe/docker_engine')).toMatchObject({ url: 'npipe:////./pipe/docker_engine' });
    expect((await at('tcp://127.0.0.1:2375')).remoteHost).toBeUndefined();
    expect((await at('tcp://[::1]:2375')).remoteHost).toBeUndefined();
  });

  it.each(['ftp://x', 'unix://', 'ssh://-oProxyCommand=x', 'ssh://'])('is not %s', async (DOCKER_HOST) => {
    await expect(find({ DOCKER_HOST })).rejects.toMatchObject({ code: 'invalid' });
  });

  it('takes the TLS files that DOCKER_CERT_PATH names', async () => {
    for (const name of ['ca', 'cert', 'key']) {
      write(`certs/${name}.pem`, name);
    }
    const env = { DOCKER_HOST: 'tcp://far:2376', DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: join(home, 'certs') };
    const { tls } = await find(env);
    expect([tls?.ca, tls?.cert, tls?.key, tls?.anyone].map(String)).toEqual(['ca', 'cert', 'key', 'undefined']);
    await expect(find({ ...env, DOCKER_CERT_PATH: join(home, 'none') })).rejects.toMatchObject({ code: 'unavailable' });
    expect((await find({ DOCKER_HOST: 'tcp://far:2375' })).tls).toBeUndefined();
  });

  it('is what the current context says, with its TLS files', async () => {
    context('work', { Host: 'tcp://far:2376', SkipTLSVerify: true });
    write(`.docker/contexts/tls/${hash('work')}/docker/ca.pem`, 'ca');
    write('.docker/config.json', { currentContext: 'work' });
    const { address, tls } = await find();
    const contextOf = join(home, '.docker/config.json');
    expect(address).toEqual({
      url: 'tcp://far:2376',
      source: 'context',
      context: 'work',
      contextOf,
      remoteHost: 'far',
    });
    expect(tls).toEqual({ ca: Buffer.from('ca'), anyone: true });
  });

  it('is what DOCKER_CONTEXT says, before the current context, below DOCKER_CONFIG', async () => {
    context('other', { Host: 'unix:///o.sock' });
    write('.docker/config.json', { currentContext: 'work' });
    expect((await find({ DOCKER_CONTEXT: 'other' })).address).toMatchObject({
      url: 'unix:///o.sock',
      context: 'other',
      contextOf: 'DOCKER_CONTEXT',
    });
    await expect(find()).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/^There is no Docker context work, which .*config\.json names/) as string,
    });
    write('else/config.json', { currentContext: 'default' });
    const elsewhere = { DOCKER_CONFIG: join(home, 'else'), DOCKER_HOST: '' };
    write('run/docker.sock', '');
    await find({ ...elsewhere, XDG_RUNTIME_DIR: join(home, 'run') }).then(
      ({ address }) => {
        expect(address.source).toBe('default');
      },
      (error: unknown) => {
        expect(error).toMatchObject({ code: 'notFound' });
      },
    );
  });

  it('says which file cannot be read', async () => {
    write('.docker/config.json', '{');
    const file = join(home, '.docker/config.json');
    await expect(find()).rejects.toMatchObject({ remedies: [{ kind: 'openFile', file }] });
  });

  it('knows the usual places', async () => {
    expect(usualPlaces({ setting: '', env: {}, platform: 'win32', home })).toEqual(['npipe:////./pipe/docker_engine']);
    const places = usualPlaces({ setting: '', env: {}, platform: 'linux', home: '/h', uid: 7 });
    expect(places.slice(0, 2)).toEqual(['unix:///var/run/docker.sock', 'unix:///run/user/7/docker.sock']);
    expect(places).toContain('unix:///h/.colima/default/docker.sock');
    const socket = join(home, '.rd/docker.sock');
    mkdirSync(dirname(socket));
    const server = createServer();
    servers.push(server);
    await new Promise<void>((resolve) => {
      server.listen(socket, resolve);
    });
    expect((await find()).address.url).toMatch(/^unix:.*docker\.sock$/);
  });
});

it('is reached by the ssh of the user, which takes no options from an address', () => {
  expect(sshCommand('ssh://me@far:2222').slice(-9).join(' ')).toBe('-l me -p 2222 -- far docker system dial-stdio');
  expect(sshCommand('ssh://far')).not.toContain('-l');
});
