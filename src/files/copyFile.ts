import { constants } from 'node:fs';
import { copyFile as cloneFile, open, stat } from 'node:fs/promises';
import { isNodeError } from '../core/errors';

export interface CopyOptions {
  readonly signal: AbortSignal;
  /** Called with the number of bytes that were copied since the last call. */
  readonly onBytes: (count: number) => void;
}

export type CopyFile = (from: string, to: string, options: CopyOptions) => Promise<void>;

const CHUNK = 4 * 1024 * 1024;

/**
 * Copies one file to a path that is free. Shares the blocks where the file system can (2 GB in no time), else copies
 * in pieces, so that it can be cancelled and followed. A failed copy may leave a part behind: copy into a folder
 * that goes away as a whole.
 */
export async function copyFile(from: string, to: string, options: CopyOptions): Promise<void> {
  options.signal.throwIfAborted();
  if (await isCloned(from, to)) {
    options.onBytes((await stat(to)).size);
  } else {
    await copyInPieces(from, to, options);
  }
}

async function isCloned(from: string, to: string): Promise<boolean> {
  try {
    await cloneFile(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE_FORCE);
    return true;
  } catch (error) {
    if (isNodeError(error) && ['ENOENT', 'EACCES', 'EEXIST', 'ENOSPC', 'EDQUOT'].includes(error.code ?? '')) {
      throw error;
    }
    return false;
  }
}

async function copyInPieces(from: string, to: string, { signal, onBytes }: CopyOptions): Promise<void> {
  await withFile(from, 'r', async (source) => {
    await withFile(to, 'w', async (target) => {
      const buffer = Buffer.allocUnsafe(CHUNK);
      for (;;) {
        signal.throwIfAborted();
        const { bytesRead } = await source.read(buffer, 0, CHUNK);
        if (bytesRead === 0) {
          return;
        }
        for (let written = 0; written < bytesRead;) {
          written += (await target.write(buffer, written, bytesRead - written)).bytesWritten;
        }
        onBytes(bytesRead);
      }
    });
  });
}

type Handle = Awaited<ReturnType<typeof open>>;

async function withFile(file: string, flags: 'r' | 'w', work: (handle: Handle) => Promise<void>): Promise<void> {
  const handle = await open(file, flags);
  try {
    await work(handle);
  } finally {
    await handle.close();
  }
}
