import { readdir, stat } from 'node:fs/promises';
import type { LocalBackendKind } from '../../core/definition';
import { isHeld } from './held';
import { arrivalsDirectory, ServingPaths, storagesIn } from './paths';

/** A serving that was on its way to a backend, with nobody at work on it. */
export interface HalfMove {
  readonly name: string;
  readonly to: LocalBackendKind;
  /** Of the backend that it was moved to. */
  readonly paths: ServingPaths;
  isThere(): Promise<boolean>;
}

/** What windows that have died were about to move in a workspace folder. */
export async function halfMoves(storage: string): Promise<readonly HalfMove[]> {
  const found: HalfMove[] = [];
  const storages = storagesIn(storage);
  for (const to of ['process', 'docker'] as const) {
    // Only servings with a right name move, so that it is the file's name, too.
    for (const name of await readdir(arrivalsDirectory(storages[to])).catch(() => [])) {
      const paths = new ServingPaths(storages[to], name);
      if (!(await isHeld(paths.lock))) {
        found.push({ name, to, paths, isThere: () => exists(paths.arriving) });
      }
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
