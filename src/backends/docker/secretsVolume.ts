import { ServingError } from '../../core/errors';
import { clashError, isOurs } from './clash';
import type { DockerContext } from './dockerContext';
import { INSIDE, USER } from './inside';

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

/** The volume in memory that a serving's secrets lie in; empty until it is filled. */
export async function ensureSecretsVolume({ engine, objects, name: serving }: DockerContext): Promise<void> {
  const there = await engine.listVolumes(objects.filter('secrets'));
  if (!there.some(({ name }) => name === objects.secrets)) {
    // An engine gives a volume that is there already, whosever it is: secrets must not get onto its disk.
    if ((await engine.listVolumes({})).some(({ name, labels }) => name === objects.secrets && !isOurs(labels))) {
      throw clashError(engine, serving, { what: 'volume', name: objects.secrets });
    }
    await engine.createMemoryVolume(objects.secrets, objects.labels('secrets'), MEGABYTES);
  }
}

/**
 * Puts the values of secrets into the volume. They go by the standard input of a container that ends with it: nothing
 * of them is seen in any container's description. The volume keeps them while a running container mounts it.
 */
export async function fillSecrets(
  { engine, objects, name }: DockerContext,
  image: string,
  secrets: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<void> {
  const { exitCode, output } = await engine.runOnce(
    {
      image,
      labels: objects.labels('once'),
      entrypoint: ['python', '-I', '-c', FILL],
      user: USER,
      memoryMb: 64,
      volumes: [{ source: objects.secrets, target: INSIDE.secrets }],
    },
    Buffer.from(JSON.stringify(secrets)),
    signal,
  );
  if (exitCode !== 0) {
    // What Python says of the script above names no values.
    const last = output.trim().split('\n').at(-1) ?? '';
    throw new ServingError('internal', `Could not hand over the secrets of ${name}: ${last || 'without a word'}`);
  }
}
