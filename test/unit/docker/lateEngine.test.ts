import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it, vi } from 'vitest';
import { DockerLogins } from '../../../src/backends/docker/engine/registryLogin';
import { LateEngine } from '../../../src/backends/docker/lateEngine';

const home = mkdtempSync(join(tmpdir(), 'ms-late-'));
afterAll(() => {
  rmSync(home, { recursive: true, force: true });
});
const NEVER = new AbortController().signal;
mkdirSync(join(home, '.docker'));
const write = (config: unknown): void => {
  writeFileSync(join(home, '.docker/config.json'), JSON.stringify(config));
};

it('is the same engine until another one is named', async () => {
  let setting = 'unix:///a.sock';
  write({});
  const late = new LateEngine(() => ({ setting, env: {}, platform: 'linux', home }));
  const changes = vi.fn();
  late.onDidChange(changes);
  const [first, same] = await Promise.all([late.get(NEVER), late.get(NEVER)]);
  expect(same).toBe(first);
  expect(await late.get(NEVER)).toBe(first);
  await expect(first.info(NEVER)).rejects.toMatchObject({ code: 'unavailable' });
  setting = 'unix:///b.sock';
  late.refresh();
  expect(changes).toHaveBeenCalledTimes(1);
  expect((await late.get(NEVER)).address.url).toBe('unix:///b.sock');
  write({ currentContext: 'other' });
  await vi.waitFor(
    () => {
      expect(changes).toHaveBeenCalledTimes(2);
    },
    { timeout: 5000 },
  );
  await expect(late.get(AbortSignal.abort())).rejects.toMatchObject({ code: 'cancelled' });
  late.dispose();
});

it('knows who is logged in, as docker login left it', async () => {
  const bin = join(home, 'bin');
  mkdirSync(bin);
  const helper = '#!/bin/sh\nread host\nprintf \'{"Username":"%s","Secret":"s"}\' "$host"\n';
  writeFileSync(join(bin, 'docker-credential-test'), helper, { mode: 0o755 });
  vi.stubEnv('PATH', `${bin}:${process.env.PATH ?? ''}`);
  const logins = new DockerLogins(() => ({ setting: '', env: {}, platform: 'linux', home }));
  const auth = Buffer.from('me:pass:word').toString('base64');
  write({
    auths: { 'r.io': { auth }, 'https://index.docker.io/v1/': { auth } },
    credHelpers: { 'h.io': 'test', 'n.io': 'none' },
  });
  expect(await logins.of('r.io')).toEqual({ user: 'me', secret: 'pass:word' });
  expect(await logins.of('registry-1.docker.io')).toEqual({ user: 'me', secret: 'pass:word' });
  expect(await logins.of('h.io')).toEqual({ user: 'h.io', secret: 's' });
  expect(await logins.of('n.io')).toBeUndefined();
  expect(await logins.of('x.io')).toBeUndefined();
  write({ credsStore: '../evil' });
  expect(await logins.of('x.io')).toBeUndefined();
  vi.unstubAllEnvs();
});
