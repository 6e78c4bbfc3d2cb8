import { rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { isNodeError, ServingError } from '../../core/errors';
import { t } from '../../core/l10n';
import { type Finding, ok, warning } from '../../environments/finding';
import { withLock } from '../../environments/lock';
import type { ServingPaths } from '../local/paths';
import type { Engine, Labels } from './engine/port';
import { removeArtifacts } from './images/unusedImages';
import { folderHash, LABEL, ServingObjects } from './labels';

/** What running requests get to end. */
const STOP_SECONDS = 10;

/** What an engine has of a serving whose workspace folder is not on this computer any more. */
export interface GoneServing {
  readonly name: string;
  /** Absolute path. */
  readonly folder: string;
  readonly containers: number;
  /** Of these containers. */
  readonly running: number;
}

/**
 * Servings whose workspace folder is gone. Labels do not tell the computer: on an engine that several share, one whose
 * folder is not here may be another's. So these are to be shown with their folder, and nothing is removed unasked.
 */
export async function servingsOfGoneFolders(engine: Engine): Promise<readonly GoneServing[]> {
  const filter = { [LABEL.ours]: '1' };
  const [containers, networks, volumes] = await Promise.all([
    engine.listContainers(filter),
    engine.listNetworks(filter),
    engine.listVolumes(filter),
  ]);
  const found = new Map<string, GoneServing>();
  const add = (labels: Labels, count: number, running: number): void => {
    const { [LABEL.folderPath]: folder, [LABEL.serving]: name, [LABEL.folder]: hash } = labels;
    if (folder === undefined || name === undefined || hash !== folderHash(folder)) {
      return;
    }
    const key = `${folder}\n${name}`;
    const before = found.get(key) ?? { containers: 0, running: 0 };
    found.set(key, { name, folder, containers: before.containers + count, running: before.running + running });
  };
  containers.forEach(({ labels, state }) => {
    add(labels, 1, state === 'running' ? 1 : 0);
  });
  [...networks, ...volumes].forEach(({ labels }) => {
    add(labels, 0, 0);
  });
  const gone = new Map<string, boolean>();
  for (const folder of new Set([...found.values()].map((each) => each.folder))) {
    gone.set(folder, await isGone(folder));
  }
  return [...found.values()]
    .filter(({ folder }) => gone.get(folder) === true)
    .sort((a, b) => a.folder.localeCompare(b.folder) || a.name.localeCompare(b.name));
}

/** Stops one of them and takes away all that it has on the engine, and its state in `paths`. */
export async function removeGoneServing(
  engine: Engine,
  { name, folder }: Pick<GoneServing, 'name' | 'folder'>,
  paths: ServingPaths,
  signal: AbortSignal,
): Promise<void> {
  const what = t('Could not remove {0}', name);
  // A window may still have the folder open that was deleted under it.
  await withLock(paths.lock, { what: t('Waiting for another operation on {0}', name), signal }, async () => {
    if (!(await isGone(folder))) {
      throw new ServingError('conflict', t('{0}: its folder {1} is there again', what, folder));
    }
    const objects = new ServingObjects(folder, name);
    const containers = await engine.listContainers(objects.filter());
    const last = (role: string | undefined): number => (role === 'gateway' ? 0 : 1);
    await Promise.all(
      [...containers]
        .sort((a, b) => last(a.labels[LABEL.role]) - last(b.labels[LABEL.role]))
        .map(async ({ id }) => {
          await engine.stopContainer(id, STOP_SECONDS);
          await engine.removeContainer(id);
        }),
    );
    const [networks, volumes] = await Promise.all([
      engine.listNetworks(objects.filter()),
      engine.listVolumes(objects.filter()),
    ]);
    await Promise.all([
      ...networks.map(({ id }) => engine.removeNetwork(id)),
      ...volumes.map((volume) => engine.removeVolume(volume.name)),
    ]);
    await removeArtifacts(engine, { folderHash: folderHash(folder), name });
    await rm(paths.directory, { recursive: true, force: true });
  });
}

/** What the doctor says of them; nothing where there are none. */
export async function checkGoneFolders(engine: Engine): Promise<readonly Finding[]> {
  const gone = await servingsOfGoneFolders(engine);
  if (gone.length === 0) {
    return [];
  }
  const names = gone.map(({ name, folder }) => t('{0} of {1}', name, folder)).join(', ');
  const text =
    gone.length === 1
      ? t('A serving is on the engine, and this computer has no such folder: {0}', names)
      : t('{0} servings are on the engine, and this computer has no such folder: {1}', gone.length, names);
  const remedy = { kind: 'cleanUp' } as const;
  // They are likely to be another computer's, and then all is well.
  return [
    engine.address.remoteHost === undefined ? warning('Docker', text, remedy) : { ...ok('Docker', text), remedy },
  ];
}

/** Whether a folder that is not here may be one of another computer that has the same engine. */
export async function mayBeElsewhere(folder: string, { address }: Pick<Engine, 'address'>): Promise<boolean> {
  return folder !== '' && (!isPathHere(folder) || (address.remoteHost !== undefined && (await isGone(folder))));
}

/** Whether this computer could have a folder and does not; one that cannot be looked at is there. */
async function isGone(folder: string): Promise<boolean> {
  if (!isPathHere(folder)) {
    return false;
  }
  try {
    return !(await stat(folder)).isDirectory();
  } catch (error) {
    return isNodeError(error) && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
  }
}

/** Whether a path is one of this kind of system: Windows and its Linux share an engine, and not their folders. */
export function isPathHere(folder: string, platform: NodeJS.Platform = process.platform): boolean {
  return platform === 'win32' ? /^([a-z]:[\\/]|\\\\)/i.test(folder) : path.posix.isAbsolute(folder);
}
