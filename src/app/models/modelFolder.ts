import { closeSync, open, readFileSync } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { t } from '../../core/l10n';
import type { Model, ModelFile, ModelMetadata, ModelVersion } from '../../core/model';
import { fileError } from '../../files/fileError';
import { isToolsOwn } from '../../files/toolsOwn';
import { kindOf, modelFilesOf } from './modelFiles';
import { MODEL_JSON, toMetadata } from './modelJson';

export const MODELS = 'Models';
export const ARTIFACTS = 'Artifacts';
const AT_ONCE = 64;
const VERSION = /^[1-9]\d{0,14}$/;

/** As many as a tree shows at first. */
const FIRST = 1000;

/**
 * The models of a workspace folder, by name; empty without a `Models` folder. What is broken or has no version is left
 * out. Where there are many, `onFirst` gets the first ones as soon as they are known. Rejects only when `Models` itself
 * cannot be read.
 */
export async function readModels(
  folder: string,
  onFirst?: (models: readonly Model[]) => void,
): Promise<readonly Model[]> {
  const root = path.join(folder, MODELS);
  const names = await foldersIn(root).catch((error: unknown) => {
    const failure = fileError(error, t('Models of {0}', folder));
    if (failure.code === 'notFound') {
      return [];
    }
    throw failure;
  });
  const sorted = [...names].sort((a, b) => COLLATOR.compare(a, b));
  const read = async (some: readonly string[]): Promise<readonly Model[]> => {
    const models = await mapBounded(some, (name) => readModel(folder, path.join(root, name), name));
    return models.filter((model) => model !== undefined);
  };
  const first = await read(sorted.slice(0, FIRST));
  if (sorted.length <= FIRST) {
    return first;
  }
  onFirst?.(first);
  return [...first, ...(await read(sorted.slice(FIRST)))];
}

const COLLATOR = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });

/** One version; undefined when its folder is not there. */
export async function readVersion(folder: string, name: string, version: number): Promise<ModelVersion | undefined> {
  const directory = versionDirectory(folder, name, version);
  const info = await stat(directory).catch(() => undefined);
  return info?.isDirectory() === true
    ? { name, version, folder, directory, metadata: await readMetadata(directory) }
    : undefined;
}

export function versionDirectory(folder: string, name: string, version: number): string {
  return path.join(folder, MODELS, name, String(version));
}

/** The number after the highest there is; 1 for a model that is not there. */
export async function nextVersion(folder: string, name: string): Promise<number> {
  const versions = await versionsIn(path.join(folder, MODELS, name));
  return Math.max(0, ...versions) + 1;
}

/** The files of a version, by name; without its artifacts and what belongs to tools. */
export async function versionFiles(version: ModelVersion): Promise<readonly ModelFile[]> {
  try {
    const files = await filesBelow(version.directory, '', []);
    const models = new Set((await modelFilesOf(version.directory)).map((file) => file.name));
    return files
      .map((file) => (models.has(file.name) ? { ...file, kind: 'model' as const } : file))
      .sort((a, b) => COLLATOR.compare(a.name, b.name));
  } catch (error) {
    throw fileError(error, t('Files of {0} version {1}', version.name, version.version));
  }
}

/** `above`: the real paths of the folders on the way, so that a link back to one of them is not followed. */
async function filesBelow(directory: string, prefix: string, above: readonly string[]): Promise<readonly ModelFile[]> {
  const real = await realpath(directory);
  if (above.includes(real)) {
    return [];
  }
  const names = (await readdir(directory)).filter(
    (name) => !isToolsOwn(name) && !(prefix === '' && name === ARTIFACTS),
  );
  const found = await mapBounded(names, async (name): Promise<readonly ModelFile[]> => {
    const full = path.join(directory, name);
    const info = await stat(full).catch(() => undefined);
    if (info?.isDirectory() === true) {
      return filesBelow(full, `${prefix}${name}/`, [...above, real]);
    }
    return info?.isFile() === true
      ? [{ path: full, name: prefix + name, bytes: info.size, kind: kindOf(prefix + name) }]
      : [];
  });
  return found.flat();
}

async function readModel(folder: string, directory: string, name: string): Promise<Model | undefined> {
  const numbers = await versionsIn(directory);
  if (numbers.length === 0) {
    return undefined;
  }
  const versions: ModelVersion[] = [];
  for (const version of numbers) {
    const below = path.join(directory, String(version));
    versions.push({ name, version, folder, directory: below, metadata: await readMetadata(below) });
  }
  return { name, folder, directory, versions };
}

/** Numbers of the version folders, highest first. */
async function versionsIn(directory: string): Promise<readonly number[]> {
  const names = await foldersIn(directory, VERSION).catch(() => []);
  return names.map(Number).sort((a, b) => b - a);
}

/**
 * Only the opening waits on the disk's queue: a small file that is open is read at once. With 10,000 models that takes
 * a third of the time of `readFile` from `node:fs/promises`.
 */
function readMetadata(directory: string): Promise<ModelMetadata> {
  return new Promise((resolve) => {
    open(path.join(directory, MODEL_JSON), 'r', (failure, file) => {
      if (failure) {
        resolve({});
        return;
      }
      try {
        resolve(toMetadata(readFileSync(file, 'utf8')));
      } catch {
        resolve({});
      } finally {
        closeSync(file);
      }
    });
  });
}

/** Names of the folders, and of links to folders, in a folder. */
async function foldersIn(directory: string, pattern = /^[^.]/): Promise<readonly string[]> {
  const entries = await readdir(directory, { withFileTypes: true });
  const names = entries.map(async (entry) => {
    if (!pattern.test(entry.name)) {
      return undefined;
    }
    const isFolder = entry.isSymbolicLink()
      ? await isFolderLink(path.join(directory, entry.name))
      : entry.isDirectory();
    return isFolder ? entry.name : undefined;
  });
  return (await Promise.all(names)).filter((name) => name !== undefined);
}

async function isFolderLink(link: string): Promise<boolean> {
  const info = await stat(link).catch(() => undefined);
  return info?.isDirectory() === true;
}

/** Maps with some calls at once, so that 10,000 entries do not open 10,000 files. */
async function mapBounded<T, R>(items: readonly T[], map: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let index = next++; index < items.length; index = next++) {
      const item = items[index];
      if (item !== undefined) {
        results[index] = await map(item);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return results;
}
