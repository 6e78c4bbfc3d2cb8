import { ServingError } from '../../core/errors';
import { ofClash } from './clash';
import type { DockerContext } from './dockerContext';

/** The network that a serving's containers have for themselves: its id. `isNew`: most likely there is none yet. */
export async function ensureNetwork({ engine, objects, name: serving }: DockerContext, isNew = false): Promise<string> {
  const find = async (): Promise<string | undefined> =>
    (await engine.listNetworks(objects.filter('network'))).find(({ name }) => name === objects.network)?.id;
  const there = isNew ? undefined : await find();
  if (there !== undefined) {
    return there;
  }
  try {
    return await engine.createNetwork(objects.network, objects.labels('network'));
  } catch (error) {
    const meanwhile = error instanceof ServingError && error.code === 'exists' ? await find() : undefined;
    if (meanwhile === undefined) {
      throw await ofClash(engine, serving, { what: 'network', name: objects.network }, error);
    }
    return meanwhile;
  }
}
