import { readFile, stat } from 'node:fs/promises';
import type { Observation } from './observation';
import type { RunContext } from './runContext';
import { pidExists } from './processes';
import { readServerState } from '../local/serverState';

/** A lock is touched more often than this, also by a window that is busy. */
const SILENT_MS = 60_000;

/** What is seen of a serving's last run. */
export async function observe({ paths, ledger, processes }: RunContext): Promise<Observation> {
  const run = await ledger.read();
  if (run === undefined) {
    return { run, server: undefined, alive: false, preparerAlive: false };
  }
  const server = await readServerState(paths.run(run.instance).state);
  // A window that was killed right after it had started the server could not write down its pid.
  const pid = run.server?.pid ?? server?.pid;
  return {
    run,
    server,
    ...(pid === undefined ? {} : { pid }),
    alive: pid !== undefined && (await processes.isAlive(pid, run.instance)),
    preparerAlive: (run.preparing === true || run.successor !== undefined) && (await isHeld(paths.lock)),
  };
}

/** Whether somebody works under a lock: its process runs, and touched it lately, as its pid may be another's by now. */
async function isHeld(lock: string): Promise<boolean> {
  try {
    const [text, { mtimeMs }] = await Promise.all([readFile(lock, 'utf8'), stat(lock)]);
    return pidExists(Number(text.split('\n')[1])) && Date.now() - mtimeMs < SILENT_MS;
  } catch {
    return false;
  }
}
