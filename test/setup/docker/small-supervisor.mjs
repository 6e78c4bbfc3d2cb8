#!/usr/bin/env node
// A Docker engine on a disk of so many megabytes, for tests of a disk that is full: node small-supervisor.mjs 500.
// It touches nothing of the computer's network, so that it may run beside another engine: builds share the computer's
// network, containers have none. Tells where it listens; when its standard input ends everything is taken away.
// As its name ends like that of the other one, a run that was killed is cleaned up as theirs are (engine.mjs).
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { run } from '../command.mjs';
import { cache, onPath } from '../paths.mjs';
import { engineApi } from './api.mjs';
import { endProcesses, removeFolders } from './leftovers.mjs';
import { Program } from './program.mjs';

const megabytes = Number(process.argv[2]);
const tell = (/** @type {object} */ news) => process.stdout.write(`${JSON.stringify(news)}\n`);
process.stdout.on('error', () => undefined);
/** Of no network that anybody has: for measurements in laboratories. */
const pool = 'base=198.18.0.0/24,size=28';

const runs = join(cache, 'docker/runs');
mkdirSync(runs, { recursive: true });
const folder = mkdtempSync(join(runs, 'small-'));
const place = mkdtempSync('/tmp/mss-');
const data = join(folder, 'data');
const folders = [place, data];
writeFileSync(join(folder, 'owner.json'), JSON.stringify({ pid: process.pid, folders }));
const host = `unix://${join(place, 'docker.sock')}`;
const api = engineApi(host);

/** @param {string} driver */
const engineOf = (driver) => {
  const places = ['--data-root', data, '--exec-root', join(place, 'exec'), '--pidfile', join(place, 'dockerd.pid')];
  const network = ['--bridge=none', '--iptables=false', '--ip-forward=false', '--ip-masq=false'];
  const manner = ['--default-address-pool', pool, '--shutdown-timeout', '5', '--storage-driver', driver];
  return new Program('dockerd', [...places, '-H', host, ...network, ...manner], {
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
  if (!onPath('dockerd')) throw new Error('there is no dockerd');
  await makeDisk();
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
