import { type Remedy, ServingError } from '../../core/errors';
import { t } from '../../core/l10n';
import { dockerCommand } from './doctor/commands';
import type { Engine, EngineAddress, Labels } from './engine/port';
import { LABEL } from './labels';

export type ObjectKind = 'container' | 'network' | 'volume';

/** An object on the engine that has the name of one of a serving's. */
export interface Clash {
  readonly what: ObjectKind;
  readonly name: string;
}

export function isOurs(labels: Labels): boolean {
  return labels[LABEL.ours] === '1';
}

/** What to do about it: a container can keep what it has under another name, the others cannot be renamed. */
export function clashRemedy({ what, name }: Clash, address: EngineAddress): Remedy {
  const rest = what === 'container' ? `rename ${name} ${name}-other` : `${what} rm ${name}`;
  return { kind: 'typeCommand', command: dockerCommand(address, rest) };
}

export function clashText({ what, name }: Clash): string {
  switch (what) {
    case 'container':
      return t('the engine has a container named {0} that is not of Model Serving: rename or remove it', name);
    case 'network':
      return t('the engine has a network named {0} that is not of Model Serving: remove it', name);
    case 'volume':
      return t('the engine has a volume named {0} that is not of Model Serving: remove it', name);
  }
}

/** Says of a name that is taken by whom: an object that is not ours is left alone. */
export async function ofClash(engine: Engine, serving: string, clash: Clash, error: unknown): Promise<unknown> {
  if (!(error instanceof ServingError) || error.code !== 'exists') {
    return error;
  }
  const found =
    clash.what === 'container'
      ? await engine.inspectContainer(clash.name)
      : (await engine.listNetworks({})).find(({ name }) => name === clash.name);
  return found && !isOurs(found.labels) ? clashError(engine, serving, clash, error) : error;
}

export function clashError(engine: Engine, serving: string, clash: Clash, cause?: unknown): ServingError {
  return new ServingError('exists', t('Could not start {0}: {1}', serving, clashText(clash)), {
    cause,
    remedies: [clashRemedy(clash, engine.address), { kind: 'runDoctor' }],
  });
}
