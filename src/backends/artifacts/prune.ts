import { readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { t } from '../../core/l10n';
import { fileError } from '../../files/fileError';
import { leftovers, removeEmpty } from '../../files/scratch';

/** A snapshot that was packed or taken again this short ago may be about to run in another window. */
const FRESH_MS = 60 * 60 * 1000;

/** Removes the snapshots of model versions that are neither in use nor fresh, and what killed packings left. */
export async function pruneSnapshots(cache: string, inUse: readonly string[], now = Date.now()): Promise<void> {
  const used = new Set(inUse.map((directory) => path.dirname(directory)));
  try {
    for (const version of await foldersIn(cache)) {
      for (const leftover of await leftovers(version, 'pack')) {
        await rm(leftover, { recursive: true, force: true });
      }
      for (const snapshot of await foldersIn(version)) {
        const info = await stat(snapshot).catch(() => undefined);
        if (!used.has(snapshot) && info !== undefined && now - info.mtimeMs > FRESH_MS) {
          await rm(snapshot, { recursive: true, force: true });
        }
      }
      await removeEmpty(version, cache);
    }
  } catch (error) {
    throw fileError(error, t('Clean up snapshots of models'));
  }
}

async function foldersIn(directory: string): Promise<readonly string[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map((entry) => path.join(directory, entry.name));
}
