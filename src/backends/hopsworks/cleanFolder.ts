import { messageOf } from '../../core/errors';
import type { Logger } from '../../core/log';
import type { Datasets } from './datasets';
import { pause, type Timing } from './timing';

/** Each call has its own limit, so that this is for when there is very much. */
export const CLEAN_MS = 120_000;
const TRIES = 3;

interface CleanParts {
  /** What has failed. */
  readonly what: string;
  readonly datasets: Datasets;
  readonly log: Logger;
  readonly timing: Pick<Timing, 'pollMs'>;
}

/** What was on its way when it was cancelled may come afterwards, or in the middle: it is looked for until nothing is left. */
export async function cleanFolder(folder: string, { datasets, log, timing, what }: CleanParts): Promise<void> {
  const signal = AbortSignal.timeout(CLEAN_MS);
  let failed: unknown;
  try {
    for (let tried = 0; tried < TRIES; tried++) {
      failed = await datasets.remove(folder, signal).then(
        () => undefined,
        (error: unknown) => error,
      );
      await pause(timing.pollMs / 2, what, signal);
      if ((await datasets.find(folder, signal)) === undefined) {
        return;
      }
    }
  } catch (error) {
    failed ??= error;
  }
  const why = failed === undefined ? '' : `: ${messageOf(failed)}`;
  log.warn(`${what}, and what was uploaded to ${folder} is left there${why}`);
}
