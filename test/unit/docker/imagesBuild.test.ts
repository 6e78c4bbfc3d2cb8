import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildSettings, hasPassword, withLocalPackages } from '../../../src/backends/docker/images/buildSettings';
import { dockerfile } from '../../../src/backends/docker/images/environmentImage';
import { makeScript, quoted } from '../../../src/backends/docker/images/makeScript';
import { baseImageOf } from '../../../src/backends/docker/images/pullBase';

const NEVER = new AbortController().signal;
const BUILD = '/tmp/model-serving/build';
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'ms-build-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

function file(name: string, content = ''): string {
  const full = join(directory, name);
  mkdirSync(join(full, '..'), { recursive: true });
  writeFileSync(full, content);
  return full;
}

describe("the user's settings in a build", () => {
  it('are told to pip and to uv in their own words', async () => {
    const settings = {
      'index-url': 'https://one/simple',
      'extra-index-url': 'https://two/simple',
      'trusted-host': 'one',
    };
    const { text, buildArgs, entries, localAddresses } = await buildSettings(settings, {}, '', NEVER);
    for (const line of [
      "PIP_INDEX_URL='https://one/simple'",
      "UV_DEFAULT_INDEX='https://one/simple'",
      "PIP_EXTRA_INDEX_URL='https://two/simple'",
      "UV_INDEX='https://two/simple'",
      "PIP_TRUSTED_HOST='one'",
      "UV_INSECURE_HOST='one'",
    ]) {
      expect(text).toContain(`export ${line}\n`);
    }
    expect([buildArgs, entries, localAddresses]).toEqual([{}, [], []]);
  });

  it('bring the file of authorities with them, whoever names it', async () => {
    const authority = file('ca.pem', 'PEM');
    for (const [settings, env] of [
      [{ cert: authority }, {}],
      [{}, { REQUESTS_CA_BUNDLE: authority }],
      [{}, { SSL_CERT_FILE: authority }],
    ] as const) {
      const { text, entries } = await buildSettings(settings, env, '', NEVER);
      expect(entries).toEqual([{ path: 'build/authority.pem', content: Buffer.from('PEM'), mode: 0o644 }]);
      for (const name of ['PIP_CERT', 'SSL_CERT_FILE', 'REQUESTS_CA_BUNDLE']) {
        expect(text).toContain(`export ${name}='${BUILD}/authority.pem'\n`);
      }
    }
    await expect(buildSettings({ cert: join(directory, 'none') }, {}, '', NEVER)).rejects.toMatchObject({
      code: 'package',
      message: expect.stringContaining('pip\'s setting "cert" names') as string,
    });
  });

  it('give proxies as build arguments only, in both spellings', async () => {
    const env = { https_proxy: 'http://me:pw@proxy:3128', NO_PROXY: 'localhost' };
    const { text, buildArgs } = await buildSettings({}, env, '', NEVER);
    expect(buildArgs).toEqual({
      HTTPS_PROXY: 'http://me:pw@proxy:3128',
      https_proxy: 'http://me:pw@proxy:3128',
      NO_PROXY: 'localhost',
      no_proxy: 'localhost',
    });
    expect(text).not.toContain('proxy');
    const { buildArgs: ofPip, text: other } = await buildSettings({ proxy: 'me:pw@proxy:1' }, {}, '', NEVER);
    expect(ofPip).toMatchObject({ HTTP_PROXY: 'http://me:pw@proxy:1', https_proxy: 'http://me:pw@proxy:1' });
    expect(other).not.toMatch(/proxy/i);
  });

  it('share the network of the computer where an index or a proxy listens on it alone', async () => {
    const needs = async (settings: Record<string, string>, env = {}, requirements = ''): Promise<boolean> =>
      (await buildSettings(settings, env, requirements, NEVER)).localAddresses.length > 0;
    expect(await needs({ 'index-url': 'http://localhost:3141/root/pypi' })).toBe(true);
    expect(await needs({ 'index-url': 'http://me:pw@127.0.0.1:3141/simple' })).toBe(true);
    expect(await needs({}, { HTTPS_PROXY: 'http://127.0.0.1:3128' })).toBe(true);
    expect(await needs({}, {}, '--index-url=http://[::1]:1/simple')).toBe(true);
    expect(await needs({ 'index-url': 'https://localhost.example.org/simple' })).toBe(false);
  });

  it('bring folders of packages with them', async () => {
    const wheel = file('links/a-1-py3-none-any.whl');
    file('links/notes.md');
    const settings = { 'find-links': `${join(directory, 'links')} https://there/links` };
    const { text, entries } = await buildSettings(settings, {}, '', NEVER);
    expect(text).toContain(`export PIP_FIND_LINKS='${BUILD}/links0 https://there/links'\n`);
    expect(entries.map(({ path }) => path)).toEqual(['build/links0/a-1-py3-none-any.whl', 'build/links0/links.txt']);
    expect(entries[0]).toMatchObject({ from: wheel });
  });
});

