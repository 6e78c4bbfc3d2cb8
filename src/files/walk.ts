import { opendir, stat } from 'node:fs/promises';
import path from 'node:path';
import { t } from '../core/l10n';

/** A file as it was when it was seen. Two equal stamps mean the same content, unless someone hides a change. */
export interface FoundFile {
  /** Path below the folder that was walked, with `/`. */
  readonly name: string;
  readonly path: string;
  readonly bytes: number;
  /** Nanoseconds since 1970. */
  readonly modified: bigint;
  readonly inode: bigint;
}

export interface WalkOptions {
  readonly signal: AbortSignal;
  /** Leaves out an entry, and everything below it; gets its path below the folder, with `/`. */
  skip(name: string): boolean;
}

/**
 * All files below a folder, by name. Links are followed, as if what they point to lay there.
 * Rejects on a link that points to nothing or back to a folder above it, and on what is neither file nor folder.
 */
export async function walk(directory: string, options: WalkOptions): Promise<readonly FoundFile[]> {
  const found: FoundFile[] = [];
  await walkFolder(directory, '', [], options, found);
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The file as it is now, under the name it shall have. */
export async function findFile(file: string, name: string): Promise<FoundFile> {
  const info = await stat(file, { bigint: true });
  if (!info.isFile()) {
    throw new Error(t('{0} is not a file', file));
  }
  return { name, path: file, bytes: Number(info.size), modified: info.mtimeNs, inode: info.ino };
}

export function sameStamp(a: FoundFile, b: FoundFile): boolean {
  return a.bytes === b.bytes && a.modified === b.modified && a.inode === b.inode;
}

async function walkFolder(
  directory: string,
  prefix: string,
  above: readonly string[],
  options: WalkOptions,
  found: FoundFile[],
): Promise<void> {
  options.signal.throwIfAborted();
  const info = await stat(directory, { bigint: true });
  const id = `${String(info.dev)}:${String(info.ino)}`;
  if (above.includes(id)) {
    throw new Error(t('{0} is a link to a folder that it lies in', directory));
  }
  for await (const entry of await opendir(directory)) {
    const name = prefix + entry.name;
    const full = path.join(directory, entry.name);
    if (options.skip(name)) {
      continue;
    }
    const kind = entry.isSymbolicLink() ? await followed(full) : entry;
    if (kind.isDirectory()) {
      await walkFolder(full, `${name}/`, [...above, id], options, found);
    } else if (kind.isFile()) {
      found.push(await findFile(full, name));
    } else {
      throw new Error(t('{0} is neither a file nor a folder', full));
    }
  }
}

async function followed(link: string): Promise<{ isDirectory(): boolean; isFile(): boolean }> {
  try {
    return await stat(link);
  } catch (error) {
    throw new Error(t('{0} is a link that leads nowhere', link), { cause: error });
  }
}
