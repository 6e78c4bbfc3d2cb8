import { t } from '../../core/l10n';
import type { ServingRef } from '../../core/serving';
import type { LogChoice, LogSubject } from '../../protocol/logPanel';
import type { ServingSource } from './ports';

/** What a log panel is about, and what else it could be about. @param servings those whose logs can be read */
export function toSubject(
  ref: ServingRef,
  all: ServingRef,
  servings: readonly ServingRef[],
  source: Pick<ServingSource, 'serving' | 'backendLabel'>,
): LogSubject {
  const isAll = ref.name === all.name;
  const isLive = (each: ServingRef): boolean => {
    const state = source.serving(each)?.state;
    return state !== undefined && state !== 'stopped' && state !== 'failed';
  };
  const known = servings.some((each) => each.backend === ref.backend && each.name === ref.name) || isAll;
  const refs = known ? servings : [ref, ...servings];
  const label = (each: ServingRef): string =>
    refs.some(({ backend, name }) => name === each.name && backend !== each.backend)
      ? `${each.name} (${source.backendLabel(each)})`
      : each.name;
  const choices: readonly LogChoice[] = [
    { ref: toViewRef(all), label: t('All servings') },
    ...refs.map((each) => ({ ref: toViewRef(each), label: label(each) })),
  ];
  return {
    ref: toViewRef(ref),
    name: isAll ? t('All servings') : ref.name,
    live: isAll ? servings.some(isLive) : isLive(ref),
    all: isAll,
    choices,
  };
}

function toViewRef({ backend, name }: ServingRef): LogChoice['ref'] {
  return { backend, name };
}
