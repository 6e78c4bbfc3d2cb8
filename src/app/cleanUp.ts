import type { Operation } from '../core/backend';
import { isCancelled, messageOf } from '../core/errors';
import { t } from '../core/l10n';
import type { Logger } from '../core/log';
import type { Prompts } from './prompts';

/** Something of ours that nothing needs. */
export interface Unneeded {
  readonly kind: 'environment' | 'image' | 'orphan';
  /** Unique among those of its kind. */
  readonly id: string;
  readonly label: string;
  readonly detail: string;
  /** What becomes free with it, in bytes; undefined where that is not known. */
  readonly bytes?: number;
  /** What is lost with it, where it is more than the time to make it again. */
  readonly loses?: string;
}

/** What there is to clean up. */
export interface FoundUnneeded {
  readonly things: readonly Unneeded[];
  /** Why the engine could not be asked, so that these are environments only. */
  readonly withoutEngine?: string;
}

export interface CleanUpPlace {
  find(signal: AbortSignal): Promise<FoundUnneeded>;
  /** False: something uses it by now, and it stays. */
  remove(thing: Unneeded, signal: AbortSignal): Promise<boolean>;
}

export interface CleanUpParts {
  readonly place: CleanUpPlace;
  readonly prompts: Prompts;
  readonly log: Logger;
  /** Runs a long call with its progress shown. */
  readonly run: <T>(title: string, work: (operation: Operation) => Promise<T>) => Promise<T>;
}

const GROUPS = {
  environment: { icon: 'symbol-namespace', stage: 'environment' },
  image: { icon: 'layers', stage: 'image' },
  orphan: { icon: 'warning', stage: 'server' },
} as const;
const separators = (): Readonly<Record<Unneeded['kind'], string>> => ({
  environment: t('Managed environments that no serving uses'),
  image: t('Docker images that no serving uses'),
  orphan: t('On the engine, from folders that this computer does not have'),
});

/** The cache of BuildKit has layers of its own right; it is shared with what is not ours. */
const buildCache = () =>
  t('The engine may keep parts of images in its build cache until it needs room, or `docker builder prune`.');

/** Lists what nothing needs, lets a person choose and takes it away. Resolves with what is to be said afterwards. */
export async function cleanUp({ place, prompts, log, run }: CleanUpParts): Promise<string> {
  const { things, withoutEngine } = await run(t('Looking for what nothing uses'), ({ signal }) => place.find(signal));
  const without = withoutEngine === undefined ? '' : t('Docker was not asked: {0}', withoutEngine);
  if (things.length === 0) {
    return without === ''
      ? t('There is nothing to clean up: all is in use.')
      : t('Every environment is in use. {0}', without);
  }
  const bytes = things.reduce((sum, thing) => sum + (thing.bytes ?? 0), 0);
  const chosen = await prompts.pickMany({
    title: t('Clean Up'),
    placeholder: things.some(({ loses }) => loses === undefined)
      ? t('Nothing uses these: {0}. They are made again when they are needed.', sizeText(bytes))
      : t('Nothing is unused. Choose what is to be stopped and removed.'),
    choices: things.map((thing, at) => ({
      label: thing.label,
      description: thing.bytes === undefined ? '' : sizeText(thing.bytes),
      detail: thing.detail,
      icon: GROUPS[thing.kind].icon,
      value: thing,
      // What another computer may run is never taken along.
      isChosen: thing.loses === undefined,
      ...(things[at - 1]?.kind === thing.kind ? {} : { separator: separators()[thing.kind] }),
    })),
  });
  if (chosen.length === 0) {
    return t('Nothing was removed.');
  }
  const lost = chosen.flatMap(({ loses }) => loses ?? []);
  if (lost.length > 0) {
    const orphans = chosen.filter(({ loses }) => loses !== undefined).length;
    await prompts.confirm(
      orphans === 1
        ? t('Remove a serving of folders that this computer does not have?')
        : t('Remove {0} servings of folders that this computer does not have?', orphans),
      lost.join('\n'),
      t('Remove'),
    );
  }
  const outcome = await run(t('Cleaning up'), (operation) => removeAll(place, chosen, operation, log));
  return [outcomeText(outcome), without].filter((text) => text !== '').join(' ');
}

interface Outcome {
  readonly removed: readonly Unneeded[];
  /** In use by now. */
  readonly kept: number;
  readonly failures: readonly string[];
}

/** What cannot be removed does not keep the others from it; cancelled, what is left stays. */
async function removeAll(
  place: CleanUpPlace,
  chosen: readonly Unneeded[],
  operation: Operation,
  log: Logger,
): Promise<Outcome> {
  const removed: Unneeded[] = [];
  const failures: string[] = [];
  let kept = 0;
  for (const [at, thing] of chosen.entries()) {
    if (operation.signal.aborted) {
      break;
    }
    operation.report({
      stage: GROUPS[thing.kind].stage,
      message: t('{0} ({1} of {2})', thing.label, String(at + 1), String(chosen.length)),
    });
    try {
      if (await place.remove(thing, operation.signal)) {
        removed.push(thing);
      } else {
        kept++;
      }
    } catch (error) {
      if (!isCancelled(error)) {
        log.warn(`could not remove ${thing.label}: ${messageOf(error)}`);
        failures.push(messageOf(error));
      }
    }
  }
  return { removed, kept, failures };
}

function outcomeText({ removed, kept, failures }: Outcome): string {
  const counts = (['environment', 'image', 'orphan'] as const).flatMap((kind) => {
    const count = removed.filter((each) => each.kind === kind).length;
    return count === 0 ? [] : [countText(kind, count)];
  });
  const bytes = removed.reduce((sum, each) => sum + (each.bytes ?? 0), 0);
  const things = counts.join(', ');
  const said = removed.some((each) => each.bytes !== undefined)
    ? t('Removed {0}: {1} freed.', things, sizeText(bytes))
    : t('Removed {0}.', things);
  return [
    counts.length === 0 ? t('Nothing was removed.') : said,
    ...(removed.some(({ kind }) => kind === 'image') ? [buildCache()] : []),
    ...(kept === 0
      ? []
      : [kept === 1 ? t('1 is in use by now and stayed.') : t('{0} are in use by now and stayed.', kept)]),
    ...(failures.length === 0
      ? []
      : [t('{0} could not be removed: {1}', String(failures.length), String(failures[0]))]),
  ].join(' ');
}

function countText(kind: Unneeded['kind'], count: number): string {
  switch (kind) {
    case 'environment':
      return count === 1 ? t('1 environment') : t('{0} environments', count);
    case 'image':
      return count === 1 ? t('1 image') : t('{0} images', count);
    case 'orphan':
      return count === 1 ? t('1 serving') : t('{0} servings', count);
  }
}

/** `312 MB`, `1.2 GB`. */
export function sizeText(bytes: number): string {
  if (bytes >= 1e9) {
    return `${(bytes / 1e9).toFixed(1)} GB`;
  }
  return bytes > 0 && bytes < 1e6 ? t('less than 1 MB') : `${String(Math.round(bytes / 1e6))} MB`;
}
