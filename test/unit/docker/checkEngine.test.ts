import { DEFAULTS } from '../../../src/core/definition';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { checkEngine } from '../../../src/backends/docker/checkEngine';
import type { CheckedServing, EngineCheck } from '../../../src/backends/docker/doctor/check';
import { startCommand } from '../../../src/backends/docker/doctor/commands';
import { whyNotAllowed } from '../../../src/backends/docker/doctor/permission';
import type { Engine, EngineAddress, EngineInfo } from '../../../src/backends/docker/engine/port';
import { ServingObjects } from '../../../src/backends/docker/labels';
import { ServingError } from '../../../src/core/errors';

const never = new AbortController().signal;
const healthy: EngineInfo = {
  version: '28.0.1',
  apiVersion: '1.48',
  osType: 'linux',
  architecture: 'amd64',
  cpus: 4,
  memoryBytes: 16e9,
  name: 'here',
  rootless: false,
  dataRoot: '/var/lib/docker',
  cgroupVersion: '2',
  product: 'Docker',
  limits: { memory: true, cores: true, processes: true },
};

const home = mkdtempSync(join(tmpdir(), 'ms-check-'));
afterAll(() => {
  rmSync(home, { recursive: true, force: true });
});

const SETTING = { kind: 'openSettings', setting: 'modelServing.docker.host' } as const;
const about = { backend: 'docker:1', name: 'iris' };
const iris: CheckedServing = {
  about,
  folder: '/w',
  definition: {
    ...DEFAULTS,
    name: 'iris',
    resources: { cores: 2, memoryMb: 512, gpus: 0 },
    environment: { variables: {}, secrets: ['KEY'] },
  },
};

interface Changes {
  readonly info?: Partial<EngineInfo>;
  readonly engine?: Partial<Engine>;
  readonly address?: EngineAddress;
  readonly check?: Partial<EngineCheck>;
  readonly env?: NodeJS.ProcessEnv;
}

function look({ info = {}, engine = {}, address, check = {}, env = {} }: Changes = {}) {
  const found: Partial<Engine> = {
    address: address ?? { url: 'unix:///var/run/docker.sock', source: 'default' },
    info: () => Promise.resolve({ ...healthy, ...info }),
    hasBuildKit: () => Promise.resolve(true),
    listImages: () => Promise.resolve([]),
    listContainers: () => Promise.resolve([]),
    listNetworks: () => Promise.resolve([]),
    listVolumes: () => Promise.resolve([]),
    inspectImage: () => Promise.resolve(undefined),
    ...engine,
  };
  return checkEngine(
    {
      find: () => Promise.resolve(found as Engine),
      around: () => ({ setting: '', env, platform: 'linux', home }),
      connect: () => Promise.reject(new Error('nothing answers')),
      servings: () => [],
      images: () => ({}),
      person: () => ({ name: 'me', groups: [] }),
      computer: { name: 'here', architecture: 'x86_64', freeDisk: () => Promise.resolve(50e9) },
      ...check,
    },
    never,
  );
}

it('says where the engine is and what it has', async () => {
  const findings = await look();
  expect(findings.every(({ state }) => state === 'ok')).toBe(true);
  const [finding, disk] = findings;
  expect(finding).toMatchObject({ name: 'Docker', state: 'ok' });
  expect(finding?.text).toContain('Docker 28.0.1');
  expect(finding?.text).toContain('/var/run/docker.sock');
  expect(finding?.text).toContain('4 cores, 16.0 GB of memory, amd64');
  expect(disk?.text).toBe('50.0 GB are free for the engine (/var/lib/docker)');
});

it('says which context the engine is of, and who names it', async () => {
  const [finding] = await look({
    address: { url: 'unix:///x', source: 'context', context: 'work', contextOf: 'DOCKER_CONTEXT' },
  });
  expect(finding?.text).toContain('unix:///x (Docker context work, of DOCKER_CONTEXT)');
});

const image = (architecture: string) => () =>
  Promise.resolve({ id: 'x', labels: {}, architecture, user: '', sizeBytes: 1 });
const df = (kilobytes: number) => () =>
  Promise.resolve({
    exitCode: 0,
    output: `Filesystem 1024-blocks Used Available Capacity Mounted on\noverlay 100000000 5 ${String(kilobytes)} 9% /\n`,
  });
const inMachine: Partial<Engine> = {
  listImages: () =>
    Promise.resolve([{ id: 'i', tags: ['model-serving/environment:1'], labels: {}, sizeBytes: 1, created: 1 }]),
};

