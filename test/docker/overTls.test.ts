import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer, type Server } from 'node:tls';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { DockerPlace, NEVER } from '../contract/dockerPlace';
import { operation } from '../contract/fixture';
import { describeWithEngine, engineHost, engineIsUp } from './support/engine';

describeWithEngine('an engine behind TLS that asks who connects', () => {
  const files = mkdtempSync(join(tmpdir(), 'docker-tls-'));
  const sockets = new Set<Socket>();
  let server: Server;
  let host: string;

  const openssl = (name: string, ...more: readonly string[]): void => {
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', `${name}-key.pem`];
    const args = ['req', '-x509', ...key, '-out', `${name}.pem`, '-days', '2', ...more];
    execFileSync('openssl', args, { stdio: 'ignore', cwd: files });
  };

  beforeAll(async () => {
    await engineIsUp();
    openssl('ca', '-subj', '/CN=authority of a test');
    const by = ['-CA', 'ca.pem', '-CAkey', 'ca-key.pem', '-addext', 'basicConstraints=critical,CA:FALSE'];
    openssl('server', '-subj', '/CN=engine', ...by, '-addext', 'subjectAltName=IP:127.0.0.1');
    openssl('client', '-subj', '/CN=ada', ...by);
    const read = (name: string): Buffer => readFileSync(join(files, name));
    // The names that the Docker CLI looks for.
    writeFileSync(join(files, 'cert.pem'), read('client.pem'));
    writeFileSync(join(files, 'key.pem'), read('client-key.pem'));
    const asked = { ca: read('ca.pem'), requestCert: true, rejectUnauthorized: true };
    server = createServer({ ...asked, cert: read('server.pem'), key: read('server-key.pem') }, (client) => {
      const engine = connect(engineHost.replace('unix://', ''));
      for (const [one, other] of [
        [client, engine],
        [engine, client],
      ] as const) {
        sockets.add(one);
        one.pipe(other);
        one.on('error', () => other.destroy());
        one.on('close', () => other.destroy());
      }
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    host = `tcp://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
    vi.stubEnv('DOCKER_TLS_VERIFY', '1');
  });
  afterAll(() => {
    vi.unstubAllEnvs();
    sockets.forEach((socket) => socket.destroy());
    server.close();
    rmSync(files, { recursive: true });
  });

  it('starts, answers, tells its log, stops', async () => {
    vi.stubEnv('DOCKER_CERT_PATH', files);
    const place = new DockerPlace({ host });
    try {
      await place.add('echo');
      const backend = place.open();
      const ref = await backend.create(place.define('iris', 'echo', { backend: 'docker' }), operation());
      await backend.start(ref, operation());
      const { status, body } = await backend.predict(ref, { verb: 'predict', body: '{"inputs": [7]}' }, NEVER);
      expect([status, body]).toEqual([200, expect.stringContaining('7')]);
      const lines: string[] = [];
      for await (const { message } of backend.logs(ref, { follow: false }, NEVER)) {
        lines.push(message);
      }
      expect(lines.join('\n')).toMatch(/predict 200/);
      await backend.stop(ref, operation());
      await backend.remove(ref, operation());
      expect(await place.objects()).toEqual([]);
    } finally {
      await place.dispose();
    }
  }, 120_000);

  it('says that the files are missing that it asks for', async () => {
    const other = mkdtempSync(join(tmpdir(), 'docker-tls-'));
    vi.stubEnv('DOCKER_CERT_PATH', other);
    try {
      const nobody = new DockerPlace({ host });
      expect(await nobody.open().availability(NEVER)).toMatchObject({
        message: expect.stringMatching(/TLS files/) as string,
      });
      await nobody.dispose().catch(() => undefined);
    } finally {
      rmSync(other, { recursive: true });
    }
  }, 60_000);
});

describeWithEngine('a graphics card', () => {
  it('is asked of the engine; one that has none says so, and nothing is left', async () => {
    const place = new DockerPlace();
    try {
      await place.add('echo');
      const backend = place.open();
      const resources = { cores: 1, memoryMb: 256, gpus: 1 };
      const ref = await backend.create(place.define('iris', 'echo', { backend: 'docker', resources }), operation());
      const error: unknown = await backend.start(ref, operation()).catch((reason: unknown) => reason);
      expect(error).toMatchObject({
        message: expect.stringContaining('the engine has no GPUs to give') as string,
        remedies: [{ kind: 'openDefinition', field: 'resources' }],
      });
      expect(await place.objects()).toEqual([]);
      await backend.remove(ref, operation());
    } finally {
      await place.dispose();
    }
  }, 120_000);
});
