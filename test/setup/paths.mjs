// Where tests keep what they download and build: one ignored folder, so that a clone stays clean.
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's folder. */
export const project = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

/** Everything downloaded or built for tests; safe to delete at any time. */
export const cache = process.env.MODEL_SERVING_CACHE
  ? resolve(process.env.MODEL_SERVING_CACHE)
  : join(project, '.cache');

/**
 * The first executable file with one of the names on the PATH.
 * @param {...string} names
 * @returns {string | undefined}
 */
export function onPath(...names) {
  const suffixes = process.platform === 'win32' ? ['.exe', '.cmd', '.bat', ''] : [''];
  for (const name of names) {
    for (const folder of (process.env.PATH ?? '').split(delimiter).filter(Boolean)) {
      for (const suffix of suffixes) {
        const file = join(folder, name + suffix);
        if (existsSync(file) && isExecutable(file)) return file;
      }
    }
  }
  return undefined;
}

/** @param {string} file */
function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
