import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readdir, rm, rmdir, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { isNodeError } from '../core/errors';

/** What a hidden working folder is for; its name begins with it. */
export type Purpose = 'export' | 'delete' | 'pack';

/** A hidden folder in which something is made, before it takes its place in one step. */
export interface Scratch {
  readonly directory: string;
  /** Takes it away, and the folders above that were made for it when nothing else is in them. */
  remove(): Promise<void>;
}

const NAME = /^\.(?:export|delete|pack)-([0-9a-f]{8})-(\d+)-[0-9a-f]{8}$/;
/** After this long a folder of another computer, or one whose process number is in use again, is a leftover too. */
const ABANDONED_MS = 24 * 60 * 60 * 1000;

export async function makeScratch(parent: string, purpose: Purpose): Promise<Scratch> {
  const made = await mkdir(parent, { recursive: true });
  const random = randomBytes(4).toString('hex');
  const directory = path.join(parent, `.${purpose}-${thisComputer()}-${String(process.pid)}-${random}`);
  await mkdir(directory);
  return {
    directory,
    remove: async () => {
      await rm(directory, { recursive: true, force: true, maxRetries: 3 });
      if (made !== undefined) {
        await removeEmpty(parent, path.dirname(made));
      }
    },
  };
}

/** Working folders in `parent` whose process was killed. */
export async function leftovers(parent: string, purpose: Purpose): Promise<readonly string[]> {
  const names = await readdir(parent).catch(() => []);
  const found: string[] = [];
  for (const name of names.filter((each) => each.startsWith(`.${purpose}-`))) {
    const directory = path.join(parent, name);
    if (await isAbandoned(name, directory)) {
      found.push(directory);
    }
  }
  return found;
}

export function isScratch(name: string): boolean {
  return NAME.test(name);
}

/** Removes empty folders from `directory` upwards, ending below `end`. */
export async function removeEmpty(directory: string, end: string): Promise<void> {
  for (let each = directory; each !== end && each !== path.dirname(each); each = path.dirname(each)) {
    try {
      await rmdir(each);
    } catch {
      return;
    }
  }
}

async function isAbandoned(name: string, directory: string): Promise<boolean> {
  const [, computer, pid] = NAME.exec(name) ?? [];
  if (computer === undefined) {
    return false;
  }
  if (computer === thisComputer() && !isAlive(Number(pid))) {
    return true;
  }
  const info = await stat(directory).catch(() => undefined);
  return info !== undefined && Date.now() - info.mtimeMs > ABANDONED_MS;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return isNodeError(error) && error.code === 'EPERM';
  }
}

function thisComputer(): string {
  return createHash('sha256').update(hostname()).digest('hex').slice(0, 8);
}
