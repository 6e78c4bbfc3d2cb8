import type { Operation } from '../../../core/backend';
import { type Remedy, ServingError } from '../../../core/errors';
import { t } from '../../../core/l10n';
import type { Engine, ImageDetail } from '../engine/port';
import { pullFailure } from './failures';

export const BASE_SETTING = 'modelServing.docker.baseImage';
const SETTING: readonly Remedy[] = [{ kind: 'openSettings', setting: BASE_SETTING }];
const FALLBACK_PYTHON = '3.12';

/** The image that environments are built on: that of the setting, else the official one of the environment's Python. */
export function baseImageOf(setting: string | undefined, python: string | undefined): string {
  const named = setting?.trim() ?? '';
  if (named !== '') {
    return named;
  }
  const [major, minor] = (python ?? FALLBACK_PYTHON).split('.');
  return `python:${major ?? '3'}.${minor ?? '12'}-slim`;
}

/** Rejects with `unavailable` when the engine cannot run the base image. */
export function checkArchitecture(reference: string, base: ImageDetail, architecture: string): void {
  const [has, needs] = [plainArchitecture(base.architecture), plainArchitecture(architecture)];
  if (has !== '' && needs !== '' && has !== needs) {
    throw new ServingError(
      'unavailable',
      t('The base image {0} cannot be used: it is made for {1}, and the engine runs {2}', reference, has, needs),
      { remedies: SETTING },
    );
  }
}

/** Rejects with `notFound`, `unavailable`, `unreachable`, `disk` or `cancelled`. */
export async function pullBase(engine: Engine, reference: string, operation: Operation): Promise<ImageDetail> {
  operation.report({ stage: 'environment', message: t('Pulling {0}', reference) });
  let told = t('Pulling {0}', reference);
  try {
    await engine.pullImage(
      reference,
      ({ share }) => {
        const message =
          share === undefined
            ? t('Pulling {0}', reference)
            : t('Pulling {0} ({1} %)', reference, Math.floor(share * 100));
        if (message !== told) {
          told = message;
          operation.report({ stage: 'environment', message });
        }
      },
      operation.signal,
    );
  } catch (error) {
    throw pullFailure(error, reference, operation.signal, SETTING);
  }
  const base = await engine.inspectImage(reference);
  if (!base) {
    throw new ServingError('notFound', t('The base image {0} could not be used: it was removed again', reference), {
      remedies: SETTING,
    });
  }
  return base;
}

/** As Docker says it: `uname` has other words for the same. */
export function plainArchitecture(name: string): string {
  const known: Readonly<Record<string, string>> = { x86_64: 'amd64', aarch64: 'arm64', armv7l: 'arm' };
  return known[name] ?? name;
}
