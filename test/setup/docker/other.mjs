#!/usr/bin/env node
// Runs a command on an engine of another kind than the tests', which is there only meanwhile, as root on Linux:
// node test/setup/docker/other.mjs podman npx vitest run test/docker/smoke.test.ts
// Its programs have to be installed (kinds, below); a rootless one gets a user of the computer of its own.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { run } from '../command.mjs';
import { cache, onPath } from '../paths.mjs';
import { engineApi } from './api.mjs';
import { makeImageFiles } from './images.mjs';
import { kill, processes, removeFolders } from './leftovers.mjs';

const podman = { podman: 'podman', netavark: 'netavark', 'aardvark-dns': 'aardvark-dns', catatonit: 'catatonit' };
const rootless = { newuidmap: 'uidmap', slirp4netns: 'slirp4netns', 'fuse-overlayfs': 'fuse-overlayfs' };
/** By what has to be there, and the package that it is in. @type {Record<string, Record<string, string>>} */
const kinds = {
  podman,
  'rootless-podman': { ...podman, ...rootless },
  'rootless-docker': { dockerd: 'docker.io', rootlesskit: 'rootlesskit', ...rootless },
};

const [kind = '', command = '', ...args] = process.argv.slice(2);
const log = (/** @type {string} */ text) => console.error(text);
const place = mkdtempSync('/tmp/mso-');
const home = join(place, 'home');
const runtime = join(place, 'run');
const socket = join(runtime, 'engine.sock');
const api = engineApi(`unix://${socket}`);
const user = kind.startsWith('rootless-') ? `mso${process.pid}` : undefined;

/** Whether it is the user's own, or one of its containers': nobody else has these numbers. @param {number} uid */
function isUsers(uid) {
  if (!user || !Number.isInteger(uid) || uid < 1) return false;
  const fieldsIn = (/** @type {string} */ file) =>
    readFileSync(file, 'utf8')
      .split('\n')
      .map((line) => line.split(':'))
      .find(([name]) => name === user);
  const own = Number(fieldsIn('/etc/passwd')?.[2] ?? NaN);
  const [first, count] = (fieldsIn('/etc/subuid') ?? []).slice(1).map(Number);
  return uid === own || (first !== undefined && count !== undefined && uid >= first && uid < first + count);
}

function check() {
  const needed = kinds[kind];
  if (!needed || command === '') throw new Error(`node other.mjs ${Object.keys(kinds).join('|')} COMMAND ARGUMENT…`);
  if (process.platform !== 'linux' || process.getuid?.() !== 0) throw new Error('only root on Linux may start it');
  process.env.PATH = [process.env.PATH, '/usr/sbin', '/sbin'].join(':');
  const isThere = (/** @type {string} */ name) =>
    onPath(name) ?? ['/usr/lib/podman', '/usr/libexec/podman'].some((folder) => existsSync(join(folder, name)));
  const missing = Object.entries(needed).flatMap(([name, of]) => (isThere(name) ? [] : [of]));
  if (missing.length > 0) throw new Error(`not installed: apt-get install ${missing.join(' ')}`);
}

/** Podman's files: a computer without cgroup v2 has no use for crun, nor a small one for so many open files. */
function configure() {
  const files = readFileSync('/proc/self/limits', 'utf8').match(/Max open files\s+\d+\s+(\d+)/)?.[1] ?? '1024';
  const runtimeName = existsSync('/sys/fs/cgroup/cgroup.controllers') || !onPath('runc') ? '' : 'runtime = "runc"';
  writeFileSync(
    join(place, 'containers.conf'),
    `[containers]\ndefault_ulimits = ["nofile=${files}:${files}", "nproc=4096:4096"]\n[network]\nnetwork_backend = "netavark"\n[engine]\ncgroup_manager = "cgroupfs"\nevents_logger = "file"\n${runtimeName}\n`,
  );
  const fuse = user ? '[storage.options.overlay]\nmount_program = "/usr/bin/fuse-overlayfs"\n' : '';
  writeFileSync(
    join(place, 'storage.conf'),
    `[storage]\ndriver = "overlay"\ngraphroot = "${home}/images"\nrunroot = "${runtime}/containers"\n${fuse}`,
  );
}

