import { readdir, stat } from 'node:fs/promises';
import type { LocalBackendKind } from '../../core/definition';
import { isHeld } from './held';
import { arrivalsDirectory, ServingPaths, storagesIn } from './paths';

/** A serving on its way to a backend. */
export interface Arrival {
  readonly name: string;
  readonly to: LocalBackendKind;
  /** Of the backend that it moves to. */
  readonly paths: ServingPaths;
  /** The window that moved it has died. */
  readonly isHalf: boolean;
  isThere(): Promise<boolean>;
}

/** What moves in a workspace folder. */
export async function arrivals(storage: string): Promise<readonly Arrival[]> {
  const found: Arrival[] = [];
  const storages = storagesIn(storage);
  for (const to of ['process', 'docker'] as const) {
    // Only servings with a right name move, so that it is the file's name, too.
    for (const name of await readdir(arrivalsDirectory(storages[to])).catch(() => [])) {
      const paths = new ServingPaths(storages[to], name);
      found.push({ name, to, paths, isHalf: !(await isHeld(paths.lock)), isThere: () => exists(paths.arriving) });
    }
  }
  return found;
}

function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}