it.each<[string, Changes, string, RegExp, string | undefined]>([
  ['Windows containers', { info: { osType: 'windows' } }, 'problem', /Linux containers/, 'typeCommand'],
  ['an old engine', { info: { apiVersion: '1.40' } }, 'problem', /too old/, 'openPage'],
  ['little memory', { info: { memoryBytes: 1e9 } }, 'warning', /large models/, 'openPage'],
  ['an emulated engine', { info: { architecture: 'arm64' } }, 'warning', /all of it is emulated/, 'openPage'],
  [
    'limits that are not in force',
    { info: { limits: { memory: false, cores: false, processes: true }, rootless: true, cgroupVersion: '1' } },
    'warning',
    /^No limit of memory and cores is in force, whatever servings ask for: a rootless engine/,
    'openPage',
  ],
  ['no BuildKit', { engine: { hasBuildKit: () => Promise.resolve(false) } }, 'warning', /without BuildKit/, 'openPage'],
  [
    'little disk',
    { check: { computer: { name: 'here', architecture: 'x86_64', freeDisk: () => Promise.resolve(3e9) } } },
    'warning',
    /3\.0 GB are free/,
    'typeCommand',
  ],
  [
    'no disk in a virtual machine',
    { info: { name: 'colima' }, engine: { ...inMachine, runOnce: df(500_000) } },
    'problem',
    /0\.5 GB are free.*no image can be built/,
    'typeCommand',
  ],
  [
    'a base image of another architecture',
    { engine: { inspectImage: image('arm64') }, check: { images: () => ({ base: 'base:1' }) } },
    'problem',
    /base:1 cannot be used: it is made for arm64, and the engine runs amd64/,
    'openSettings',
  ],
  [
    'an environment image of another architecture',
    { engine: { ...inMachine, inspectImage: image('arm64') } },
    'warning',
    /environment:1 is made for arm64.*emulated and slow/,
    'typeCommand',
  ],
  [
    'a serving that asks for more memory',
    { info: { memoryBytes: 3e8 }, check: { servings: () => [iris] } },
    'problem',
    /iris asks for 512 MB of memory, and the engine has 286/,
    'openDefinition',
  ],
  [
    'a serving that asks for more cores',
    { info: { cpus: 1 }, check: { servings: () => [iris] } },
    'problem',
    /iris asks for 2 cores, and the engine has 1/,
    'openDefinition',
  ],
  [
    'a proxy of this computer before an engine in a virtual machine',
    { info: { name: 'colima' }, env: { HTTPS_PROXY: 'http://me:pw@127.0.0.1:3128' } },
    'warning',
    /^http:\/\/127\.0\.0\.1:3128 is an address of this computer only, and builds run on a virtual machine/,
    'openPage',
  ],
  [
    'authorities that cannot be read',
    { env: { PIP_CERT: '/nowhere/ca.pem' } },
    'problem',
    /"cert" names \/nowhere\/ca\.pem/,
    'openPage',
  ],
])('finds %s', async (_, changes, state, text, remedy) => {
  const findings = (await look(changes)).filter((each) => each.state !== 'ok');
  const [finding] = findings.filter((each) => text.test(each.text));
  expect(finding, JSON.stringify(findings)).toMatchObject({ state });
  expect(finding?.remedy?.kind).toBe(remedy);
});

it('asks another image for the disk when the first one goes meanwhile, or has no program for it', async () => {
  const tags = ['model-serving/gateway:1', 'model-serving/environment:1'];
  const runOnce: Engine['runOnce'] = ({ image: asked }) => {
    if (asked === 'gone:1') {
      return Promise.reject(new ServingError('notFound', 'Making a container: No such image: gone:1'));
    }
    return asked === tags[0] ? Promise.resolve({ exitCode: 127, output: 'df: not found' }) : df(7_000_000)();
  };
  const findings = await look({
    info: { name: 'colima' },
    engine: {
      listImages: () =>
        Promise.resolve(tags.map((tag) => ({ id: tag, tags: [tag], labels: {}, sizeBytes: 1, created: 1 }))),
      inspectImage: image('amd64'),
      runOnce,
    },
    check: { images: () => ({ base: 'gone:1' }) },
  });
  expect(findings.filter(({ name }) => name === 'Docker disk')).toMatchObject([
    { state: 'ok', text: '7.2 GB are free for the engine (/var/lib/docker)' },
  ]);
});

