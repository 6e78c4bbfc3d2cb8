import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs';
import { once } from 'node:events';
import { createServer as createHttp, request, type Server } from 'node:http';
import { createServer as createHttps } from 'node:https';
import { type AddressInfo, createServer } from 'node:net';
import { hostname, machine, tmpdir, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { checkEngine } from '../../src/backends/docker/checkEngine';
import type { EngineCheck } from '../../src/backends/docker/doctor/check';
import { connectEngine } from '../../src/backends/docker/engine';
import { findEngine, type Surroundings } from '../../src/backends/docker/engine/address';
import { spokenError } from '../../src/backends/docker/engine/errors';
import type { Engine } from '../../src/backends/docker/engine/port';
import { environmentImage } from '../../src/backends/docker/images/environmentImage';
import { ServingObjects } from '../../src/backends/docker/labels';
import { DEFAULTS, type ServingDefinition } from '../../src/core/definition';
import type { Finding } from '../../src/environments/finding';
import { failure } from '../contract/backend.contract';
import { DockerPlace } from '../contract/dockerPlace';
import { operation } from '../contract/fixture';
import { imagesPlace, operation as building } from './imagesPlace';
import { host, image, NEVER, testEngine } from './place';
import { describeWithEngine, engineIsUp } from './support/engine';
import { Relay } from './support/relay';

const NOBODY = 65534;
const SETTING = { kind: 'openSettings', setting: 'modelServing.docker.host' };
const noLogins = { of: () => Promise.resolve(undefined) };

describeWithEngine('the doctor', () => {
  let home: string;
  let engine: Engine;
  const servers: Server[] = [];

  beforeAll(async () => {
    await engineIsUp();
    engine = await testEngine();
  });
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'ms-doctor-'));
    chmodSync(home, 0o755);
  });
  afterEach(() => {
    servers.splice(0).forEach((server) => {
      server.closeAllConnections();
      server.close();
    });
    rmSync(home, { recursive: true, force: true });
  });
  afterAll(() => {
    engine.dispose();
  });

  interface Asked extends Partial<EngineCheck> {
    readonly setting?: string;
    readonly env?: NodeJS.ProcessEnv;
  }
  /** What a window on this computer finds, as far as tests do not say otherwise. */
  const look = async ({ setting = '', env = {}, ...more }: Asked = {}): Promise<readonly Finding[]> => {
    const around = (): Surroundings => ({ setting, env, platform: process.platform, home });
    const engines: Engine[] = [];
    const connect: EngineCheck['connect'] = async (place) => {
      const made = await connectEngine(place, noLogins);
      engines.push(made);
      return made;
    };
    try {
      return await checkEngine(
        {
          find: async () => connect(await findEngine(around())),
          around,
          connect,
          servings: () => [],
          images: () => ({ base: image }),
          person: () => ({ name: userInfo().username, groups: process.getgroups?.() ?? [] }),
          computer: {
            name: hostname(),
            architecture: machine(),
            freeDisk: (folder) => {
              const { bavail, bsize } = statfsSync(folder);
              return Promise.resolve(bavail * bsize);
            },
          },
          ...more,
        },
        NEVER,
      );
    } finally {
      engines.forEach((each) => {
        each.dispose();
      });
    }
  };
  const write = (file: string, content: unknown): void => {
    mkdirSync(dirname(join(home, file)), { recursive: true });
    writeFileSync(join(home, file), JSON.stringify(content));
  };
  const context = (name: string, Host: string): void => {
    const id = createHash('sha256').update(name).digest('hex');
    write(`.docker/contexts/meta/${id}/meta.json`, { Name: name, Endpoints: { docker: { Host } } });
  };
  /** A socket that nobody listens on any more. */
  const deadSocket = async (): Promise<string> => {
    const relay = createServer();
    const path = join(home, 'live.sock');
    relay.listen(path);
    await once(relay, 'listening');
    const dead = join(home, 'dead.sock');
    renameSync(path, dead);
    relay.close();
    return `unix://${dead}`;
  };
  const byName = (findings: readonly Finding[], name: string): readonly Finding[] =>
    findings.filter((each) => each.name === name);

  it('has nothing to say against an engine that is well, and knows its disk', async () => {
    const findings = await look({ setting: host });
    const info = await engine.info(NEVER);
    expect(byName(findings, 'Docker')).toMatchObject([{ state: 'ok' }]);
    expect(byName(findings, 'Docker')[0]?.text).toContain(
      `${info.product} ${info.version}${info.rootless ? ', rootless' : ''} (${host} (setting`,
    );
    expect(findings.filter(({ state }) => state === 'problem')).toEqual([]);
    const [disk] = byName(findings, 'Docker disk');
    expect(disk?.text).toMatch(/ GB are free for the engine/);
    // As it has to be asked where the engine is in a virtual machine: through a container of an image that is there.
    if (!(await engine.inspectImage(image))) {
      await engine.pullImage(image, () => undefined, NEVER);
    }
    const { bavail, bsize } = statfsSync(info.dataRoot);
    const inside = await look({
      setting: host,
      computer: { name: 'elsewhere', architecture: machine(), freeDisk: () => Promise.reject(new Error('not here')) },
    });
    const seen = Number(/([\d.]+) GB/.exec(byName(inside, 'Docker disk')[0]?.text ?? '')?.[1]);
    expect(Math.abs(seen - (bavail * bsize) / 1e9)).toBeLessThan(2);
  }, 60_000);

  it('finds that none is installed', async () => {
    expect(await look()).toMatchObject([{ state: 'ok', remedy: { kind: 'openPage' } }]);
  });

  it('finds one that does not run, by a socket that is gone and by one that nobody listens on', async () => {
    const gone = await look({ env: { DOCKER_HOST: 'unix:///var/run/docker.sock' } });
    expect(gone).toMatchObject([
      { state: 'warning', remedy: { kind: 'typeCommand', command: 'sudo systemctl start docker' } },
    ]);
    expect(gone[0]?.text).toMatch(/no engine answers at unix:\/\/\/var\/run\/docker\.sock \(DOCKER_HOST\)/);
    const dead = await look({ env: { DOCKER_HOST: await deadSocket() } });
    expect(dead).toMatchObject([{ state: 'warning', remedy: SETTING }]);
    expect(dead[0]?.text).toContain('no engine answers at unix://');
  });

  it.skipIf(process.getuid?.() !== 0)('finds a socket that this user may not use, and whose it is', async () => {
    const relay = await Relay.make(host);
    const path = relay.address.slice('unix://'.length);
    chmodSync(dirname(path), 0o755);
    const asNobody = async (): Promise<readonly Finding[]> => {
      process.seteuid?.(NOBODY);
      try {
        return await look({ env: { DOCKER_HOST: relay.address }, person: () => ({ name: 'nobody', groups: [] }) });
      } finally {
        process.seteuid?.(0);
      }
    };
    try {
      chmodSync(path, 0o600);
      const [own] = await asNobody();
      expect(own?.text).toMatch(/^You may not use the Docker engine at unix:.* it is for its owner only/);
      expect(own?.remedy).toMatchObject({ kind: 'openPage' });
      const [group = '', , gid = ''] =
        readFileSync('/etc/group', 'utf8')
          .split('\n')
          .map((line) => line.split(':'))
          .find(([name, , , members]) => name !== 'root' && members === '') ?? [];
      chownSync(path, 0, Number(gid));
      chmodSync(path, 0o660);
      const [other] = await asNobody();
      expect(other?.text).toContain(`you are not in its group ${group}: join it, then log in again`);
      expect(other?.remedy).toEqual({ kind: 'typeCommand', command: `sudo usermod -aG ${group} nobody` });
      // Whoever may use it sees the engine.
      expect(byName(await look({ env: { DOCKER_HOST: relay.address } }), 'Docker')).toMatchObject([{ state: 'ok' }]);
    } finally {
      await relay.dispose();
    }
  });

  it('finds a context that does not exist or does not answer while another one does', async () => {
    context('works', host);
    context('away', 'unix:///nowhere/docker.sock');
    write('.docker/config.json', { currentContext: 'gone' });
    const use = { kind: 'typeCommand', command: 'docker context use works' };
    const [gone] = await look();
    expect(gone).toMatchObject({ state: 'warning', remedy: use });
    expect(gone?.text).toMatch(/^There is no Docker context gone, which .*\.docker\/config\.json names/);
    expect(gone?.text).toContain(`Another engine answers at ${host} (Docker context works): docker context use works`);

    write('.docker/config.json', { currentContext: 'away' });
    const [away] = await look();
    expect(away).toMatchObject({ state: 'warning', remedy: use });
    expect(away?.text).toMatch(/no engine answers at unix:\/\/\/nowhere.* \(Docker context away, of .*config\.json\)/);

    const [variable] = await look({ env: { DOCKER_CONTEXT: 'gone' } });
    expect(variable).toMatchObject({ state: 'warning', remedy: SETTING });
    expect(variable?.text).toMatch(
      /^There is no Docker context gone, which DOCKER_CONTEXT names.*unset DOCKER_CONTEXT/,
    );
    const [setting] = await look({ setting: 'unix:///nowhere/x.sock' });
    expect(setting).toMatchObject({ remedy: SETTING });
    expect(setting?.text).toContain('clear the setting modelServing.docker.host');

    const file = join(home, '.docker/config.json');
    writeFileSync(file, '{');
    expect(await look()).toMatchObject([{ state: 'warning', remedy: { kind: 'openFile', file } }]);

    // What the command of the remedy does.
    write('.docker/config.json', { currentContext: 'works' });
    const [well] = byName(await look(), 'Docker');
    expect(well).toMatchObject({ state: 'ok' });
    expect(well?.text).toMatch(/\(Docker context works, of .*config\.json\)/);
  });

  it('finds an image of another architecture, which nothing is built on', async () => {
    const tag = `ms-doctor-${createHash('sha256').update(home).digest('hex').slice(0, 8)}:other`;
    const other = machine() === 'aarch64' ? 'amd64' : 'arm64';
    await load(tag, other);
    const place = new DockerPlace({ settings: { baseImage: tag } });
    try {
      const findings = await look({ setting: host, images: () => ({ base: tag }) });
      const [base] = byName(findings, 'Docker images').filter(({ text }) => text.includes(tag));
      expect(base).toMatchObject({
        state: 'problem',
        remedy: { kind: 'openSettings', setting: 'modelServing.docker.baseImage' },
      });
      expect(base?.text).toContain(`it is made for ${other}`);
      const [found] = byName(await look({ setting: host }), 'Docker images').filter(({ text }) => text.includes(tag));
      expect(found).toMatchObject({ state: 'warning', remedy: { command: `docker -H ${host} rmi ${tag}` } });

      await place.add('echo');
      const backend = place.open();
      const ref = await backend.create(place.define('iris', 'echo', { backend: 'docker' }), operation());
      expect(await failure(backend.start(ref, operation()))).toMatchObject({
        code: 'unavailable',
        remedies: [{ kind: 'openSettings', setting: 'modelServing.docker.baseImage' }],
      });
    } finally {
      await engine.removeImage(tag);
      await place.dispose();
    }
  }, 60_000);

  describe('of names that are taken', () => {
    let place: DockerPlace;
    let objects: ServingObjects;
    let definition: ServingDefinition;
    beforeEach(async () => {
      place = new DockerPlace();
      await place.add('echo');
      place.secrets.set('KEY', 'value');
      definition = place.define('iris', 'echo', {
        backend: 'docker',
        environment: { variables: {}, secrets: ['KEY'] },
      });
      objects = new ServingObjects(place.folder, 'iris');
    });
    afterEach(() => place.dispose());
    const clashes = async (): Promise<readonly Finding[]> =>
      byName(
        await look({
          setting: host,
          servings: () => [{ about: { backend: 'docker', name: 'iris' }, folder: place.folder, definition }],
        }),
        'Docker names',
      );
    /** The doctor and a start say the same, and nothing of the other's is touched. */
    const refused = async (rest: string): Promise<void> => {
      const command = `docker -H ${host} ${rest}`;
      expect(await clashes()).toMatchObject([{ state: 'problem', remedy: { kind: 'typeCommand', command } }]);
      const backend = place.open();
      const ref = await backend.create(definition, operation());
      const error = await failure(backend.start(ref, operation()));
      expect(error).toMatchObject({
        code: 'exists',
        remedies: [{ kind: 'typeCommand', command }, { kind: 'runDoctor' }],
      });
      expect(error.message).toMatch(/^Could not start iris: the engine has a .* that is not of Model Serving/);
      expect(await place.objects()).toEqual([]);
    };

    it('finds a container that is not ours, and starts once it has another name', async () => {
      const id = await engine.createContainer({ name: objects.gateway, image, labels: { mine: '1' } });
      try {
        await refused(`rename ${objects.gateway} ${objects.gateway}-other`);
        await send('POST', `/containers/${id}/rename?name=${objects.gateway}-other`);
        expect(await clashes()).toEqual([]);
        const backend = place.open();
        await backend.start({ backend: backend.id, name: 'iris' }, operation());
        expect((await backend.servings(NEVER))[0]?.state).toBe('running');
      } finally {
        await engine.removeContainer(id);
      }
    }, 60_000);

    it('finds a network that is not ours', async () => {
      const id = await engine.createNetwork(objects.network, { mine: '1' });
      try {
        await refused(`network rm ${objects.network}`);
        expect((await engine.listNetworks({ mine: '1' })).map((each) => each.id)).toContain(id);
      } finally {
        await engine.removeNetwork(id);
      }
    }, 60_000);

    it('finds a volume that is not ours, and puts no secret into it', async () => {
      await send('POST', '/volumes/create', { Name: objects.secrets(1), Labels: { mine: '1' } });
      try {
        await refused(`volume rm ${objects.secrets(1)}`);
      } finally {
        await engine.removeVolume(objects.secrets(1));
      }
    }, 60_000);
  });

  it('finds a serving that asks for more than the engine has', async () => {
    const { memoryBytes, cpus } = await engine.info(NEVER);
    const resources = { cores: cpus + 1, memoryMb: Math.ceil(memoryBytes / 1024 / 1024) + 1, gpus: 0 };
    const about = { backend: 'docker', name: 'iris' };
    const findings = await look({
      setting: host,
      servings: () => [{ about, folder: '/nowhere', definition: { ...DEFAULTS, name: 'iris', resources } }],
    });
    const remedy = { kind: 'openDefinition', field: 'resources' };
    expect(byName(findings, 'Docker limits')).toMatchObject([
      { state: 'problem', remedy, about },
      { state: 'problem', remedy, about },
    ]);
  });

  it('finds a proxy that does not answer, and a build says which', async () => {
    const proxy = 'http://127.0.0.1:9';
    const [finding] = byName(await look({ setting: host, env: { HTTPS_PROXY: proxy } }), 'Docker sources');
    expect(finding).toMatchObject({ state: 'problem', remedy: { kind: 'openPage' } });
    expect(finding?.text).toContain(`The proxy ${proxy} does not answer`);
    const elsewhere = { name: 'elsewhere', architecture: machine(), freeDisk: () => Promise.reject(new Error('no')) };
    const away = await look({ setting: host, env: { HTTPS_PROXY: proxy }, computer: elsewhere });
    expect(byName(away, 'Docker sources')[0]?.text).toContain('an address of this computer only');

    const images = imagesPlace(engine, { PIP_PROXY: proxy, PIP_RETRIES: '0', UV_HTTP_TIMEOUT: '5' });
    try {
      const requirements = images.requirements('ms-no-such-package-anywhere==1.0');
      const error = await failure(environmentImage({ requirements }, images.tools, building()));
      expect(error.message).toContain(`${proxy} is an address of the engine's own computer to a build`);
      expect(error.remedies).toEqual([{ kind: 'runDoctor' }]);
    } finally {
      await images.remove();
    }
  }, 120_000);

  it('finds authorities that are no certificates', async () => {
    write('ca.pem', 'none');
    const findings = await look({ setting: host, env: { PIP_CERT: join(home, 'ca.pem') } });
    expect(byName(findings, 'Docker sources')).toMatchObject([{ state: 'problem' }]);
    const missing = await look({ setting: host, env: { PIP_CERT: join(home, 'none.pem') } });
    expect(byName(missing, 'Docker sources')[0]?.text).toContain('none.pem');
  });

  it('a build says whose certificate is not trusted, and trusts the authority that pip is told to', async () => {
    const openssl = (name: string, ...more: readonly string[]): void => {
      const files = ['-keyout', join(home, `${name}.key`), '-out', join(home, `${name}.pem`)];
      const args = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...files, ...more];
      execFileSync('openssl', args, { stdio: 'ignore' });
    };
    const authority = join(home, 'authority.pem');
    openssl('authority', '-subj', '/CN=authority of a test');
    const by = ['-CA', authority, '-CAkey', join(home, 'authority.key')];
    const names = ['-addext', 'subjectAltName=IP:127.0.0.1', '-addext', 'basicConstraints=CA:FALSE'];
    openssl('index', '-subj', '/CN=127.0.0.1', ...by, ...names);
    const [key, cert] = ['index.key', 'index.pem'].map((name) => readFileSync(join(home, name)));
    // It knows no package, which only those get to hear that trust it.
    const server = createHttps({ key, cert }, (_, answer) => {
      answer.writeHead(404).end();
    });
    servers.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const index = `https://127.0.0.1:${String((server.address() as AddressInfo).port)}/simple`;
    const build = async (env: NodeJS.ProcessEnv): Promise<string> => {
      const images = imagesPlace(engine, { PIP_INDEX_URL: index, PIP_RETRIES: '0', ...env });
      try {
        const requirements = images.requirements('ms-no-such-package-anywhere==1.0');
        return (await failure(environmentImage({ requirements }, images.tools, building()))).message;
      } finally {
        await images.remove();
      }
    };
    expect(await build({})).toMatch(/the certificate of .*127\.0\.0\.1.* is not trusted: set pip's "cert".*file$/);
    const trusted = await build({ PIP_CERT: authority });
    expect(trusted).toContain('ms-no-such-package-anywhere');
    expect(trusted).not.toContain('trusted');
    expect(byName(await look({ setting: host, env: { PIP_CERT: authority } }), 'Docker sources')).toEqual([]);
  }, 120_000);

  it('tells an engine with BuildKit from one without, and knows its words', async () => {
    expect(await engine.hasBuildKit(NEVER)).toBe(true);
    const version = await send('GET', '/version');
    const info = await send('GET', '/info');
    const server = createHttp((asked, answer) => {
      const url = asked.url ?? '';
      const text = url.includes('/version') ? version : url.includes('/info') ? info : undefined;
      answer.writeHead(text === undefined ? 404 : 200, { 'content-type': 'application/json' });
      answer.end(text ?? '{"message":"page not found"}');
    });
    servers.push(server);
    const socket = join(home, 'podman.sock');
    server.listen(socket);
    await once(server, 'listening');
    const findings = await look({ setting: `unix://${socket}`, images: () => ({}) });
    expect(byName(findings, 'Docker builds')).toMatchObject([{ state: 'warning', remedy: { kind: 'openPage' } }]);
    // The builder of old, which is still there when nobody asks for BuildKit.
    const file = Buffer.from(`FROM ${image}\nRUN --mount=type=tmpfs,target=/x true\n`);
    const answer = await send('POST', '/build?dockerfile=Dockerfile', tar({ Dockerfile: file })).catch(String);
    expect(spokenError(answer, 'Building')).toMatchObject({ code: 'unavailable', remedies: [{ kind: 'runDoctor' }] });
  });

  /** An image without anything in it, made for an architecture. */
  const load = async (tag: string, architecture: string): Promise<void> => {
    const layer = tar({});
    const config = Buffer.from(
      JSON.stringify({
        architecture,
        os: 'linux',
        config: { Labels: { 'model-serving': '1', 'model-serving.role': 'doctor-test' } },
        rootfs: { type: 'layers', diff_ids: [`sha256:${createHash('sha256').update(layer).digest('hex')}`] },
        history: [{ created: new Date().toISOString() }],
      }),
    );
    const name = `${createHash('sha256').update(config).digest('hex')}.json`;
    const manifest = Buffer.from(JSON.stringify([{ Config: name, RepoTags: [tag], Layers: ['layer.tar'] }]));
    await send('POST', '/images/load?quiet=1', tar({ [name]: config, 'layer.tar': layer, 'manifest.json': manifest }));
  };
});

