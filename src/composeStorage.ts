import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';

/** Where an editor keeps the state of a workspace folder. */
export interface KnownStorage {
  /** The folder as the editor names it: state is found by that. */
  readonly folder: string;
  /** The storage that all its windows share. */
  readonly storage: string;
}

/** Where this user's programs keep their state; without an editor the servings' lies there, too. */
export function userStorage(): string {
  const { XDG_STATE_HOME: state, LOCALAPPDATA: local } = process.env;
  switch (process.platform) {
    case 'win32':
      return path.join(local ?? path.join(homedir(), 'AppData', 'Local'), 'model-serving');
    case 'darwin':
      return path.join(homedir(), 'Library', 'Application Support', 'model-serving');
    default:
      return path.join(state ?? path.join(homedir(), '.local', 'state'), 'model-serving');
  }
}

/** Tells programs without an editor where an editor keeps the state of a folder; forgets folders that are gone. */
export async function rememberStorage(known: KnownStorage): Promise<void> {
  const directory = editorsIn(userStorage());
  const text = `${JSON.stringify(known)}\n`;
  const file = path.join(directory, await keyOf(known.folder));
  if ((await readFile(file, 'utf8').catch(() => '')) === text) {
    return;
  }
  await mkdir(directory, { recursive: true });
  await writeFile(file, text);
  await writeFile(path.join(directory, LAST), text);
  for (const name of await readdir(directory)) {
    const each = name === LAST ? undefined : await read(path.join(directory, name));
    if (each !== undefined && (await stat(each.folder).catch(() => undefined)) === undefined) {
      await rm(path.join(directory, name), { force: true });
    }
  }
}

/**
 * Where the state of a workspace folder lies for a program without an editor: where the editor keeps it that had the
 * folder open last, else where the editor that was used last would, else in the storage of the user.
 */
export async function storageOf(folder: string): Promise<KnownStorage> {
  const directory = editorsIn(userStorage());
  const known = await read(path.join(directory, await keyOf(folder)));
  if (known !== undefined && (await isFolder(known.storage))) {
    return known;
  }
  const last = await read(path.join(directory, LAST));
  const storage = last !== undefined && (await isFolder(last.storage)) ? last.storage : userStorage();
  return { folder, storage };
}

const LAST = 'last.json';

function editorsIn(storage: string): string {
  return path.join(storage, 'editors');
}

async function keyOf(folder: string): Promise<string> {
  const real = await realpath(folder).catch(() => folder);
  const text = process.platform === 'win32' ? real.toLowerCase() : real;
  return `${createHash('sha256').update(text).digest('hex').slice(0, 16)}.json`;
}

async function isFolder(directory: string): Promise<boolean> {
  return (await stat(directory).catch(() => undefined))?.isDirectory() === true;
}

async function read(file: string): Promise<KnownStorage | undefined> {
  try {
    const json = JSON.parse(await readFile(file, 'utf8')) as Partial<KnownStorage>;
    return typeof json.folder === 'string' && typeof json.storage === 'string'
      ? { folder: json.folder, storage: json.storage }
      : undefined;
  } catch {
    return undefined;
  }
}
