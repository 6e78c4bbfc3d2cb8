import { describe, expect, it } from 'vitest';
import { environmentFailure, pullFailure } from '../../../src/backends/docker/images/failures';
import { checkArchitecture } from '../../../src/backends/docker/images/pullBase';
import { ServingError } from '../../../src/core/errors';

const signal = new AbortController().signal;

describe('a pull that failed', () => {
  const setting = { kind: 'openSettings', setting: 'modelServing.docker.baseImage' } as const;
  it.each([
    ['manifest for python:9 not found: manifest unknown: manifest unknown', 'notFound', 'no such image in Docker Hub'],
    ['pull access denied for x, repository does not exist or may require docker login', 'unavailable', 'docker login'],
    [
      'Get "https://r.io/v2/": x509: certificate signed by unknown authority',
      'unreachable',
      'certificate of Docker Hub',
    ],
    ['Get "https://r.io/v2/": dial tcp: lookup r.io: no such host', 'unreachable', 'cannot reach Docker Hub'],
    ['Get "https://r.io/v2/": proxyconnect tcp: dial tcp 1.2.3.4:1: connection refused', 'unreachable', 'proxy'],
    ['write /var/lib/docker/tmp/x: no space left on device', 'disk', 'disk is full'],
    ['toomanyrequests: You have reached your pull rate limit', 'unavailable', 'refuses more pulls'],
    ['no matching manifest for linux/arm64/v8 in the manifest list entries', 'unavailable', 'architecture'],
  ])('%s', (said, code, text) => {
    const failure = pullFailure(new Error(said), 'python:9', signal, [setting]);
    expect(failure.code).toBe(code);
    expect(failure.message).toContain(text);
    expect(failure.remedies.length).toBeGreaterThan(0);
    const wrapped = new ServingError('unavailable', 'Pulling: in other words', { cause: new Error(said) });
    expect(pullFailure(wrapped, 'python:9', signal, [setting]).code).toBe(code);
  });

  it('names the registry to log in to', () => {
    for (const said of ['unauthorized', '(HTTP code 500) server error - denied']) {
      const failure = pullFailure(new Error(said), 'r.example.org/base:1', signal, []);
      expect(failure.message).toContain('docker login r.example.org');
    }
  });

  it('does not take the name of an image for a proxy', () => {
    const said = 'Pulling r.io/haproxy:1: Get "https://r.io/v2/": dial tcp 1.2.3.4:1: connection refused';
    expect(pullFailure(new Error(said), 'r.io/haproxy:1', signal, []).message).toContain('cannot reach r.io');
  });

  it('says what nobody knows in the words of the engine', () => {
    const { message } = pullFailure(new Error('(HTTP code 500) server error - a strange day'), 'base', signal, []);
    expect(message).toBe('Pulling base failed: a strange day');
  });
});

it('refuses a base image of another architecture', () => {
  const base = { id: 'x', labels: {}, architecture: 'arm64', user: '', sizeBytes: 1 };
  expect(() => {
    checkArchitecture('base', base, 'x86_64');
  }).toThrow('made for arm64, and the engine runs amd64');
  checkArchitecture('base', base, 'aarch64');
});

describe('an environment that could not be built', () => {
  const fail = (
    output: string,
    reason = 'did not complete successfully: exit code: 1',
    local: readonly string[] = [],
  ): ServingError =>
    environmentFailure({
      what: 'It failed',
      error: new ServingError('invalid', `Building: ${reason}`),
      output,
      signal,
      index: 'PyPI',
      local,
      base: 'base:1',
      baseSetting: 'setting',
      whereIs: (name) => ({ kind: 'openFile', file: 'requirements.txt', line: name === 'nothing' ? 3 : 1 }),
    });

  it('says what pip or uv said, without passwords', () => {
    const python = 'model-serving: python 3.11.2\n';
    const missing = fail(`${python}ERROR: No matching distribution found for nothing (from versions: none)`);
    expect(missing).toMatchObject({ code: 'package', remedies: [{ kind: 'openFile', line: 3 }] });
    expect(fail(`${python}invalid peer certificate: UnknownIssuer`).message).toContain('is not trusted');
    expect(fail(`${python}OSError: [Errno 28] No space left on device`)).toMatchObject({ code: 'disk' });
    expect(fail(`${python}error: https://me:pw@there/x`).message).not.toContain('pw');
  });

  it('says of a proxy on localhost where a build looks for it', () => {
    const said = 'model-serving: python 3.11.2\nFailed to fetch x\nerror sending request: Connection refused';
    const { message } = fail(said, undefined, ['http://127.0.0.1:3128']);
    expect(message).toMatch(
      /^It failed: PyPI could not be reached.*\. http:\/\/127\.0\.0\.1:3128 is an address of the engine/,
    );
    expect(fail(said).message).not.toContain('own computer');
    const other = fail('model-serving: python 3.11.2\nNo matching distribution found for x', undefined, [
      'http://[::1]:1',
    ]);
    expect(other.message).not.toContain('own computer');
  });

  it('says what the base image lacks', () => {
    expect(fail('', 'exit code: 91').message).toBe('It failed: there is no Python in the base image base:1');
    expect(fail('model-serving: python 3.8.1', 'exit code: 92').message).toContain('has Python 3.8.1');
    expect(fail('model-serving: python 3.11.1', 'exit code: 93').message).toContain('has neither pip nor venv');
  });
});
