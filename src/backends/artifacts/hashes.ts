import { createHash } from 'node:crypto';
import { mkdir, open, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ChangedWhileRead } from '../../files/copyTree';
import { findFile, type FoundFile, sameStamp } from '../../files/walk';

export interface HashOptions {
  readonly signal: AbortSignal;
  /** Called with the number of bytes that were read since the last call. */
  readonly onBytes: (count: number) => void;
}

const CHUNK = 1024 * 1024;
/** Smaller files are hashed faster than looked up. */
const KEPT_FROM = 256 * 1024;
const MOST_KEPT = 2000;
/** A file that was written this short ago could be written again without its time changing. */
const SETTLED_NS = 2_000_000_000n;

/**
 * SHA-256 of files' content. What was hashed is remembered in a file by path, size, time of change and inode, so that
 * a large model is read once, across windows and reloads.
 */
export class Hashes {
  private known: Map<string, string> | undefined;
  private isChanged = false;

  constructor(private readonly file: string) {}

  /** Rejects with ChangedWhileRead when the file is no longer as it was found. */
  async of(found: FoundFile, options: HashOptions): Promise<string> {
    const known = await this.load();
    const key = keyOf(found);
    const before = known.get(key);
    if (before !== undefined) {
      options.onBytes(found.bytes);
      return before;
    }
    const hash = await hashFile(found.path, options);
    if (!sameStamp(found, await findFile(found.path, found.name))) {
      throw new ChangedWhileRead(found.path);
    }
    if (found.bytes >= KEPT_FROM && BigInt(Date.now()) * 1_000_000n - found.modified > SETTLED_NS) {
      known.set(key, hash);
      this.isChanged = true;
    }
    return hash;
  }

  /** Writes what was learnt; a failure costs only time at the next start. */
  async save(): Promise<void> {
    if (!this.isChanged || this.known === undefined) {
      return;
    }
    this.isChanged = false;
    const kept = [...this.known].slice(-MOST_KEPT);
    const temporary = `${this.file}.${String(process.pid)}`;
    try {
      await mkdir(path.dirname(this.file), { recursive: true });
      await writeFile(temporary, JSON.stringify(Object.fromEntries(kept)));
      await rename(temporary, this.file);
    } catch {
      this.isChanged = true;
    }
  }

  private async load(): Promise<Map<string, string>> {
    if (this.known === undefined) {
      const read = await readKnown(this.file);
      this.known ??= read;
    }
    return this.known;
  }
}

async function readKnown(file: string): Promise<Map<string, string>> {
  try {
    const json: unknown = JSON.parse(await readFile(file, 'utf8'));
    const pairs = typeof json === 'object' && json !== null ? Object.entries(json) : [];
    return new Map(pairs.filter((pair): pair is [string, string] => typeof pair[1] === 'string'));
  } catch {
    return new Map();
  }
}

function keyOf(file: FoundFile): string {
  return [file.path, file.bytes, file.modified, file.inode].join('|');
}

async function hashFile(file: string, { signal, onBytes }: HashOptions): Promise<string> {
  const hash = createHash('sha256');
  const handle = await open(file, 'r');
  try {
    const buffer = Buffer.allocUnsafe(CHUNK);
    for (;;) {
      signal.throwIfAborted();
      const { bytesRead } = await handle.read(buffer, 0, CHUNK);
      if (bytesRead === 0) {
        return hash.digest('hex');
      }
      hash.update(buffer.subarray(0, bytesRead));
      onBytes(bytesRead);
    }
  } finally {
    await handle.close();
  }
}
