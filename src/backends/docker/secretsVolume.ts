import { messageOf, ServingError } from '../../core/errors';
import { t } from '../../core/l10n';
import type { RunRecord } from '../local/ledger';
import { clashError, isOurs } from './clash';
import type { DockerContext } from './dockerContext';
import type { ContainerSpec } from './engine/port';
import { INSIDE, USER } from './inside';
import { runSecretNames, runSecrets } from './runSecrets';

const MEGABYTES = 1;

/** Reads name → value from its standard input and puts each value into a file; what was there before goes. */
const FILL = `
import json, os, sys
folder = ${JSON.stringify(INSIDE.secrets)}
os.umask(0o077)
values = json.load(sys.stdin)
for name, value in values.items():
    with open(os.path.join(folder, "." + name), "w", encoding="utf-8", newline="") as file:
        file.write(value)
    os.replace(os.path.join(folder, "." + name), os.path.join(folder, name))
for name in os.listdir(folder):
    if name not in values:
        os.remove(os.path.join(folder, name))
`;

/** Mounts the volume for as long as others are made that will; by itself it ends when whoever asked for it is gone. */
const HOLD = 'import time; time.sleep(120)';

/**
 * The volume in memory that a serving's secrets lie in, empty until it is filled. `isFresh`: one that nothing has
 * mounted yet. Engines before 24 forget over a restart who mounts a volume: then it is emptied while it is in use, and
 * cannot be removed until they restart again.
 */
export async function secretsVolume(
  { engine, objects, name: serving }: DockerContext,
  isFresh: boolean,
): Promise<string> {
  const there = await engine.listVolumes(objects.filter('secrets'));
  const last = Math.max(0, ...there.map(({ name }) => numberOf(name)));
  if (last > 0 && !isFresh) {
    return objects.secrets(last);
  }
  const name = objects.secrets(last + 1);
  // An engine gives a volume that is there already, whosever it is: secrets must not get onto its disk.
  if ((await engine.listVolumes({})).some((each) => each.name === name && !isOurs(each.labels))) {
    throw clashError(engine, serving, { what: 'volume', name });
  }
  await engine.createMemoryVolume(name, objects.labels('secrets'), MEGABYTES);
  return name;
}

/** What a gateway has to hold. */
export async function heldSecrets(context: DockerContext, run: RunRecord): Promise<string | undefined> {
  return runSecretNames(run).length > 0 ? secretsVolume(context, false) : undefined;
}

function numberOf(name: string): number {
  return Number(/-secrets-(\d+)$/.exec(name)?.[1] ?? 1);
}

/** Takes volumes of secrets away but the one; what an engine does not let go of yet is taken away with the next end. */
export async function removeSecrets({ engine, objects, log, name }: DockerContext, but?: string): Promise<void> {
  const volumes = (await engine.listVolumes(objects.filter('secrets'))).filter((each) => each.name !== but);
  for (const volume of volumes) {
    try {
      await engine.removeVolume(volume.name);
    } catch (error) {
      log.warn(`${name}: the empty volume ${volume.name} stays until the engine restarts: ${messageOf(error)}`);
    }
  }
}

/** Containers that are made by `work` find a run's secrets in the volume whose name it is given. */
export async function withSecrets<T>(
  context: DockerContext,
  run: RunRecord,
  volume: { readonly isFresh: boolean },
  signal: AbortSignal,
  work: (volume: string | undefined) => Promise<T>,
): Promise<T> {
  const { image } = run;
  if (runSecretNames(run).length === 0 || image === undefined) {
    return work(undefined);
  }
  const name = await secretsVolume(context, volume.isFresh);
  const values = await runSecrets(context, run).catch(() => undefined);
  if (values === undefined) {
    // Another user's serving: its volume has them.
    return work(name);
  }
  return whileHeld(context, image, name, async () => {
    await fillSecrets(context, image, name, values, signal);
    return work(name);
  });
}

async function whileHeld<T>(
  { engine, objects }: DockerContext,
  image: string,
  volume: string,
  work: () => Promise<T>,
): Promise<T> {
  const holder = await engine.createContainer({
    ...onVolume(volume),
    image,
    labels: objects.labels('once'),
    entrypoint: ['python', '-I', '-c', HOLD],
  });
  try {
    await engine.startContainer(holder);
    return await work();
  } finally {
    await engine.removeContainer(holder);
  }
}

/**
 * Puts the values of secrets into the volume. They go by the standard input of a container that ends with it: nothing
 * of them is seen in any container's description. The volume keeps them while a running container mounts it.
 */
export async function fillSecrets(
  { engine, objects, name }: DockerContext,
  image: string,
  volume: string,
  secrets: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<void> {
  const { exitCode, output } = await engine.runOnce(
    { ...onVolume(volume), image, labels: objects.labels('once'), entrypoint: ['python', '-I', '-c', FILL] },
    Buffer.from(JSON.stringify(secrets)),
    signal,
  );
  if (exitCode !== 0) {
    // What Python says of the script above names no values.
    const last = output.trim().split('\n').at(-1) ?? '';
    throw new ServingError(
      'internal',
      t('Could not hand over the secrets of {0}: {1}', name, last || t('without a word')),
    );
  }
}

function onVolume(volume: string): Pick<ContainerSpec, 'user' | 'memoryMb' | 'volumes'> {
  return { user: USER, memoryMb: 64, volumes: [{ source: volume, target: INSIDE.secrets }] };
}
