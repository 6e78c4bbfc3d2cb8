#!/usr/bin/env node
// A Docker engine on a disk of so many megabytes, for tests of a disk that is full:
// node small-supervisor.mjs 500 127.0.0.1:5000
// It has a network of its own, so that it may run beside another engine: even with --bridge=none an engine takes away the
// bridge that it finds (docker0). Of the computer it reaches the registry alone. Tells where it listens; when its standard input ends everything is taken away.
// As its name ends like that of the other one, a run that was killed is cleaned up as theirs are (engine.mjs).
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { run } from '../command.mjs';
import { cache, onPath } from '../paths.mjs';
import { engineApi } from './api.mjs';
import { endProcesses, removeFolders } from './leftovers.mjs';
import { Program } from './program.mjs';

const [megabytes = '', registry = ''] = process.argv.slice(2);
const [registryHost = '', registryPort = ''] = registry.split(':');
const tell = (/** @type {object} */ news) => process.stdout.write(`${JSON.stringify(news)}\n`);
process.stdout.on('error', () => undefined);

const runs = join(cache, 'docker/runs');
mkdirSync(runs, { recursive: true });
const folder = mkdtempSync(join(runs, 'small-'));
const place = mkdtempSync('/tmp/mss-');
const data = join(folder, 'data');
const folders = [place, data];
writeFileSync(join(folder, 'owner.json'), JSON.stringify({ pid: process.pid, folders }));
const host = `unix://${join(place, 'docker.sock')}`;
const api = engineApi(host);
const way = join(place, 'registry.sock');
const ownNetwork = fileURLToPath(new URL('own-network.mjs', import.meta.url));

/** @param {string} driver */
const engineOf = (driver) => {
  const places = ['--data-root', data, '--exec-root', join(place, 'exec'), '--pidfile', join(place, 'dockerd.pid')];
  const manner = ['--iptables=false', '--shutdown-timeout', '5', '--storage-driver', driver];
  const before = ['--net', process.execPath, ownNetwork, way, registryPort, 'dockerd'];
  return new Program('unshare', [...before, ...places, '-H', host, ...manner], {
    log: join(cache, 'logs/dockerd-small.log'),
    note: () => undefined,
  });
};
let engine = engineOf('overlay2');

/** A file as a disk, else a piece of memory. */
async function makeDisk() {
  mkdirSync(data);
  const disk = join(folder, 'disk.img');
  try {
    await run('truncate', ['-s', `${megabytes}M`, disk]);
    await run('mkfs.ext4', ['-q', '-m', '0', disk], { seconds: 30 });
    await run('mount', ['-o', 'loop', disk, data], { seconds: 30 });
  } catch (error) {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', data], { seconds: 30 }).catch((second) => {
      throw new Error(`no small disk can be made here: ${messageOf(error)}\n${messageOf(second)}`);
    });
  }
}

/** To the registry, out of the engine's network. */
function openWay() {
  const server = createServer((client) => {
    const out = connect(Number(registryPort), registryHost);
    client.on('error', () => out.destroy()).pipe(out);
    out.on('error', () => client.destroy()).pipe(client);
  });
  return new Promise((done, fail) => server.once('error', fail).listen(way, () => done(undefined)));
}

async function startEngine() {
  for (const driver of ['overlay2', 'fuse-overlayfs', 'vfs']) {
    engine = engineOf(driver);
    engine.start({ once: true });
    for (const until = Date.now() + 60_000; Date.now() < until && engine.isWanted; await sleep(100)) {
      if (await isUp()) return;
    }
    await engine.stop(5);
  }
  throw new Error(`dockerd does not start:\n${engine.tail(10)}`);
}

const isUp = () =>
  api.ping().then(
    () => true,
    () => false,
  );

let ending = false;
async function end() {
  if (ending) return;
  ending = true;
  if (await isUp()) await api.removeEverything().catch(() => undefined);
  await engine.stop(10);
  await endProcesses(folders);
  await removeFolders(folders);
  rmSync(folder, { recursive: true, force: true });
  tell({ ended: true });
  process.exit(0);
}
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) process.on(signal, () => void end());
process.stdin.on('end', () => void end()).resume();

try {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) throw new Error('only root on Linux may start it');
  const missing = ['dockerd', 'unshare', 'ip'].find((program) => !onPath(program));
  if (missing) throw new Error(`there is no ${missing}`);
  await makeDisk();
  await openWay();
  await startEngine();
  tell({ ready: { host, data } });
} catch (error) {
  tell({ failed: messageOf(error) });
  await end();
}

/** @param {unknown} error */
function messageOf(error) {
  return error instanceof Error ? error.message : String(error);
}