describe('local packages', () => {
  it('go with the build and are named by their place there', async () => {
    const wheel = pathToFileURL(file('a b-1-py3-none-any.whl')).href;
    file('own/pyproject.toml');
    file('own/.git/config');
    const own = pathToFileURL(join(directory, 'own')).href;
    const lines = ['six', `${wheel} ; python_version > "3"`, `--editable ${own}[x]`, `own @ ${own}`];
    const local = await withLocalPackages(lines.join('\n'), 'l', NEVER);
    expect(local.text.split('\n')).toEqual([
      'six',
      `file://${BUILD}/l1/a%20b-1-py3-none-any.whl ; python_version > "3"`,
      `file://${BUILD}/l2[x]`,
      `own @ file://${BUILD}/l3`,
    ]);
    expect(local.entries.map(({ path }) => path)).toEqual([
      'build/l1/a b-1-py3-none-any.whl',
      'build/l2/pyproject.toml',
      'build/l3/pyproject.toml',
    ]);
  });
});

describe('the text of a build', () => {
  const script = { uvArguments: [], hasRequirements: true, hasConstraints: false, secrets: [], mark: 'x' } as const;

  it('mounts what holds passwords as secrets, and keeps no cache of it', () => {
    expect(hasPassword("export PIP_INDEX_URL='https://me:pw@there/simple'")).toBe(true);
    expect(hasPassword("export PIP_INDEX_URL='https://there/simple'")).toBe(false);
    const secret = dockerfile('base', ['settings.sh'], 'm');
    expect(secret).toContain('--mount=type=secret,id=settings.sh,target=/tmp/model-serving/private/settings.sh');
    expect(dockerfile('base', [], 'm')).not.toContain('type=secret');
    const text = makeScript({ ...script, secrets: ['settings.sh'] });
    expect(text).toContain('. /tmp/model-serving/private/settings.sh\n');
    expect(text).toContain('UV_NO_CACHE=1');
    expect(makeScript(script)).toContain(`. ${BUILD}/settings.sh\n`);
  });

  it('installs nothing but the parts of the server for an empty list', () => {
    expect(makeScript(script)).toContain('requirements.txt');
    expect(makeScript({ ...script, hasRequirements: false })).not.toContain('requirements.txt');
  });

  it('puts packages before the server, and ends as a plain user', () => {
    const lines = dockerfile('python:3.11-slim', [], 'm').trim().split('\n');
    expect(lines[0]).toBe('FROM python:3.11-slim');
    expect(lines.at(-1)).toBe('USER 10001:10001');
    expect(lines.findIndex((line) => line.includes('make.sh'))).toBeLessThan(
      lines.findIndex((line) => line.startsWith('COPY')),
    );
  });

  it('quotes for a shell', () => {
    expect(quoted("a'b $c")).toBe(`'a'\\''b $c'`);
  });
});

it('takes the base image of the setting, else the official one of the Python', () => {
  expect(baseImageOf(' mine:1 ', '3.9.1')).toBe('mine:1');
  expect(baseImageOf('', '3.11.7')).toBe('python:3.11-slim');
  expect(baseImageOf(undefined, undefined)).toBe('python:3.12-slim');
});
