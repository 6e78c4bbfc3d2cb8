import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ignoreMissing } from '../local/files';

export interface LogFile {
  readonly path: string;
  readonly inode: bigint;
  /** 0: the one that is written; the higher, the older. */
  readonly age: number;
}

/**
 * The log files of one run, oldest first: server.log.4 … server.log.1, server.log. Undefined when they were rotated
 * meanwhile: one is gone from its name, or is found under two.
 */
export async function listFiles(directory: string): Promise<readonly LogFile[] | undefined> {
  const names = (await readdir(directory).catch(ignoreMissing)) ?? [];
  const logs = names.map((name) => /^server\.log(?:\.(\d+))?$/.exec(name)).filter((match) => match !== null);
  const found = await Promise.all(
    logs.map(async ([name, age]) => {
      const path = join(directory, name);
      const info = await stat(path, { bigint: true }).catch(ignoreMissing);
      return info && { path, inode: info.ino, age: Number(age ?? 0) };
    }),
  );
  const files = found.filter((file) => file !== undefined);
  const isWhole = files.length === logs.length && new Set(files.map(({ inode }) => inode)).size === files.length;
  return isWhole ? files.sort((a, b) => b.age - a.age) : undefined;
}
