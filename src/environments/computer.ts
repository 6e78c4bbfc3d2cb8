import { randomUUID } from 'node:crypto';
import { mkdir, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { freemem, totalmem } from 'node:os';
import path from 'node:path';
import { isNodeError, messageOf } from '../core/errors';
import { t } from '../core/l10n';

/** What the doctor measures of this computer. */
export interface Computer {
  /** Bytes that programs can still have, and all that there are. */
  memory(): { readonly free: number; readonly total: number };
  /** Bytes that this user may still write in a folder. Rejects when that cannot be found out. */
  freeDisk(folder: string): Promise<number>;
  /** Why no server can listen on 127.0.0.1 at a port (0: any); undefined when one can. */
  whyNotListen(port: number): Promise<string | undefined>;
  /** Milliseconds by which the clock that stamps files in a folder is ahead of that of this program. */
  clockDifference(folder: string): Promise<number>;
  now(): number;
}

export const thisComputer: Computer = {
  memory() {
    // Inside a container, its own limit counts.
    const limit = process.constrainedMemory();
    const total = limit > 0 && limit < totalmem() ? limit : totalmem();
    return { free: Math.min(freemem(), process.availableMemory()), total };
  },
  async freeDisk(folder) {
    const { bavail, bsize } = await statfs(await nearest(folder));
    return bavail * bsize;
  },
  whyNotListen(port) {
    return new Promise((resolve) => {
      const server = createServer();
      server.once('error', (error) => {
        resolve(isNodeError(error) && error.code === 'EADDRINUSE' ? t('another program has it') : messageOf(error));
      });
      server.listen({ host: '127.0.0.1', port, exclusive: true }, () => {
        server.close(() => {
          resolve(undefined);
        });
      });
    });
  },
  async clockDifference(folder) {
    await mkdir(folder, { recursive: true });
    const file = path.join(folder, `.clock-${randomUUID()}`);
    const before = Date.now();
    try {
      await writeFile(file, '');
      const { mtimeMs } = await stat(file);
      const after = Date.now();
      return mtimeMs < before ? mtimeMs - before : Math.max(0, mtimeMs - after);
    } finally {
      await rm(file, { force: true });
    }
  },
  now: () => Date.now(),
};

/** The folder, or the one above it that is there. */
async function nearest(folder: string): Promise<string> {
  const isThere = await stat(folder).then(
    () => true,
    () => false,
  );
  const above = path.dirname(folder);
  return isThere || above === folder ? folder : nearest(above);
}
