import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { ContainerLogLine, Engine, EngineEvent, PullProgress } from '../../src/backends/docker/engine/port';
import { host, image, NEVER, python, testEngine } from './place';
import { describeWithEngine, engineIsUp, noEngine } from './support/engine';

const id = Math.random().toString(36).slice(2, 10);
const labels = { 'model-serving.test': id };
let engine: Engine;

beforeAll(async () => {
  if (noEngine !== undefined) {
    return;
  }
  await engineIsUp();
  engine = await testEngine();
  if (!(await engine.inspectImage(image))) {
    await engine.pullImage(image, () => undefined, NEVER);
  }
});
afterEach(async () => {
  if (noEngine !== undefined) {
    return;
  }
  for (const container of await engine.listContainers(labels)) {
    await engine.removeContainer(container.id);
  }
  for (const network of await engine.listNetworks(labels)) {
    await engine.removeNetwork(network.id);
  }
  for (const volume of await engine.listVolumes(labels)) {
    await engine.removeVolume(volume.name);
  }
});
afterAll(async () => {
  if (noEngine !== undefined) {
    return;
  }
  for (const one of await engine.listImages(labels)) {
    await engine.removeImage(one.id);
  }
  engine.dispose();
});

const docker = (...args: readonly string[]): string =>
  execFileSync('docker', ['-H', host, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
const sleep = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
async function until(check: () => Promise<boolean> | boolean): Promise<void> {
  for (const end = Date.now() + 20_000; Date.now() < end;) {
    if (await check()) {
      return;
    }
    await sleep(100);
  }
  throw new Error('it did not come');
}
async function linesOf(container: string, follow: boolean): Promise<readonly ContainerLogLine[]> {
  const lines: ContainerLogLine[] = [];
  for await (const line of engine.containerLogs(container, { follow }, NEVER)) {
    lines.push(line);
  }
  return lines;
}

describeWithEngine('an engine', () => {
  it('says what it is', async () => {
    const info = await engine.info(NEVER);
    expect(info).toMatchObject({ osType: 'linux', rootless: false });
    expect(info.cpus).toBeGreaterThan(0);
    expect(info.apiVersion).toMatch(/^\d+\.\d+$/);
  });

  it('hardens every container', async () => {
    const made = await engine.createContainer(
      python('pass', labels, {
        cores: 0.5,
        memoryMb: 64,
        tmpfs: { '/tmp': 'rw,size=8m' },
        volumes: [{ target: '/run/serving' }],
        restart: 'unless-stopped',
        stopSeconds: 7,
      }),
    );
    const [found] = JSON.parse(docker('inspect', made)) as [{ HostConfig: object; Config: object; Mounts: object[] }];
    expect(found.HostConfig).toMatchObject({
      ReadonlyRootfs: true,
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges'],
      Init: true,
      Privileged: false,
      PidsLimit: 512,
      Memory: 64 * 1024 * 1024,
      MemorySwap: 64 * 1024 * 1024,
      NanoCpus: 5e8,
      NetworkMode: 'none',
      LogConfig: { Type: 'json-file', Config: { 'max-file': '3' } },
      RestartPolicy: { Name: 'unless-stopped' },
      Tmpfs: { '/tmp': 'rw,size=8m' },
    });
    expect(found.Config).toMatchObject({ User: '10001:10001', StopTimeout: 7 });
    expect(found.Mounts).toMatchObject([{ Type: 'volume', Destination: '/run/serving', RW: true }]);
    const volume = (found.Mounts[0] as { Name: string }).Name;
    await engine.removeContainer(made);
    expect(docker('volume', 'ls', '-q')).not.toContain(volume);
  });

  it('runs a container from start to end', async () => {
    const code =
      'import signal,sys,time;print("hi");print("err",file=sys.stderr);signal.signal(15,lambda *a:sys.exit(3));time.sleep(60)';
    const made = await engine.createContainer(python(code, labels, { name: `ms-test-${id}` }));
    expect(await engine.inspectContainer(made)).toMatchObject({ running: false, name: `ms-test-${id}`, labels });
    await engine.startContainer(made);
    await engine.startContainer(made);
    expect(await engine.listContainers(labels)).toMatchObject([{ id: made, state: 'running', name: `ms-test-${id}` }]);
    await until(async () => (await linesOf(made, false)).length === 2);
    expect(await engine.containerStats(made)).toMatchObject({ memoryBytes: expect.any(Number) as number });
    await sleep(200);
    expect((await engine.containerStats(made))?.cores).toBeLessThan(1.5);
    await engine.stopContainer(made, 5);
    await engine.stopContainer(made, 5);
    const detail = await engine.inspectContainer(made);
    expect(detail).toMatchObject({ running: false, exitCode: 3, oomKilled: false, restartCount: 0 });
    expect(detail?.finishedAt?.getTime()).toBeGreaterThan(detail?.startedAt?.getTime() ?? Infinity);
    await engine.removeContainer(made);
    await engine.removeContainer(made);
    expect(await engine.inspectContainer(made)).toBeUndefined();
    await engine.stopContainer(made, 1);
  });

  it('reads files of a container, running or not', async () => {
    const made = await engine.createContainer(
      python('open("/run/serving/a.json","w").write("é"*70000);import time;time.sleep(60)', labels, {
        volumes: [{ target: '/run/serving' }],
        user: '0',
      }),
    );
    expect(await engine.readContainerFile(made, '/run/serving/a.json')).toBeUndefined();
    await engine.startContainer(made);
    await until(async () => (await engine.readContainerFile(made, '/run/serving/a.json'))?.length === 140_000);
    await engine.killContainer(made, 'SIGKILL');
    await until(async () => (await engine.inspectContainer(made))?.running === false);
    expect(String(await engine.readContainerFile(made, '/run/serving/a.json'))).toBe('é'.repeat(70_000));
  });

  it('follows a log to the end of its container, and no longer than wanted', async () => {
    const code = 'import time\nfor i in range(5): print("line",i,"x"*20000); time.sleep(.2)';
    const made = await engine.createContainer(python(code, labels));
    await engine.startContainer(made);
    const lines = await linesOf(made, true);
    expect(lines.map(({ text }) => text.slice(0, 6))).toEqual(['line 0', 'line 1', 'line 2', 'line 3', 'line 4']);
    expect(lines.every(({ text, stream }) => text.length === 20_007 && stream === 'stdout')).toBe(true);
    expect(lines[0]?.time).toMatch(/^\d{4}-.*\.\d+Z$/);
    const later: string[] = [];
    // The engine counts a line of more than 16 KB as several.
    for await (const { text } of engine.containerLogs(made, { follow: false, tail: 4 }, NEVER)) {
      later.push(text.slice(0, 6));
    }
    expect(later).toEqual(['line 3', 'line 4']);
    const stop = new AbortController();
    const endless = await engine.createContainer(python('import time;print(1);time.sleep(60)', labels));
    await engine.startContainer(endless);
    await expect(async () => {
      for await (const _line of engine.containerLogs(endless, { follow: true }, stop.signal)) {
        stop.abort();
      }
    }).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('runs something once, with its input, and leaves nothing', async () => {
    const input = Buffer.alloc(300_000, 'a');
    const code = 'import sys;t=sys.stdin.read();print(len(t));print("e",file=sys.stderr);sys.exit(4)';
    const { exitCode, output } = await engine.runOnce(python(code, labels), input, NEVER);
    expect(exitCode).toBe(4);
    expect(output.split('\n').sort().join(' ').trim()).toBe('300000 e');
    expect(await engine.runOnce(python('print(2)', labels), undefined, NEVER)).toEqual({ exitCode: 0, output: '2\n' });
    const stop = new AbortController();
    const running = engine.runOnce(python('import time;time.sleep(60)', labels), undefined, stop.signal);
    await until(async () => (await engine.listContainers(labels))[0]?.state === 'running');
    stop.abort();
    await expect(running).rejects.toMatchObject({ code: 'cancelled' });
    expect(await engine.listContainers(labels)).toEqual([]);
  });

  it('joins containers by a network and keeps secrets in memory', async () => {
    const network = `ms-test-${id}`;
    const volume = `ms-test-${id}-secrets`;
    const networkId = await engine.createNetwork(network, labels);
    await expect(engine.createNetwork(network, labels)).rejects.toMatchObject({ code: 'exists' });
    expect(await engine.listNetworks(labels)).toEqual([{ id: networkId, name: network, labels }]);
    await engine.createMemoryVolume(volume, labels, 1);
    expect(await engine.listVolumes(labels)).toMatchObject([{ name: volume, labels }]);
    const holder = await engine.createContainer(
      python('', labels, {
        entrypoint: ['python3', '-m', 'http.server', '8080'],
        network,
        aliases: ['replica'],
        volumes: [{ source: volume, target: '/run/secrets', readOnly: true }],
        ports: [{ inside: 8080, outside: 0, address: '127.0.0.1' }],
      }),
    );
    await engine.startContainer(holder);
    const write = 'import sys;open("/s/a","w").write(sys.stdin.read())';
    const volumes = [{ source: volume, target: '/s' }];
    const filled = await engine.runOnce(python(write, labels, { volumes }), Buffer.from('secret'), NEVER);
    expect(filled).toEqual({ exitCode: 0, output: '' });
    expect(docker('exec', holder, 'cat', '/run/secrets/a')).toBe('secret');
    expect(() => docker('exec', holder, 'touch', '/run/secrets/b')).toThrow();
    const [summary] = await engine.listContainers(labels);
    expect(summary?.addresses[network]).toMatch(/^(\d+\.){3}\d+$/);
    expect(summary?.ports).toMatchObject([{ inside: 8080, address: '127.0.0.1' }]);
    const look = 'import urllib.request as u;print(u.urlopen("http://replica:8080/").status)';
    expect((await engine.runOnce(python(look, labels, { network }), undefined, NEVER)).output).toBe('200\n');
    await engine.disconnectNetwork(network, holder);
    await engine.connectNetwork(network, holder, ['other']);
    const other = look.replace('replica', 'other');
    expect((await engine.runOnce(python(other, labels, { network }), undefined, NEVER)).output).toBe('200\n');
  });

  it('leaves no container when making one is cancelled, at whatever moment', async () => {
    for (const after of [0, 1, 2, 5, 10, 20, 50]) {
      const stop = new AbortController();
      const making = engine.createContainer(python('pass', labels), stop.signal).then(
        () => 'made',
        (error: unknown) => (error as { code?: string }).code,
      );
      await sleep(after);
      stop.abort();
      const what = await making;
      expect(['made', 'cancelled']).toContain(what);
      const left = await engine.listContainers(labels);
      expect(left).toHaveLength(what === 'made' ? 1 : 0);
      await Promise.all(left.map((each) => engine.removeContainer(each.id)));
    }
  });

  it('says what is wrong', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => {
      taken.listen(0, '127.0.0.1', resolve);
    });
    const { port } = taken.address() as AddressInfo;
    const ports = [{ inside: 8080, outside: port, address: '127.0.0.1' }];
    const made = await engine.createContainer(
      python('pass', labels, { ports, network: 'bridge', name: `ms-test-${id}` }),
    );
    await expect(engine.startContainer(made)).rejects.toMatchObject({
      code: 'portInUse',
      remedies: [{ kind: 'choosePort' }],
    });
    taken.close();
    await expect(engine.createContainer(python('', labels, { name: `ms-test-${id}` }))).rejects.toMatchObject({
      code: 'exists',
    });
    await expect(engine.createContainer(python('', labels, { image: `none-${id}:1` }))).rejects.toMatchObject({
      code: 'notFound',
    });
    await expect(engine.info(AbortSignal.abort())).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('tells events with their labels, until it is enough', async () => {
    const stop = new AbortController();
    const found: EngineEvent[] = [];
    const following = (async () => {
      for await (const event of engine.events(labels, stop.signal)) {
        found.push(event);
      }
    })().catch((error: unknown) => error);
    await sleep(300);
    await engine.runOnce(python('import sys;sys.exit(7)', labels), undefined, NEVER);
    await until(() => found.some(({ action }) => action === 'destroy'));
    expect(found.map(({ action }) => action)).toEqual(expect.arrayContaining(['create', 'start', 'die', 'destroy']));
    const death = found.find(({ action }) => action === 'die');
    expect(death).toMatchObject({ exitCode: 7, labels });
    expect(Math.abs(Date.now() - (death?.time.getTime() ?? 0))).toBeLessThan(30_000);
    stop.abort();
    await following;
  });
});

describeWithEngine('building', () => {
  const folder = mkdtempSync(join(tmpdir(), 'engine-build-'));
  const tag = `model-serving/test:${id}`;
  const spec = (run: string) => ({
    tag,
    labels,
    context: [
      { path: 'a/b.txt', content: 'b' },
      { path: 'tree', from: folder },
    ],
    dockerfile: `FROM ${image}\nCOPY a /a\nCOPY tree /tree\nRUN ${run}\n`,
  });
  beforeAll(() => {
    mkdirSync(join(folder, 'deep'), { recursive: true });
    writeFileSync(join(folder, 'deep', `é ${'long'.repeat(40)}.txt`), 'x'.repeat(100_000));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it('tells steps and lines, and the cache knows equal files', async () => {
    const steps: string[] = [];
    const lines: string[] = [];
    const build = () =>
      engine.buildImage(
        spec(`find /a /tree -type f | xargs -d '\\n' wc -c && sleep 3 # ${id}`),
        ({ step, line }) => {
          steps.push(...(step === undefined ? [] : [step]));
          lines.push(...(line === undefined ? [] : [line]));
        },
        NEVER,
      );
    const first = await build();
    expect(first).toMatch(/^sha256:/);
    expect(steps.join('\n')).toMatch(/\[4\/4\] RUN find/);
    expect(lines.join('\n')).toMatch(/100001 total/);
    expect(await engine.inspectImage(tag)).toMatchObject({ id: first, labels, architecture: 'amd64' });
    expect(await engine.listImages(labels)).toMatchObject([{ id: first, tags: [tag] }]);
    lines.length = 0;
    await build();
    expect(lines).toEqual([]);
  });

  it('rejects with what the failing step said', async () => {
    const failing = engine.buildImage(spec('echo "the reason is this" && exit 3'), () => undefined, NEVER);
    await expect(failing).rejects.toMatchObject({
      message: expect.stringMatching(/exit code: 3[^]*the reason is this/) as string,
    });
  });

  it('ends the step when it is cancelled', async () => {
    const stop = new AbortController();
    const mark = `31${Math.floor(Math.random() * 1e5)}`;
    const running = () => execFileSync('ps', ['axo', 'args'], { encoding: 'utf8' }).includes(`sleep ${mark}`);
    const building = engine.buildImage(spec(`sleep ${mark}`), () => undefined, stop.signal);
    building.catch(() => undefined);
    await until(running);
    stop.abort();
    await expect(building).rejects.toMatchObject({ code: 'cancelled' });
    await until(() => !running());
  });
});

const hasRegistry = execFileSync('sh', ['-c', 'command -v docker-registry || true']).length > 0;
describe.skipIf(noEngine !== undefined || !hasRegistry)('pulling', () => {
  const folder = mkdtempSync(join(tmpdir(), 'engine-registry-'));
  let name = '';
  let stop = (): unknown => undefined;
  beforeAll(async () => {
    const free = createServer();
    await new Promise<void>((resolve) => {
      free.listen(0, '127.0.0.1', resolve);
    });
    const { port } = free.address() as AddressInfo;
    await new Promise((resolve) => {
      free.close(resolve);
    });
    const config = join(folder, 'config.yml');
    writeFileSync(
      config,
      `version: 0.1\nstorage: {filesystem: {rootdirectory: ${folder}/data}}\nhttp: {addr: '127.0.0.1:${port}'}\n`,
    );
    const child = spawn('docker-registry', ['serve', config], { stdio: 'ignore' });
    stop = () => child.kill();
    await until(async () =>
      fetch(`http://127.0.0.1:${port}/v2/`).then(
        () => true,
        () => false,
      ),
    );
    name = `127.0.0.1:${port}/test`;
    const dockerfile = `FROM scratch\nCOPY big /big\n`;
    const big = { path: 'big', content: Buffer.from(Array.from({ length: 3e6 }, () => Math.random() * 256)) };
    const made = await engine.buildImage(
      { tag: `${name}:1`, labels, dockerfile, context: [big] },
      () => undefined,
      NEVER,
    );
    docker('push', `${name}:1`);
    await engine.removeImage(made);
  });
  afterAll(() => {
    stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('tells how much has come', async () => {
    const told: PullProgress[] = [];
    await engine.pullImage(`${name}:1`, (progress) => told.push(progress), NEVER);
    const shares = told.flatMap(({ share }) => (share === undefined ? [] : [share]));
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    expect(shares.at(-1)).toBe(1);
    expect(await engine.inspectImage(`${name}:1`)).toMatchObject({ labels });
  });

  it('knows a tag that is not there', async () => {
    await expect(engine.pullImage(`${name}:2`, () => undefined, NEVER)).rejects.toMatchObject({ code: 'notFound' });
    expect(await engine.inspectImage(`${name}:2`)).toBeUndefined();
  });
});

describe.runIf(host.startsWith('unix://'))('over ssh', () => {
  const folder = mkdtempSync(join(tmpdir(), 'engine-ssh-'));
  const path = process.env.PATH;
  let far: Engine;
  beforeAll(async () => {
    // The other computer is this one: what is asked of it after the host is run here.
    const program = '#!/bin/sh\nwhile [ "$1" != -- ]; do shift; done\nshift 2\nexec "$@"\n';
    writeFileSync(join(folder, 'ssh'), program, { mode: 0o755 });
    process.env.PATH = `${folder}:${path ?? ''}`;
    vi.stubEnv('DOCKER_HOST', host);
    far = await testEngine('ssh://me@far');
  });
  afterAll(() => {
    far.dispose();
    vi.unstubAllEnvs();
    process.env.PATH = path;
    rmSync(folder, { recursive: true, force: true });
  });

  it('does the same', async () => {
    expect(far.address.remoteHost).toBe('far');
    expect(await far.info(NEVER)).toEqual(await engine.info(NEVER));
    const code = 'import sys;print(len(sys.stdin.read()))';
    const once = await far.runOnce(python(code, labels), Buffer.alloc(300_000, 'a'), NEVER);
    expect(once).toEqual({ exitCode: 0, output: '300000\n' });
    const spec = {
      tag: `model-serving/test:${id}-ssh`,
      labels,
      context: [],
      dockerfile: `FROM ${image}\nRUN sleep 2 # ${id}\n`,
    };
    expect(await far.buildImage(spec, () => undefined, NEVER)).toMatch(/^sha256:/);
  });

  it('opens a terminal, sized and typed into, and tells its exit code', async () => {
    const container = await far.createContainer(python('import time;time.sleep(600)', labels));
    await far.startContainer(container);
    const spec = { command: ['/bin/sh'], variables: { PS1: '> ' }, directory: '/tmp' };
    const terminal = await far.openTerminal(container, spec, { columns: 80, rows: 24 }, NEVER);
    await terminal.resize({ columns: 132, rows: 43 });
    terminal.write('pwd; stty size; id -u; exit 5\r');
    let text = '';
    for await (const chunk of terminal.output) {
      text += chunk.toString();
    }
    expect(text).toMatch(/\/tmp\s+43 132\s+10001/);
    await until(async () => (await terminal.exitCode()) === 5);
    // What has ended has no size.
    await terminal.resize({ columns: 80, rows: 24 });
    terminal.close();
    await far.removeContainer(container);
    await expect(far.openTerminal(container, spec, { columns: 80, rows: 24 }, NEVER)).rejects.toMatchObject({
      code: 'notFound',
    });
  });

  it('says what ssh said', async () => {
    writeFileSync(join(folder, 'ssh'), '#!/bin/sh\necho "Permission denied (publickey)." >&2\nexit 255\n');
    const refused = await testEngine('ssh://me@other');
    await expect(refused.info(NEVER)).rejects.toMatchObject({
      code: 'unreachable',
      message: expect.stringMatching(/by ssh: Permission denied/) as string,
    });
    refused.dispose();
  });
});