/** One call of the engine's API; rejects with its words. */
function send(method: string, path: string, body?: object | Buffer): Promise<string> {
  const isTar = Buffer.isBuffer(body);
  const bytes = isTar ? body : body && Buffer.from(JSON.stringify(body));
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        socketPath: host.slice('unix://'.length),
        method,
        path,
        headers: {
          'content-type': isTar ? 'application/x-tar' : 'application/json',
          'content-length': bytes?.length ?? 0,
        },
      },
      (reply) => {
        let text = '';
        reply.setEncoding('utf8').on('data', (part: string) => (text += part));
        reply.once('end', () => {
          if ((reply.statusCode ?? 500) < 300) {
            resolve(text);
          } else {
            reject(new Error(text));
          }
        });
      },
    );
    sent.once('error', reject);
    sent.end(bytes);
  });
}

function tar(files: Readonly<Record<string, Buffer>>): Buffer {
  const parts = Object.entries(files).flatMap(([name, content]) => [
    tarHeader(name, content.length),
    content,
    Buffer.alloc((512 - (content.length % 512)) % 512),
  ]);
  return Buffer.concat([...parts, Buffer.alloc(1024)]);
}

function tarHeader(name: string, bytes: number): Buffer {
  const header = Buffer.alloc(512);
  header.write(name, 0);
  header.write('0000644\0', 100);
  header.write('0000000\0', 108);
  header.write('0000000\0', 116);
  header.write(`${bytes.toString(8).padStart(11, '0')}\0`, 124);
  header.write('00000000000\0', 136);
  header.write('        ', 148);
  header.write('0', 156);
  header.write('ustar\u000000', 257);
  const sum = header.reduce((all, byte) => all + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return header;
}