it('calls a rootless engine and Podman by their names', async () => {
  const [finding] = await look({ info: { product: 'Podman', version: '4.3.1', rootless: true } });
  expect(finding?.text).toMatch(/^Podman 4\.3\.1, rootless \(unix:/);
});

it('finds what has the name of a serving’s object and is not ours', async () => {
  const objects = new ServingObjects('/w', 'iris');
  const { gateway, network } = objects;
  const secrets = objects.secrets(1);
  const named = (name: string, labels = {}) => ({ id: name, name, labels });
  const summary = { image: '', state: 'running', created: 1, ports: [], addresses: {} } as const;
  const findings = await look({
    check: { servings: () => [iris] },
    engine: {
      listContainers: () => Promise.resolve([{ ...summary, ...named(gateway) }]),
      listNetworks: () => Promise.resolve([named(network, { 'model-serving': '1' }), named('bridge')]),
      listVolumes: () => Promise.resolve([named(secrets)]),
    },
  });
  const clashes = findings.filter(({ name }) => name === 'Docker names');
  expect(clashes.map(({ remedy }) => remedy)).toEqual([
    { kind: 'typeCommand', command: `docker rename ${gateway} ${gateway}-other` },
    { kind: 'typeCommand', command: `docker volume rm ${secrets}` },
  ]);
  expect(clashes.map((each) => each.about)).toEqual([about, about]);
});

it('goes on where one look fails', async () => {
  const findings = await look({ engine: { listImages: () => Promise.reject(new Error('no images')) } });
  expect(findings).toContainEqual({ name: 'Docker images', state: 'warning', text: 'no images' });
  expect(findings.length).toBeGreaterThan(1);
});

describe('an engine that does not answer', () => {
  const failing = (error: Error, changes: Changes = {}) =>
    look({ ...changes, engine: { info: () => Promise.reject(error) } });
  const refused = (code: string): ServingError =>
    new ServingError('unavailable', 'Asking the Docker engine: no engine answers', {
      cause: Object.assign(new Error(code), { code }),
    });

  it('takes none at all as it is, and as a problem where servings need it', async () => {
    const find = () => Promise.reject(new ServingError('notFound', 'Docker was not found'));
    expect(await look({ check: { find } })).toMatchObject([{ state: 'ok', remedy: { kind: 'openPage' } }]);
    expect(await look({ check: { find, servings: () => [iris] } })).toMatchObject([
      { state: 'problem', remedy: { kind: 'openPage' } },
    ]);
  });

  it('is started', async () => {
    expect(await failing(refused('ENOENT'))).toMatchObject([
      {
        state: 'warning',
        text: 'Docker: no engine answers',
        remedy: { kind: 'typeCommand', command: 'sudo systemctl start docker' },
      },
    ]);
    const elsewhere: EngineAddress = { url: 'tcp://far:2375', source: 'setting', remoteHost: 'far' };
    expect(await failing(refused('ECONNREFUSED'), { address: elsewhere })).toMatchObject([{ remedy: SETTING }]);
  });

  it.each([
    ['unix:///Users/me/.colima/default/docker.sock', 'darwin', 'colima start'],
    ['unix:///Users/me/.docker/run/docker.sock', 'darwin', 'open -a Docker'],
    ['unix:///run/user/1000/docker.sock', 'linux', 'systemctl --user start docker'],
    ['npipe:////./pipe/docker_engine', 'win32', '& "$env:ProgramFiles\\Docker\\Docker\\Docker Desktop.exe"'],
    ['unix:///x/y.sock', 'linux', undefined],
  ] as const)('%s on %s is started by its own command', (url, platform, command) => {
    expect(startCommand({ url, source: 'default' }, platform)).toBe(command);
  });

  it('is left for another one that does', async () => {
    const socket = join(home, '.colima/default/docker.sock');
    mkdirSync(join(socket, '..'), { recursive: true });
    const server = createServer();
    await new Promise<void>((resolve) => {
      server.listen(socket, resolve);
    });
    try {
      const connect = () =>
        Promise.resolve({ info: () => Promise.resolve(healthy), dispose: () => undefined } as unknown as Engine);
      const address: EngineAddress = { url: 'unix:///gone', source: 'context', context: 'gone' };
      const [byContext] = await failing(refused('ENOENT'), { address, check: { connect } });
      expect(byContext?.text).toContain(`Another engine answers at unix://${socket}: docker context use default`);
      expect(byContext?.remedy).toEqual({ kind: 'typeCommand', command: 'docker context use default' });
      const [byVariable] = await failing(refused('ENOENT'), { address, check: { connect }, env: { DOCKER_HOST: 'x' } });
      expect(byVariable?.text).toContain('unset DOCKER_HOST, or set modelServing.docker.host to unix://');
      expect(byVariable?.remedy).toEqual(SETTING);
    } finally {
      server.close();
    }
  });

  it('is cancelled', async () => {
    const find = () => Promise.reject(ServingError.cancelled('It'));
    await expect(look({ check: { find } })).rejects.toMatchObject({ code: 'cancelled' });
  });
});

it('says whose a socket is', async () => {
  const file = join(home, 'socket');
  writeFileSync(file, '', { mode: 0o600 });
  expect((await whyNotAllowed(file, { name: 'me', groups: [] }, 'linux')).text).toContain('for its owner only');
  expect((await whyNotAllowed(file, { name: 'me', groups: [] }, 'win32')).remedy).toMatchObject({
    kind: 'typeCommand',
  });
});
