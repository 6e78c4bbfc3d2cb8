import { messageOf } from '../../../core/errors';
import type { Logger } from '../../../core/log';
import type { Ledger } from '../../local/ledger';
import type { Engine } from '../engine/port';
import { folderHash } from '../labels';
import { pruneArtifacts, removeArtifacts } from './unusedImages';

export interface ServingImagesParts {
  /** Absolute path of the workspace folder. */
  readonly folder: string;
  readonly name: string;
  readonly ledger: Pick<Ledger, 'read'>;
  readonly log: Logger;
  readonly engine: () => Promise<Engine>;
}

/**
 * Takes away the older artifact images of a serving when its start has built one, and all of them once it is removed and
 * has no ledger any more. Never rejects: a serving is no worse for images that stay, and the clean-up finds them.
 */
export async function tidyImages({ folder, name, ledger, log, engine }: ServingImagesParts): Promise<void> {
  try {
    const serving = { folderHash: folderHash(folder), name };
    const run = await ledger.read();
    const image = run?.stages.find((stage) => stage.name === 'image');
    const isBuilt = image !== undefined && image.note === undefined;
    const removed =
      run === undefined
        ? await removeArtifacts(await engine(), serving)
        : isBuilt
          ? await pruneArtifacts(await engine(), serving)
          : [];
    if (removed.length > 0) {
      log.info(`${name}: ${String(removed.length)} images that it does not need any more were removed`);
    }
  } catch (error) {
    log.warn(`could not remove the unused images of ${name}: ${messageOf(error)}`);
  }
}
