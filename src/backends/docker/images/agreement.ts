import { access, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Operation } from '../../../core/backend';
import { ServingError } from '../../../core/errors';
import { t } from '../../../core/l10n';
import { withoutSecrets } from '../../../environments/pipSettings';
import type { Snapshot } from '../../../environments/snapshot';
import type { ImageRequirements } from './imageRequirements';

export interface Agreement {
  readonly base: string;
  readonly requirements: ImageRequirements;
  readonly snapshot: Pick<Snapshot, 'requirements'>;
  /** Of the serving and of what decides what is installed. */
  readonly key: string;
  /** Folder of what was agreed to. */
  readonly agreed: string | undefined;
}

/**
 * Shows whoever watches what a first build installs, once for each serving and set of requirements. Rejects with
 * `cancelled` when they do not want it, or look at the requirements first: those they have seen then.
 */
export async function agreedTo(
  { base, requirements, snapshot, key, agreed }: Agreement,
  { confirmBuild, signal }: Operation,
): Promise<void> {
  const lines = withoutSecrets(snapshot.requirements)
    .split('\n')
    .filter((line) => line.trim() !== '');
  // Options alone install nothing.
  if (!confirmBuild || agreed === undefined || lines.every((line) => /^--(?!editable)/.test(line))) {
    return;
  }
  const file = join(agreed, key);
  if (await isThere(file)) {
    return;
  }
  const { text, pinnedBy } = requirements;
  const plan = {
    base,
    lines,
    text,
    ...(requirements.file !== undefined && { file: requirements.file }),
    ...(pinnedBy !== undefined && { pinnedBy }),
  };
  const what = t('Building the environment');
  const answer = await Promise.race([confirmBuild(plan), whenAborted(signal)]);
  if (answer === undefined) {
    throw ServingError.cancelled(what);
  }
  await mkdir(agreed, { recursive: true });
  await writeFile(file, '');
  if (!answer) {
    throw ServingError.cancelled(what);
  }
}

/** A question that stays open must not keep what was cancelled from ending. */
function whenAborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    const end = (): void => {
      resolve(undefined);
    };
    if (signal.aborted) {
      end();
    } else {
      signal.addEventListener('abort', end, { once: true });
    }
  });
}

async function isThere(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
