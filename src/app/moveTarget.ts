import { ServingError } from '../core/errors';
import { t } from '../core/l10n';
import type { BackendId, BackendKind, ServingRef } from '../core/serving';
import { BACK, type Prompts } from './prompts';
import type { Servings } from './servings';
import type { BackendServings, ServingStore } from './servingStore';

/** What a person gets there. */
const placesText = (): Readonly<Record<BackendKind, { readonly icon: string; readonly detail: string }>> => ({
  process: { icon: 'device-desktop', detail: t('Python processes on this computer: quick to start, nothing to build') },
  docker: { icon: 'package', detail: t('Containers behind a load balancer, with limits of cores and memory') },
  hopsworks: { icon: 'cloud', detail: t('A project on Hopsworks') },
});

/** Asks where a serving is to go, unless that is known: all places are shown, with the reason of one that is not available. */
export async function askMoveTarget(
  {
    servings,
    store,
    prompts,
  }: { readonly servings: Servings; readonly store: ServingStore; readonly prompts: Prompts },
  ref: ServingRef,
  known?: BackendId,
): Promise<BackendServings> {
  await store.refresh();
  const ids = servings.moveTargets(ref).map(({ backend }) => backend.id);
  const targets = store.backends().filter(({ backend }) => ids.includes(backend.id));
  if (targets.length === 0) {
    throw new ServingError('unavailable', t('Could not move {0}: there is no other place for it', ref.name));
  }
  const meant = targets.find(({ backend }) => backend.id === known);
  if (known !== undefined && !meant) {
    throw new ServingError('unavailable', t('Could not move {0}: it cannot go there from where it is', ref.name));
  }
  const chosen = meant ?? (await askWhere(prompts, ref, targets));
  const { availability, backend } = chosen;
  if (availability !== undefined && availability.kind !== 'ready') {
    throw new ServingError(
      'unavailable',
      t('Could not move {0} to {1}: {2}', ref.name, backend.label, availability.message),
      {
        remedies: [{ kind: availability.kind === 'untrusted' ? 'trust' : 'runDoctor' }],
      },
    ).of(ref);
  }
  return chosen;
}

async function askWhere(
  prompts: Prompts,
  ref: ServingRef,
  targets: readonly BackendServings[],
): Promise<BackendServings> {
  const title = t('Move {0} To…', ref.name);
  const chosen = await prompts.pick({
    title,
    placeholder: t('Where is it to run? The new one is ready before the one that answers ends.'),
    choices: targets.map((each) => {
      const { availability } = each;
      const { icon, detail } = placesText()[each.backend.kind];
      return {
        label: each.backend.label,
        value: each,
        icon,
        ...(availability?.kind === 'ready'
          ? { description: availability.detail, detail }
          : { description: t('not available'), detail: availability?.message ?? t('It was not looked at yet') }),
      };
    }),
  });
  if (chosen === BACK) {
    throw ServingError.cancelled(title);
  }
  return chosen;
}
