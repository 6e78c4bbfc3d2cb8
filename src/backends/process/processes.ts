import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { pidExists } from '../local/held';

/** The processes of this computer, as far as the process backend has to know them. */
export interface Processes {
  /** Whether `pid` runs and has `mark` on its command line: a pid alone may have been given to another program. */
  isAlive(pid: number, mark: string): Promise<boolean>;
  /** Asks a process to end; on Windows there is no such signal, so nothing happens there. */
  ask(pid: number): void;
  /** Ends a process and everything that it started. */
  kill(pid: number): Promise<void>;
}

/** How a platform tells a process's command line: which program, which arguments, and the text it prints. */
export function commandLineQuery(platform: NodeJS.Platform, pid: number): { command: string; args: readonly string[] } {
  return platform === 'win32'
    ? {
        command: 'powershell.exe',
        args: [
          '-NoProfile',
          '-NonInteractive',
          '-Command',
          `(Get-CimInstance Win32_Process -Filter 'ProcessId=${pid}').CommandLine`,
        ],
      }
    : { command: 'ps', args: ['-ww', '-o', 'stat=,command=', '-p', String(pid)] };
}

/** How a platform ends a process with its children; undefined where a signal to the group does it. */
export function killCommand(
  platform: NodeJS.Platform,
  pid: number,
): { command: string; args: readonly string[] } | undefined {
  return platform === 'win32' ? { command: 'taskkill', args: ['/PID', String(pid), '/T', '/F'] } : undefined;
}

/** Milliseconds for which a process that was known by its command line is known by its pid: asking costs a process. */
const KNOWN_MS = 30_000;

export function localProcesses(platform: NodeJS.Platform = process.platform): Processes {
  const known = new Map<string, number>();
  return {
    async isAlive(pid, mark) {
      if (!pidExists(pid)) {
        return false;
      }
      if (platform === 'linux') {
        return (await linuxCommandLine(pid)).includes(mark);
      }
      const key = `${pid} ${mark}`;
      if (performance.now() - (known.get(key) ?? Number.NEGATIVE_INFINITY) < KNOWN_MS) {
        return true;
      }
      const isIt = (await asked(commandLineQuery(platform, pid))).includes(mark);
      known.delete(key);
      if (isIt) {
        known.set(key, performance.now());
      }
      return isIt;
    },
    ask(pid) {
      if (platform !== 'win32') {
        signal(pid, 'SIGTERM');
      }
    },
    async kill(pid) {
      const by = killCommand(platform, pid);
      if (by) {
        await asked(by);
      } else {
        // The server leads a group of its own, so what the script spawned goes with it.
        signal(-pid, 'SIGKILL');
        signal(pid, 'SIGKILL');
      }
    },
  };
}

/** The command line of a process that still works; a zombie has none. */
async function linuxCommandLine(pid: number): Promise<string> {
  try {
    return (await readFile(`/proc/${pid}/cmdline`, 'utf8')).replaceAll('\0', ' ');
  } catch {
    return '';
  }
}

function asked(query: { command: string; args: readonly string[] }): Promise<string> {
  return new Promise((resolve) => {
    execFile(query.command, [...query.args], { timeout: 10_000, windowsHide: true }, (_error, stdout) => {
      resolve(stdout);
    });
  });
}

function signal(pid: number, name: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended meanwhile.
  }
}
