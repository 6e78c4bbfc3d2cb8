import { messageOf } from '../../../core/errors';
import type { DockerContext } from '../dockerContext';
import type { Engine } from '../engine/port';
import { folderHash } from '../labels';
import { pruneArtifacts, removeArtifacts } from './unusedImages';

type Owner = Pick<DockerContext, 'folder' | 'name' | 'log'>;

/** Takes away the older artifact images of a serving when its start has built one. Never rejects. */
export async function pruneAfterStart(context: Owner & Pick<DockerContext, 'engine' | 'ledger'>): Promise<void> {
  await logged(context, async (serving) => {
    const built = (await context.ledger.read())?.stages.find(({ name }) => name === 'image');
    return built !== undefined && built.note === undefined ? pruneArtifacts(context.engine, serving) : [];
  });
}

/** Takes away the artifact images of a serving that was removed. Never rejects. */
export async function removeWithServing(owner: Owner, engine: () => Promise<Engine>): Promise<void> {
  await logged(owner, async (serving) => removeArtifacts(await engine(), serving));
}

/** A serving is no worse for images that stay: they are found by the clean-up. */
async function logged(
  { folder, name, log }: Owner,
  work: (serving: { readonly folderHash: string; readonly name: string }) => Promise<readonly string[]>,
): Promise<void> {
  try {
    const removed = await work({ folderHash: folderHash(folder), name });
    if (removed.length > 0) {
      log.info(`${name}: ${String(removed.length)} images that it does not need any more were removed`);
    }
  } catch (error) {
    log.warn(`could not remove the unused images of ${name}: ${messageOf(error)}`);
  }
}
