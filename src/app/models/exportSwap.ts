import { readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { isNodeError } from '../../core/errors';
import { leftovers, removeEmpty } from '../../files/scratch';
import { ARTIFACTS, MODELS } from './modelFolder';

const TARGET = 'target.json';

/** Notes which version an export will put in place, so that a killed one can be finished or taken back. */
export async function rememberTarget(scratch: string, version: number): Promise<void> {
  await writeFile(path.join(scratch, TARGET), JSON.stringify({ version }));
}

/**
 * Puts `content` in the place of a version; what was there is set aside to `previous`, all but its artifacts.
 * Fails: the version is as it was.
 */
export async function replaceVersion(content: string, directory: string, previous: string): Promise<void> {
  const isReplaced = await moved(directory, previous);
  try {
    await moved(path.join(previous, ARTIFACTS), path.join(content, ARTIFACTS));
    await rename(content, directory);
  } catch (error) {
    if (isReplaced) {
      await moved(path.join(content, ARTIFACTS), path.join(previous, ARTIFACTS));
      await rename(previous, directory);
    }
    throw error;
  }
}

/** Takes back what killed exports left in a model's folder: a version that was set aside returns to its place. */
export async function finishInterrupted(modelDirectory: string): Promise<void> {
  for (const scratch of await leftovers(modelDirectory, 'export')) {
    const version = await targetOf(scratch);
    const previous = path.join(scratch, 'previous');
    if (version !== undefined && (await isThere(previous))) {
      const directory = path.join(modelDirectory, String(version));
      if (!(await isThere(directory))) {
        await moved(path.join(scratch, 'content', ARTIFACTS), path.join(previous, ARTIFACTS));
        await rename(previous, directory);
      }
    }
    await rm(scratch, { recursive: true, force: true });
  }
  for (const scratch of await leftovers(modelDirectory, 'delete')) {
    await rm(scratch, { recursive: true, force: true });
  }
  await removeEmpty(modelDirectory, path.dirname(modelDirectory));
}

/** The same for every model of a workspace folder; what is not a leftover is not touched. */
export async function finishAllInterrupted(folder: string): Promise<void> {
  const models = path.join(folder, MODELS);
  const entries = await readdir(models, { withFileTypes: true }).catch(() => []);
  for (const directory of entries.filter((entry) => entry.isDirectory()).map(({ name }) => path.join(models, name))) {
    const left = [...(await leftovers(directory, 'export')), ...(await leftovers(directory, 'delete'))];
    if (left.length > 0) {
      await finishInterrupted(directory);
    }
  }
}

async function targetOf(scratch: string): Promise<number | undefined> {
  try {
    const json: unknown = JSON.parse(await readFile(path.join(scratch, TARGET), 'utf8'));
    if (typeof json !== 'object' || json === null || !('version' in json)) {
      return undefined;
    }
    return typeof json.version === 'number' ? json.version : undefined;
  } catch {
    return undefined;
  }
}

/** Whether there was something to move. */
async function moved(from: string, to: string): Promise<boolean> {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (isNodeError(error) && error.code === 'ENOENT') {
      return false;
    }
    throw error;
  }
}

async function isThere(place: string): Promise<boolean> {
  return (await stat(place).catch(() => undefined)) !== undefined;
}
