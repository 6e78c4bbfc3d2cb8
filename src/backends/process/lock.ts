import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isNodeError, ServingError } from '../../core/errors';
import { pidExists } from './processes';

const RETRY_MS = 100;
/** A lock file without a holder's name is one that a crash cut short, once it is this old. */
const UNNAMED_MS = 5000;
/** Tells this process from an earlier one that had the same pid. */
const ME = `${process.pid} ${randomUUID()}`;

/**
 * Runs `work` while no other window works on the same thing. The lock is a file with the name of its holder; one whose
 * holder is gone is taken over. Rejects with `cancelled` when the signal comes first.
 */
export async function withLock<T>(file: string, what: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  await mkdir(dirname(file), { recursive: true });
  while (!(await tryLock(file))) {
    if (signal.aborted) {
      throw ServingError.cancelled(what);
    }
    await sleep(RETRY_MS);
  }
  try {
    return await work();
  } finally {
    await rm(file, { force: true });
  }
}

async function tryLock(file: string): Promise<boolean> {
  try {
    const handle = await open(file, 'wx', 0o600);
    await handle.writeFile(ME);
    await handle.close();
    return true;
  } catch (error) {
    if (!isNodeError(error) || error.code !== 'EEXIST') {
      throw error;
    }
  }
  const holder = await holderOf(file);
  if (holder !== undefined && (await isStale(file, holder))) {
    await takeAway(file, holder);
  }
  return false;
}

async function isStale(file: string, holder: string): Promise<boolean> {
  const pid = Number(holder.split(' ')[0]);
  if (!(pid > 0)) {
    const { mtimeMs } = await stat(file).catch(() => ({ mtimeMs: Date.now() }));
    return Date.now() - mtimeMs > UNNAMED_MS;
  }
  return pid === process.pid ? holder !== ME : !pidExists(pid);
}

/** Two windows may see the same dead holder: only the one whose rename succeeds removes what it saw. */
async function takeAway(file: string, holder: string): Promise<void> {
  const aside = `${file}.${randomUUID()}`;
  try {
    await rename(file, aside);
  } catch {
    return;
  }
  if ((await holderOf(aside)) === holder) {
    await rm(aside, { force: true });
  } else {
    // Another window had it by then: give it back.
    await rename(aside, file);
  }
}

async function holderOf(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch {
    return undefined;
  }
}
