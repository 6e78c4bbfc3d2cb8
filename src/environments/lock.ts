import { randomUUID } from 'node:crypto';
import { link, mkdir, open, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isNodeError, ServingError } from '../core/errors';

const POLL_MS = 150;
const BEAT_MS = 5000;
/** A holder that has given no sign for this long, by the clock of the one who waits, is gone. */
const SILENT_MS = 60_000;

export interface LockOptions {
  /** What is done under the lock, for the message when it is cancelled. */
  readonly what: string;
  readonly signal: AbortSignal;
  /** Called once when another holds it. */
  readonly onWait?: () => void;
  /** Milliseconds. */
  readonly silentAfter?: number;
  /** How often it is looked whether the lock is free: milliseconds. */
  readonly pollMs?: number;
}

/**
 * Does the work while no other window does the same. The lock is a file that names its holder and is touched while the
 * work goes on; it is taken over when its holder's process has ended or has long been silent. Rejects with `cancelled`
 * when the signal comes while waiting.
 */
export async function withLock<T>(file: string, options: LockOptions, work: () => Promise<T>): Promise<T> {
  await mkdir(path.dirname(file), { recursive: true });
  await take(file, options);
  const beat = setInterval(() => {
    const now = new Date();
    utimes(file, now, now).catch(() => undefined);
  }, BEAT_MS);
  beat.unref();
  try {
    return await work();
  } finally {
    clearInterval(beat);
    if (await isHeldHere(file)) {
      await rm(file, { force: true });
    }
  }
}

/** Whether this process still holds the lock: after a sleep of the computer another may have taken it over. */
export async function isHeldHere(file: string): Promise<boolean> {
  return (await holderOf(file)) === me();
}

async function take(file: string, options: LockOptions): Promise<void> {
  let seen = '';
  let seenAt = performance.now();
  let waits = false;
  for (;;) {
    if (options.signal.aborted) {
      throw ServingError.cancelled(options.what);
    }
    if (await isTaken(file)) {
      return;
    }
    if (!waits) {
      waits = true;
      options.onWait?.();
    }
    const holder = await holderOf(file);
    const sign = `${holder ?? ''} ${String(await touchedAt(file))}`;
    if (sign !== seen) {
      seen = sign;
      seenAt = performance.now();
    }
    if (holder !== undefined) {
      const silent = performance.now() - seenAt > (options.silentAfter ?? SILENT_MS);
      if (silent || hasEnded(holder)) {
        await takeAway(file, holder);
        continue;
      }
    }
    await sleep(options.pollMs ?? POLL_MS, undefined, { signal: options.signal }).catch(() => undefined);
  }
}

async function isTaken(file: string): Promise<boolean> {
  try {
    const handle = await open(file, 'wx', 0o600);
    try {
      await handle.writeFile(me());
    } catch (error) {
      // On a full disk: a lock that names nobody would be waited for.
      await rm(file, { force: true });
      throw error;
    } finally {
      await handle.close();
    }
    return true;
  } catch (error) {
    // On Windows, a file that is just being deleted is EPERM for a moment.
    if (isNodeError(error) && (error.code === 'EEXIST' || (error.code === 'EPERM' && process.platform === 'win32'))) {
      return false;
    }
    throw error;
  }
}

/** The time of the process's start tells it from an earlier one that had the same pid. */
function me(): string {
  return [hostname(), process.pid, Math.round(performance.timeOrigin)].join('\n');
}

function hasEnded(holder: string): boolean {
  const [host, pid] = holder.split('\n');
  if (host !== hostname() || !(Number(pid) > 0)) {
    return false;
  }
  return Number(pid) === process.pid ? holder !== me() : !isAlive(Number(pid));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it runs, as somebody else.
    return isNodeError(error) && error.code === 'EPERM';
  }
}

/** Two may see the same dead holder: only what was seen is taken away, anything else is given back. */
async function takeAway(file: string, holder: string): Promise<void> {
  const aside = `${file}.${randomUUID()}`;
  try {
    await rename(file, aside);
  } catch {
    return;
  }
  if ((await holderOf(aside)) !== holder) {
    await link(aside, file).catch(() => undefined);
  }
  await rm(aside, { force: true });
}

async function holderOf(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch(() => undefined);
}

async function touchedAt(file: string): Promise<number> {
  return stat(file).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );
}
