import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';

/** Written by the build beside the server: SHA-256 in hex by path, with `/`. */
const LIST = 'files.json';

export interface ServerFiles {
  /** Files that are missing or not as they were built, with `/`. */
  readonly damaged: readonly string[];
  /** Undefined: no list lies beside the server, as in its source folder; nothing was compared. */
  readonly compared: number | undefined;
  /** When the newest of them was written, milliseconds since 1970; 0 when there is none. */
  readonly newest: number;
}

/** Compares the server's files with the list that the build made of them. */
export async function checkServerFiles(root: string): Promise<ServerFiles> {
  const entry = path.join(root, 'run.py');
  const newest = await stat(entry).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );
  const list = await readList(path.join(root, LIST));
  if (!list) {
    const names = await readdir(root).catch(() => [] as string[]);
    return { damaged: ['run.py', 'model_server'].filter((name) => !names.includes(name)), compared: undefined, newest };
  }
  const states = await Promise.all(
    list.map(async ([name, hash]) => {
      const bytes = await readFile(path.join(root, ...name.split('/'))).catch(() => undefined);
      return bytes && createHash('sha256').update(bytes).digest('hex') === hash ? [] : [name];
    }),
  );
  return { damaged: states.flat(), compared: list.length, newest };
}

async function readList(file: string): Promise<readonly (readonly [string, string])[] | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(file, 'utf8'));
    return typeof value === 'object' && value !== null
      ? Object.entries(value).map(([name, hash]) => [name, String(hash)] as const)
      : undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? undefined : [[LIST, 'not a list']];
  }
}
