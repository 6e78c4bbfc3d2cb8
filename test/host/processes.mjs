// Processes below a host, read from /proc (Linux only, as the host is).
import { readFileSync, readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * All descendants of a process.
 * @param {number} pid
 * @returns {{ pid: number, command: string }[]}
 */
export function childrenOf(pid) {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .flatMap((child) => {
      try {
        const stat = readFileSync(`/proc/${child}/stat`, 'utf8');
        const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
        const command = readFileSync(`/proc/${child}/cmdline`, 'utf8').split('\0').join(' ').trim();
        return [{ pid: child, parent, command }];
      } catch {
        return []; // gone meanwhile
      }
    });
  /** @type {(parent: number) => { pid: number, command: string }[]} */
  const below = (parent) =>
    all
      .filter((process) => process.parent === parent)
      .flatMap((child) => [{ pid: child.pid, command: child.command }, ...below(child.pid)]);
  return below(pid);
}

/**
 * Pids of the extension hosts below a host, one per window.
 * @param {number} hostPid
 */
export function extensionHosts(hostPid) {
  return childrenOf(hostPid)
    .filter(({ command }) => command.includes('--type=extensionHost'))
    .map(({ pid }) => pid);
}

/**
 * Resident memory in MiB of a process and its descendants.
 * @param {number} pid
 */
export function memoryOf(pid) {
  const kilobytes = [pid, ...childrenOf(pid).map((child) => child.pid)].map((one) => {
    try {
      return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${one}/status`, 'utf8'))?.[1] ?? 0);
    } catch {
      return 0;
    }
  });
  return kilobytes.reduce((sum, one) => sum + one, 0) / 1024;
}

/** @param {number} pid */
export function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/**
 * Ends processes: SIGTERM, and SIGKILL for those that are still there after 1.5 s.
 * @param {readonly number[]} pids
 */
export async function endProcesses(pids) {
  for (const signal of /** @type {const} */ (['SIGTERM', 'SIGKILL'])) {
    for (const pid of pids.filter(isAlive)) {
      try {
        process.kill(pid, signal);
      } catch {
        // gone meanwhile
      }
    }
    for (let i = 0; i < 30 && pids.some(isAlive); i++) await sleep(50);
  }
}
