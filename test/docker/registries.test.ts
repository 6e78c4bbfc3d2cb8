import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import type { Engine } from '../../src/backends/docker/engine/port';
import { gatewayImage } from '../../src/backends/docker/gateway/image';
import type { DockerSettings } from '../../src/backends/docker/ports';
import { isCancelled, type ServingError } from '../../src/core/errors';
import type { ServingRef } from '../../src/core/serving';
import { failure, until } from '../contract/backend.contract';
import { DockerPlace, GATEWAY_FILES, NEVER } from '../contract/dockerPlace';
import { operation } from '../contract/fixture';
import { testEngine } from './place';
import { describeWithEngine, engineIsUp, pythonImage } from './support/engine';
import { GuardedRegistry } from './support/guardedRegistry';

const LOGIN = 'me:a password';
/** The runner's own registry, where there is one. */
const behind = /^127\.0\.0\.1:\d+(?=\/)/.exec(pythonImage)?.[0];

// What images.test.ts tells of a base image (none of the name, no registry there) is not told again.
describeWithEngine('A registry', () => {
  let registry: GuardedRegistry;
  let engine: Engine;
  let config: string;
  const places: DockerPlace[] = [];

  beforeAll(async () => {
    await engineIsUp();
    engine = await testEngine();
  });
  beforeEach(async () => {
    registry = await GuardedRegistry.open(behind ?? '127.0.0.1:9', LOGIN);
    config = await mkdtemp(join(tmpdir(), 'docker-config-'));
    vi.stubEnv('DOCKER_CONFIG', config);
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    registry.close();
    await engine.removeImage(base());
    for (const place of places.splice(0)) {
      await place.dispose();
    }
    await rm(config, { recursive: true, force: true });
  });
  afterAll(() => {
    engine.dispose();
  });

  const base = (): string => `${registry.host}/python:3.11-slim`;
  /** As `docker login` leaves it. */
  const logIn = async (login: string): Promise<void> => {
    const auths = { [registry.host]: { auth: Buffer.from(login).toString('base64') } };
    await writeFile(join(config, 'config.json'), JSON.stringify({ auths }));
  };
  const serving = async (settings: Partial<DockerSettings>) => {
    const place = new DockerPlace({ settings });
    places.push(place);
    await place.add('echo');
    const backend = place.open();
    const ref: ServingRef = await backend.create(place.define('iris', 'echo', { backend: 'docker' }), operation());
    return { place, backend, ref };
  };
  /** What a start says that is refused, and that nothing of it is left. */
  const refused = async (settings: Partial<DockerSettings>): Promise<ServingError> => {
    const { place, backend, ref } = await serving(settings);
    const error = await failure(backend.start(ref, operation()));
    expect((await backend.servings(NEVER))[0]).toMatchObject({ state: 'failed', reason: error.message });
    expect(await place.objects()).toEqual([]);
    return error;
  };
  const remedyOf = (setting: string) => ({ kind: 'openSettings', setting: `modelServing.docker.${setting}` });
  const login = (): string => `docker login ${registry.host}`;

  it('that needs a login is named, with the command that logs in', async () => {
    const error = await refused({ baseImage: base() });
    expect(error.code).toBe('unavailable');
    expect(error.message).toContain(`Pulling ${base()} failed`);
    expect(error.message).toContain(login());
    expect(error.remedies).toContainEqual(remedyOf('baseImage'));
    expect(registry.refused).toBeGreaterThan(0);
  }, 60_000);

  it('that does not know the password says the same, and the password is not told', async () => {
    await logIn('me:another password');
    const error = await refused({ baseImage: base() });
    expect(error.code).toBe('unavailable');
    expect(error.message).toContain(base());
    expect(error.message).toContain(login());
    expect(`${error.message} ${String(error.cause)}`).not.toContain('another password');
  }, 60_000);

  it('gives its image to who has logged in', async ({ skip }) => {
    skip(behind === undefined, 'the base image is in no registry on 127.0.0.1');
    await logIn(LOGIN);
    const { backend, ref } = await serving({ baseImage: base() });
    const starting = operation(({ message }, cancel) => {
      if (/^(?:Building|Installing)/.test(message ?? '')) {
        cancel();
      }
    });
    const error = await failure(backend.start(ref, starting));
    expect(isCancelled(error), error.message).toBe(true);
    expect(registry.passed).toBeGreaterThan(0);
    expect(await engine.inspectImage(base())).toBeDefined();
  }, 90_000);

  it.each([
    ['forbids it', 'forbids', 'unavailable', /docker login/],
    ['is asked too often', 'busy', 'unavailable', /refuses more pulls for now: sign in with "docker login", or wait/],
    ['is broken', 'broken', 'unavailable', /500|the storage is away|internal server error/i],
  ] as const)('that %s is named, with what can be done', async (_, manner, code, says) => {
    registry.manner = manner;
    const error = await refused({ baseImage: base() });
    expect(error.code, error.message).toBe(code);
    expect(error.message).toContain(base());
    expect(error.message).toMatch(says);
    expect(error.remedies).toContainEqual(remedyOf('baseImage'));
  });

  it('that does not answer is not waited for by who cancels', async () => {
    registry.manner = 'silent';
    const { place, backend, ref } = await serving({ baseImage: base() });
    const starting = operation();
    const outcome = failure(backend.start(ref, starting));
    await until(() => starting.stages.includes('environment'));
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const before = Date.now();
    starting.cancel();
    expect(isCancelled(await outcome)).toBe(true);
    expect(Date.now() - before).toBeLessThan(2000);
    expect(await place.objects()).toEqual([]);
  }, 60_000);

  it.each([
    ['login', (host: string) => `${host}/haproxy:lts`, 'unavailable', /docker login 127/],
    ['forbids', (host: string) => `${host}/haproxy:lts`, 'unavailable', /docker login 127/],
    ['none', () => `${behind ?? '127.0.0.1:9'}/haproxy:none`, behind === undefined ? 'unreachable' : 'notFound', /./],
    ['not there', () => '127.0.0.1:9/haproxy:lts', 'unreachable', /cannot reach 127\.0\.0\.1:9/],
  ] as const)('that should have the image of the gateway says so, too (%s)', async (manner, nameOf, code, says) => {
    registry.manner = manner === 'forbids' ? 'forbids' : 'login';
    const name = nameOf(registry.host);
    const error = await failure(gatewayImage({ engine, files: GATEWAY_FILES, base: name }, operation()));
    expect(error.code, error.message).toBe(code);
    expect(error.message).toContain(`Pulling ${name} failed`);
    expect(error.message).toMatch(says);
    expect(error.remedies).toContainEqual(remedyOf('gatewayImage'));
  });

  it('that refuses the image of the gateway ends a start, of which nothing is left', async () => {
    const error = await refused({ gatewayImage: `${registry.host}/haproxy:lts` });
    expect(error.message).toContain(login());
  }, 120_000);
});
