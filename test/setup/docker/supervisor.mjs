#!/usr/bin/env node
// Keeps one Docker engine and one registry running for a test run, and ends them with it. Started by engine.mjs.
// Its settings come as the first line of its standard input, which then stays open: when that ends, however the run
// ended, everything is stopped and taken away. Tests pause, kill and resume the engine through its control socket.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { engineApi } from './api.mjs';
import { endProcesses, isOurs, processes, removeFolders } from './leftovers.mjs';
import { networkArguments, readNetwork, restoreNetwork } from './network.mjs';
import { Program } from './program.mjs';

/**
 * @typedef {object} Settings
 * @property {string} run a short folder for sockets and pid files, which is not there yet
 * @property {string} data a folder for images and containers, which is not there yet
 * @property {string} logs where logs stay
 * @property {string} registryConfig
 * @property {string} registry its address
 */

const lines = createInterface({ input: process.stdin });
/** @type {Settings} */
const settings = JSON.parse(String((await lines[Symbol.asyncIterator]().next()).value));
const { run, data, logs } = settings;
const host = `unix://${join(run, 'docker.sock')}`;
const api = engineApi(host);
const control = join(run, 'control.sock');
const folders = [run, data];
// The run may be gone, and then nobody reads.
process.stdout.on('error', () => undefined);
const tell = (/** @type {object} */ news) => process.stdout.write(`${JSON.stringify(news)}\n`);
const note = (/** @type {string} */ text) => tell({ note: text });

let ending = false;
let started = false;
const network = await readNetwork();
mkdirSync(run, { recursive: true });
mkdirSync(data, { recursive: true });
// Who cleans up after a supervisor that was killed knows by this what is whose.
writeFileSync(join(dirname(data), 'owner.json'), JSON.stringify({ pid: process.pid, folders, network }));

const registry = new Program('docker-registry', ['serve', settings.registryConfig], {
  log: join(logs, 'docker-registry.log'),
  note,
});
const pidfile = join(run, 'dockerd.pid');
const containerdPid = join(run, 'exec/containerd/containerd.pid');
/**
 * dockerd waits for what its pid files name and starts nothing itself, also when that is a zombie that nobody waits for
 * (containerd dies with a killed dockerd) or another program which has got the number since.
 */
function forgetDead() {
  rmSync(pidfile, { force: true });
  const containerd = existsSync(containerdPid) ? Number(readFileSync(containerdPid, 'utf8')) : 0;
  // A zombie has no command line.
  if (!processes().some(({ pid, line }) => pid === containerd && isOurs(line, folders))) {
    rmSync(containerdPid, { force: true });
  }
}

/** @param {string} driver */
const engineOf = (driver) => {
  const places = ['--data-root', data, '--exec-root', join(run, 'exec'), '--pidfile', pidfile, '-H', host];
  const manner = ['--live-restore=true', '--shutdown-timeout', '15', '--storage-driver', driver];
  return new Program('dockerd', [...places, ...manner, ...networkArguments()], {
    log: join(logs, 'dockerd.log'),
    note,
    before: forgetDead,
  });
};
let engine = engineOf('overlay2');

/** @param {number} seconds */
async function answers(seconds) {
  const until = Date.now() + seconds * 1000;
  while (Date.now() < until) {
    if (
      await api.ping().then(
        () => true,
        () => false,
      )
    )
      return true;
    if (!engine.isWanted) return false;
    await sleep(100);
  }
  return false;
}

/** @param {number} seconds */
async function registryAnswers(seconds) {
  const until = Date.now() + seconds * 1000;
  while (Date.now() < until) {
    const { ok } = await fetch(`http://${settings.registry}/v2/`).catch(() => ({ ok: false }));
    if (ok) return true;
    await sleep(100);
  }
  return false;
}

/** The first storage driver with which it comes up: overlay2 does not lie on every file system. */
async function startEngine() {
  for (const driver of ['overlay2', 'fuse-overlayfs', 'vfs']) {
    engine = engineOf(driver);
    engine.start({ once: true });
    if (await answers(60)) return engine.keep();
    const said = engine.tail(15);
    await engine.stop(5);
    if (!/graphdriver|driver not supported|failed to mount overlay/i.test(said)) throw new Error(reasonIn(said));
    note(`dockerd does not start with ${driver}`);
  }
  throw new Error(`no storage driver works in ${data}`);
}

/** @param {string} said */
function reasonIn(said) {
  const network = /iptables|bridge|network controller|nf_tables|netlink/i.test(said);
  return `dockerd ended before it answered${network ? ': the bridge or its iptables rules cannot be made here' : ''}\n${said}`;
}

/** What the control socket understands: one word a line, answered by one line of JSON. */
const commands = {
  status: async () => ({ up: await answers(0.1), pid: engine.pid, wanted: engine.isWanted, restarts: engine.restarts }),
  /** It ends as on a shutdown of the computer's engine, and stays down. */
  pause: async () => ({ ended: await engine.stop(30) }),
  /** It dies, and stays down. */
  kill: async () => ({ ended: await engine.stop(0) }),
  resume: async () => {
    engine.start();
    if (!(await answers(60))) throw new Error(reasonIn(engine.tail(15)));
    return { up: true };
  },
};

/** @param {string} word */
async function obey(word) {
  try {
    if (ending) throw new Error('the engine is being stopped for good');
    const command = commands[/** @type {keyof typeof commands} */ (word)];
    if (!command) throw new Error(`there is no command ${word}`);
    return { ok: true, ...(await command()) };
  } catch (error) {
    return { ok: false, error: error instanceof Error ? error.message : String(error) };
  }
}

const server = createServer((socket) => {
  socket.on('error', () => undefined);
  createInterface({ input: socket }).on('line', async (line) => {
    const answer = await obey(line.trim());
    if (socket.writable) socket.write(`${JSON.stringify(answer)}\n`);
  });
});

async function end() {
  if (ending) return;
  ending = true;
  server.close();
  // Paused or killed by a test: only the engine itself takes its networks and containers away in good order.
  if (started) engine.start();
  if (started && (await answers(20))) await api.removeEverything().catch(() => undefined);
  await engine.stop(20);
  await registry.stop(5);
  await endProcesses(folders);
  await removeFolders(folders);
  await restoreNetwork(network);
  rmSync(dirname(data), { recursive: true, force: true });
  tell({ ended: true });
  process.exit(0);
}
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) process.on(signal, () => void end());
lines.on('close', () => void end());

try {
  registry.start();
  await startEngine();
  started = true;
  if (!(await registryAnswers(20))) throw new Error(`docker-registry does not answer\n${registry.tail(5)}`);
  await new Promise((done, fail) => server.once('error', fail).listen(control, () => done(undefined)));
  tell({ ready: { host, control, pid: process.pid } });
} catch (error) {
  tell({ failed: error instanceof Error ? error.message : String(error) });
  await end();
}
