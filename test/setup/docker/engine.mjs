// An engine of our own for one run: dockerd and a registry, kept up and taken away by supervisor.mjs.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { aptInstall } from '../apt.mjs';
import { withLock } from '../lock.mjs';
import { cache, onPath } from '../paths.mjs';
import { Unavailable } from '../unavailable.mjs';
import { engineApi } from './api.mjs';
import { makeImageFiles, publishImages } from './images.mjs';
import { restoreNetwork } from './network.mjs';
import { endProcesses, isAlive, removeFolders, runningEngines } from './leftovers.mjs';

const gigabytesNeeded = 6;
const runs = join(cache, 'docker/runs');

/**
 * @param {(text: string) => void} log
 * @returns {Promise<{ host: string, pythonImage: string, haproxyImage: string, registry: string, control: string, stop: () => Promise<void> }>}
 */
export async function startOwnEngine(log) {
  return withLock(join(cache, 'locks/docker'), async () => {
    await checkPlace();
    await cleanUp(log);
    refuseBesideAnother();
    await installPrograms(log);
    const files = await makeImageFiles(log);
    // apt-get may just have started one, as it does on a computer with systemd.
    refuseBesideAnother();
    const own = await supervise(log);
    try {
      const { python = '', haproxy = '' } = await publishImages(engineApi(own.host), own.registry, files);
      return { ...own, pythonImage: python, haproxyImage: haproxy };
    } catch (error) {
      await own.stop();
      throw new Unavailable(`A Docker engine: ${messageOf(error)}`, { cause: error });
    }
  });
}

async function checkPlace() {
  const other = 'or set MODEL_SERVING_TEST_DOCKER to the address of an engine (unix:///var/run/docker.sock)';
  if (process.platform !== 'linux' || process.getuid?.() !== 0) {
    const what = process.platform === 'linux' ? 'only root may start one' : `one is started on Linux only`;
    throw new Unavailable(`A Docker engine: ${what}; run the tests as root on Linux, ${other}`);
  }
  mkdirSync(cache, { recursive: true });
  const { bavail, bsize } = await statfs(cache);
  const free = (Number(bavail) * Number(bsize)) / 1e9;
  if (free < gigabytesNeeded) {
    throw new Unavailable(
      `A Docker engine: ${free.toFixed(1)} GB are free in ${cache} and ${gigabytesNeeded} are needed; set MODEL_SERVING_CACHE to a folder with more`,
    );
  }
}

/** Two engines on one computer take each other's iptables chains away. */
function refuseBesideAnother() {
  const [other] = runningEngines();
  if (!other) return;
  const at = /unix:\/\/\S+/.exec(other.line)?.[0] ?? 'unix:///var/run/docker.sock';
  throw new Unavailable(
    `A Docker engine: one runs here already (process ${other.pid}), and two disturb each other; set MODEL_SERVING_TEST_DOCKER=${at} to use it`,
  );
}

/** @param {(text: string) => void} log */
async function installPrograms(log) {
  const needed = {
    dockerd: 'docker.io',
    iptables: 'iptables',
    'docker-registry': 'docker-registry',
    mmdebstrap: 'mmdebstrap',
    haproxy: 'haproxy',
    ip: 'iproute2',
  };
  const sbin = ['/usr/sbin', '/sbin'].filter((folder) => !(process.env.PATH ?? '').split(':').includes(folder));
  process.env.PATH = [process.env.PATH, ...sbin].join(':');
  const packages = Object.entries(needed).flatMap(([program, name]) => (onPath(program) ? [] : [name]));
  if (packages.length) await aptInstall(packages, { what: 'A Docker engine', log });
}

/** Takes away what runs left that were killed with their supervisor. @param {(text: string) => void} log */
async function cleanUp(log) {
  for (const name of existsSync(runs) ? readdirSync(runs) : []) {
    const folder = join(runs, name);
    const file = join(folder, 'owner.json');
    const owner = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : { pid: 0, folders: [] };
    if (owner.pid && isAlive(owner.pid) && isSupervisor(owner.pid)) continue;
    log(`taking away what an earlier Docker engine left in ${folder}`);
    await endProcesses(owner.folders);
    await removeFolders(owner.folders);
    // Not beside another engine, whose chains and bridges they may be.
    if (owner.network && runningEngines().length === 0) await restoreNetwork(owner.network);
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param {number} pid */
const isSupervisor = (pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('supervisor.mjs');

/** @param {(text: string) => void} log */
async function supervise(log) {
  mkdirSync(runs, { recursive: true });
  const folder = mkdtempSync(join(runs, 'run-'));
  // A socket's path may have 107 characters, and containerd puts its own far below.
  const run = mkdtempSync('/tmp/msd-');
  const registry = `127.0.0.1:${await freePort(5000)}`;
  const registryConfig = join(run, 'registry.json');
  writeFileSync(
    registryConfig,
    JSON.stringify({
      version: '0.1',
      log: { level: 'error', accesslog: { disabled: true } },
      storage: { filesystem: { rootdirectory: join(folder, 'registry') }, delete: { enabled: true } },
      http: { addr: registry },
    }),
  );
  const program = fileURLToPath(new URL('supervisor.mjs', import.meta.url));
  // Apart from our group: Ctrl+C must not end it before it has cleaned up. The end of its input tells it.
  const child = spawn(process.execPath, [program], { stdio: ['pipe', 'pipe', 'inherit'], detached: true });
  child.stdin.on('error', () => undefined);
  const settings = { run, data: join(folder, 'data'), logs: join(cache, 'logs'), registryConfig, registry };
  child.stdin.write(`${JSON.stringify(settings)}\n`);
  const gone = new Promise((done) => child.once('exit', () => done(undefined)));
  const stop = async () => {
    child.stdin.end();
    await gone;
  };
  try {
    const { host, control } = await firstNews(child, log);
    log(`a Docker engine is up at ${host}`);
    return { host, control, registry, stop };
  } catch (error) {
    await stop();
    throw new Unavailable(`A Docker engine: ${messageOf(error)}`, { cause: error });
  }
}

/**
 * @param {import('node:child_process').ChildProcessByStdio<import('node:stream').Writable, import('node:stream').Readable, null>} child
 * @param {(text: string) => void} log
 * @returns {Promise<{ host: string, control: string }>}
 */
function firstNews(child, log) {
  return new Promise((done, fail) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const { ready, failed, note } = JSON.parse(line);
      if (note) log(note);
      if (failed) fail(new Error(failed));
      if (ready) done(ready);
    });
    child.once('error', fail);
    child.once('exit', (code, signal) => fail(new Error(`its supervisor ended with ${code ?? signal}`)));
  });
}

/** @param {number} wanted @returns {Promise<number>} that port, else any free one */
function freePort(wanted) {
  return new Promise((done, fail) => {
    const server = createServer();
    server.once('error', (error) => (wanted ? done(freePort(0)) : fail(error)));
    server.listen(wanted, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => done(address && typeof address === 'object' ? address.port : wanted));
    });
  });
}

/** @param {unknown} error */
const messageOf = (error) => (error instanceof Error ? error.message : String(error));
