// Processes and mounts of an engine whose folders are named: found by those folders, so nothing else is touched.
import { existsSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { run } from '../command.mjs';

/** @typedef {{ pid: number, parent: number, line: string }} Process */

/** @returns {Process[]} */
export function processes() {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const line = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
        // The name in brackets may hold anything, so the numbers are read after it.
        const parent = Number(readFileSync(`/proc/${name}/stat`, 'utf8').replace(/^.*\)/s, '').trim().split(' ')[1]);
        return [{ pid: Number(name), parent, line }];
      } catch {
        return [];
      }
    });
}

/** dockerd that runs now, whoever started it. */
export const runningEngines = () => processes().filter(({ line }) => /^(\S*\/)?dockerd(\s|$)/.test(line));

/** @param {number} pid */
export function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/**
 * Kills what was started with one of the folders on its command line (dockerd, containerd, shims) and, below the
 * shims, the containers.
 * @param {readonly string[]} folders
 */
export async function endProcesses(folders) {
  for (let tries = 0; tries < 20; tries++) {
    const all = processes();
    const shims = all.filter(({ line }) => isOurs(line, folders));
    const below = all.filter(({ parent }) => shims.some(({ pid, line }) => pid === parent && /shim/.test(line)));
    const found = [...below, ...shims].filter(({ pid }) => pid !== process.pid);
    if (found.length === 0) return;
    for (const { pid } of found) kill(pid);
    await sleep(100);
  }
}

/** Whether it is a part of the engine in the folders. @param {string} line @param {readonly string[]} folders */
export function isOurs(line, folders) {
  const program = line.split(' ')[0]?.split('/').at(-1) ?? '';
  return /^(dockerd|containerd|containerd-shim\S*|docker-proxy|docker-registry|runc)$/.test(program)
    ? folders.some((folder) => line.includes(`${folder}/`))
    : false;
}

/** @param {number} pid */
export function kill(pid) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Gone already.
  }
}

/** @param {readonly string[]} folders */
export function mountsBelow(folders) {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .trim()
    .split('\n')
    .map((line) =>
      (line.split(' ')[4] ?? '').replaceAll(/\\(\d{3})/g, (_, code) => String.fromCharCode(parseInt(code, 8))),
    )
    .filter((path) => folders.some((folder) => path === folder || path.startsWith(`${folder}/`)))
    .reverse();
}

/**
 * Takes the folders away, with what is still mounted in them.
 * @param {readonly string[]} folders
 */
export async function removeFolders(folders) {
  for (const path of mountsBelow(folders)) await run('umount', ['-l', path], { seconds: 20 }).catch(() => '');
  for (const folder of folders.filter((each) => existsSync(each))) {
    // Never below something that is still mounted.
    if (mountsBelow([folder]).length === 0) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
