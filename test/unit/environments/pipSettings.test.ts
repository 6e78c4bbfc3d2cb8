import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  indexText,
  pipEnvironment,
  readPipSettings,
  settingsFiles,
  uvArguments,
  uvEnvironment,
  withoutSecrets,
} from '../../../src/environments/pipSettings';
import { scratch } from './support';

function write(file: string, text: string): string {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
}

describe('readPipSettings', () => {
  const home = scratch('home');
  const prefix = path.join(home, 'venv');
  const env = { XDG_CONFIG_DIRS: path.join(home, 'etc') };
  write(path.join(home, 'etc/pip/pip.conf'), '[install]\ntimeout = 5\n[global]\ncert = /shared.pem\nproxy: shared:1\n');
  write(
    path.join(home, '.config/pip/pip.conf'),
    '; a comment\n[global]\ntimeout = 9\nindex-url = https://own/simple\nextra_index_url =\n    https://a/simple\n    # not this\n    https://b/simple\n[list]\nindex-url = wrong\n',
  );
  write(path.join(prefix, 'pip.conf'), '[global]\ncert = /site.pem\n');
  const places = { env, platform: 'linux', home, prefix } as const;

  it('takes later files over earlier ones, and [install] over [global] wherever it is', async () => {
    expect(await readPipSettings(places)).toEqual({
      timeout: '5',
      cert: '/site.pem',
      proxy: 'shared:1',
      'index-url': 'https://own/simple',
      'extra-index-url': 'https://a/simple\nhttps://b/simple',
    });
  });

  it('takes variables over files, but not empty ones', async () => {
    const variables = { ...env, PIP_INDEX_URL: 'https://env/simple', PIP_CERT: '', PIP_DEFAULT_TIMEOUT: '180' };
    expect(await readPipSettings({ ...places, env: variables })).toMatchObject({
      'index-url': 'https://env/simple',
      cert: '/site.pem',
      timeout: '180',
    });
  });

  it("reads PIP_CONFIG_FILE in place of the user's own, and nothing when it is the null device", async () => {
    const file = write(path.join(home, 'other.conf'), '[global]\nindex-url = https://other/simple\n');
    const settings = await readPipSettings({ ...places, env: { ...env, PIP_CONFIG_FILE: file } });
    expect(settings['index-url']).toBe('https://other/simple');
    expect(settings['extra-index-url']).toBeUndefined();
    expect(await readPipSettings({ ...places, env: { ...env, PIP_CONFIG_FILE: '/dev/null' } })).toEqual({});
  });

  it('knows the places of Windows and macOS', () => {
    expect(settingsFiles({ env: { APPDATA: 'C:\\U\\R' }, platform: 'win32', home: 'C:\\U', prefix: 'C:\\v' })).toEqual([
      'C:\\ProgramData\\pip\\pip.ini',
      'C:\\U\\pip\\pip.ini',
      'C:\\U\\R\\pip\\pip.ini',
      'C:\\v\\pip.ini',
    ]);
    expect(settingsFiles({ env: {}, platform: 'darwin', home: '/u', prefix: '/v' })).toContain(
      '/u/Library/Application Support/pip/pip.conf',
    );
  });
});

describe('translation', () => {
  const settings = {
    'index-url': 'https://me:secret@own/simple',
    'extra-index-url': 'https://a/simple\nhttps://b/simple',
    'find-links': '/w1 /w2',
    timeout: '30.5',
    cert: '/ca.pem',
    'client-cert': '/me.pem',
    proxy: 'proxy:8080',
    'trusted-host': 'own a',
    'no-binary': 'x,y',
    user: 'true',
    target: '/elsewhere',
  };

  it("says in uv's words what pip was told", () => {
    expect(uvEnvironment(settings, {})).toEqual({
      UV_DEFAULT_INDEX: 'https://me:secret@own/simple',
      UV_INDEX: 'https://a/simple https://b/simple',
      UV_INDEX_STRATEGY: 'unsafe-best-match',
      UV_FIND_LINKS: '/w1,/w2',
      UV_HTTP_TIMEOUT: '30',
      UV_INSECURE_HOST: 'own a',
      SSL_CERT_FILE: '/ca.pem',
      SSL_CLIENT_CERT: '/me.pem',
      HTTPS_PROXY: 'http://proxy:8080',
      HTTP_PROXY: 'http://proxy:8080',
    });
    expect(uvArguments({ ...settings, 'no-index': '1' })).toEqual([
      '--no-index',
      '--no-binary',
      'x',
      '--no-binary',
      'y',
    ]);
    expect(uvEnvironment({}, {})).toEqual({ UV_SYSTEM_CERTS: 'true' });
  });

  it('lets what is set for uv win', () => {
    const env = { UV_INDEX_URL: 'https://uv/simple', SSL_CERT_FILE: '/uv.pem', https_proxy: 'http://other' };
    const given = uvEnvironment(settings, env);
    expect(given.UV_DEFAULT_INDEX).toBeUndefined();
    expect(given.SSL_CERT_FILE).toBeUndefined();
    expect(given.HTTPS_PROXY).toBeUndefined();
  });

  it('gives pip everything but what leads out of the environment, and no files', () => {
    const given = pipEnvironment(settings, { PATH: '/bin', PIP_TARGET: '/elsewhere', pip_user: '1' });
    expect(given).toMatchObject({ PATH: '/bin', PIP_INDEX_URL: settings['index-url'], PIP_CERT: '/ca.pem' });
    expect(Object.keys(given).filter((name) => /target|user/i.test(name))).toEqual([]);
    expect(given.PIP_CONFIG_FILE).toMatch(/null?/i);
  });

  it('never tells a password', () => {
    expect(indexText(settings, {})).toBe('https://own/simple, https://a/simple, https://b/simple');
    expect(indexText({}, {})).toBe('PyPI');
    expect(withoutSecrets('x https://a:b@h/p and git+ssh://git@h/r')).toBe('x https://h/p and git+ssh://h/r');
  });
});
