import { describe, expect, it } from 'vitest';
import type { ServingError } from '../../../src/core/errors';
import { buildFailure, toEngineError } from '../../../src/backends/docker/engine/errors';
import { limited } from '../../../src/backends/docker/engine/limit';

const address = { url: 'unix:///d.sock', source: 'context', context: 'work' } as const;
const of = (error: unknown): ServingError => toEngineError(error, 'Doing it', address);
const system = (code: string, message = code): Error => Object.assign(new Error(message), { code });
const http = (statusCode: number, message: string): Error =>
  Object.assign(new Error(`(HTTP code ${statusCode}) server error - ${message} `), { statusCode, json: { message } });

describe('what goes wrong with an engine', () => {
  it.each([
    [system('ENOENT'), 'unavailable', /no engine answers at unix:\/\/\/d\.sock \(Docker context work\)/],
    [system('ECONNREFUSED'), 'unavailable', /start Docker/],
    [system('EACCES'), 'unavailable', /group docker/],
    [system('ECONNRESET', 'socket hang up'), 'unreachable', /lost: socket hang up/],
    [system('ENOTFOUND'), 'unreachable', /no computer of that name/],
    [system('DEPTH_ZERO_SELF_SIGNED_CERT'), 'unreachable', /no safe connection/],
    [system('ESSH', 'me@far: Permission denied (publickey).'), 'unreachable', /by ssh: me@far: Permission denied/],
    [system('HPE_INVALID_CONSTANT'), 'unreachable', /wants TLS/],
    [http(404, 'No such container: x'), 'notFound', /^Doing it: No such container: x$/],
    [http(409, 'Conflict. The container name "/x" is already in use by'), 'exists', /already in use/],
    [http(409, 'container x is not running'), 'conflict', /not running/],
    [http(400, 'bad'), 'invalid', /bad/],
    [http(403, 'no'), 'unavailable', /refuses/],
    [http(500, 'driver failed …: Bind for 127.0.0.1:80 failed: port is already allocated'), 'portInUse', /port/],
    [http(500, 'listen tcp4 127.0.0.1:80: bind: address already in use'), 'portInUse', /port/],
    [http(500, 'mkdir /var/lib/docker/x: no space left on device'), 'disk', /disk/],
    [new Error('manifest for a:b not found: manifest unknown'), 'notFound', /no such image/],
    [new Error('pull access denied for x, repository does not exist'), 'unavailable', /docker login/],
    [new Error('toomanyrequests: You have reached your pull rate limit'), 'unavailable', /try later/],
    [new Error('Get "https://r/v2/": dial tcp: lookup r: no such host'), 'unreachable', /no such host/],
    [http(500, 'could not select device driver "" with capabilities: [[gpu]]'), 'unavailable', /NVIDIA/],
    [new Error('odd'), 'unavailable', /^Doing it: odd$/],
    [Object.assign(new Error('x'), { name: 'AbortError' }), 'cancelled', /cancelled/],
  ] as const)('%s', (error, code, says) => {
    const ours = of(error);
    expect(ours.code).toBe(code);
    expect(ours.message).toMatch(says);
  });

  it('has a button where a person can do something', () => {
    expect(of(http(500, 'port is already allocated')).remedies).toEqual([{ kind: 'choosePort' }]);
    expect(of(system('ENOENT')).remedies.map(({ kind }) => kind)).toEqual(['runDoctor', 'openSettings']);
  });

  it('does not take the words of a step for the engine’s', () => {
    const step = buildFailure('B', 'process "sh -c unauthorized" did not complete successfully: exit code: 1', [
      'a',
      'b',
    ]);
    expect(step).toMatchObject({ code: 'invalid', message: expect.stringMatching(/exit code: 1\na\nb$/) as string });
    expect(buildFailure('B', 'process "x" did not complete successfully', ['No space left on device']).code).toBe(
      'disk',
    );
  });
});

it('waits no longer than it should for work that does not end', async () => {
  const forever = () => new Promise<never>(() => undefined);
  await expect(limited('It', undefined, 20, forever)).rejects.toMatchObject({ code: 'timeout' });
  const stop = new AbortController();
  const waiting = limited('It', stop.signal, Infinity, forever);
  stop.abort();
  await expect(waiting).rejects.toMatchObject({ code: 'cancelled' });
  expect(await limited('It', stop.signal.aborted ? undefined : stop.signal, 1000, () => Promise.resolve(1))).toBe(1);
});