/** As a shell says it; a device that an ordinary user may open lies over the computer's own, for it alone. */
function script() {
  const rootlessDocker = ['dockerd-rootless.sh', '/usr/share/docker.io/contrib/dockerd-rootless.sh'].find(
    (name) => onPath(name) ?? existsSync(name),
  );
  const program =
    kind === 'rootless-docker'
      ? `sh ${rootlessDocker} -H unix://${socket} --shutdown-timeout 5`
      : `podman system service --time=0 unix://${socket}`;
  if (!user) return `exec ${program}`;
  const devices = [
    ['/dev/net/tun', '10 200'],
    ['/dev/fuse', '10 229'],
  ].map(
    ([path, numbers], index) =>
      `mknod -m 666 ${place}/dev/${index} c ${numbers}; mount --bind ${place}/dev/${index} ${path}`,
  );
  const own = `mkdir ${place}/dev; mount -t tmpfs tmpfs ${place}/dev; ${devices.join('; ')}`;
  return `${own}; exec setpriv --reuid ${user} --regid ${user} --init-groups ${program}`;
}

async function start() {
  chmodSync(place, 0o755);
  for (const folder of [home, runtime]) mkdirSync(folder, { mode: 0o700 });
  configure();
  if (user) {
    await run('useradd', ['--no-create-home', '--home-dir', home, '--shell', '/bin/sh', user]);
    await run('chown', [`${user}:`, home, runtime]);
  }
  const output = openSync(join(cache, 'logs', `${kind}.log`), 'w');
  const { PATH } = process.env;
  const conf = {
    CONTAINERS_CONF: join(place, 'containers.conf'),
    CONTAINERS_STORAGE_CONF: join(place, 'storage.conf'),
  };
  const env = { PATH, HOME: home, XDG_RUNTIME_DIR: runtime, ...conf };
  const child = spawn(
    onPath('unshare') ?? '/usr/bin/unshare',
    ['--mount', '--propagation', 'private', 'sh', '-c', script()],
    {
      cwd: home,
      env,
      detached: true,
      stdio: ['ignore', output, output],
    },
  );
  closeSync(output);
  for (const until = Date.now() + 60_000; ; await sleep(200)) {
    if (await isUp()) return child;
    if (child.exitCode !== null || Date.now() > until) throw new Error(`it does not start: ${cache}/logs/${kind}.log`);
  }
}

const isUp = () =>
  api.ping().then(
    () => true,
    () => false,
  );

/** @param {import('node:child_process').ChildProcess | undefined} child */
async function end(child) {
  if (await isUp()) await api.removeEverything().catch(() => undefined);
  child?.kill('SIGTERM');
  for (let tries = 0; tries < 50; tries++) {
    const left = processes().filter(
      ({ pid, line }) => pid !== process.pid && (line.includes(`${place}/`) || isOfUser(pid)),
    );
    if (left.length === 0) break;
    for (const { pid } of tries < 20 ? [] : left) kill(pid);
    await sleep(200);
  }
  await removeFolders([place]);
  if (user) await run('userdel', [user]).catch(() => '');
}

/** @param {number} pid */
function isOfUser(pid) {
  try {
    return isUsers(Number(/^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? NaN));
  } catch {
    return false;
  }
}

/** @type {import('node:child_process').ChildProcess | undefined} */
let engine;
try {
  check();
  mkdirSync(join(cache, 'logs'), { recursive: true });
  const files = await makeImageFiles(log);
  engine = await start();
  /** @type {Record<string, string>} */
  const names = {};
  for (const { repository, file, changes } of files) {
    const name = `registry.invalid/${repository}`;
    // Podman takes no other tag here.
    await api.importImage(file, { repository: name, tag: 'latest', changes });
    names[repository] = `${name}:latest`;
  }
  const env = {
    MODEL_SERVING_TEST_DOCKER: `unix://${socket}`,
    MODEL_SERVING_DOCKER_HOST: `unix://${socket}`,
    MODEL_SERVING_PYTHON_IMAGE: names.python,
    MODEL_SERVING_HAPROXY_IMAGE: names.haproxy,
  };
  const child = spawn(command, args, { stdio: 'inherit', env: { ...process.env, ...env } });
  process.exitCode = (await once(child, 'exit'))[0] ?? 1;
} catch (error) {
  log(`${kind}: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
} finally {
  await end(engine);
}
