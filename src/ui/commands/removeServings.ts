import type { Prompts } from '../../app/prompts';
import type { Servings } from '../../app/servings';
import { t } from '../../core/l10n';
import type { Serving } from '../../core/serving';
import { eachServing } from './manyServings';
import { removeTopics, type RemoveTopicsParts } from './removeTopics';

export interface RemoveParts {
  readonly servings: Servings;
  readonly prompts: Prompts;
  readonly kafka: Omit<RemoveTopicsParts, 'prompts'>;
}

/** How many names the question has. */
const MOST_NAMES = 20;

/** Deletes servings, once whoever asked for it has said yes. */
export async function removeServings(parts: RemoveParts, chosen: readonly Serving[]): Promise<void> {
  const named = chosen.slice(0, MOST_NAMES).map(({ ref }) => ref.name);
  const rest = chosen.length - named.length;
  const names = rest > 0 ? t('{0} and {1} more', named.join(', '), rest) : named.join(', ');
  await parts.prompts.confirm(
    chosen.length === 1 ? t('Delete the serving {0}?', names) : t('Delete {0} servings?', chosen.length),
    lostText(chosen, names),
    t('Delete'),
  );
  await eachServing('remove', chosen, ({ ref }, operation) => parts.servings.remove(ref, operation));
  await removeTopics(
    { ...parts.kafka, prompts: parts.prompts },
    chosen.map(({ ref }) => ref),
  );
}

/** What is deleted and what stays. */
function lostText(chosen: readonly Serving[], names: string): string {
  const isOne = chosen.length === 1;
  const runs = chosen.some(({ state }) => state === 'running');
  if (chosen.every(({ isOrphan }) => isOrphan)) {
    if (isOne) {
      return runs
        ? t('Its logs are deleted, and what runs is stopped. Models and scripts stay.')
        : t('Its logs are deleted. Models and scripts stay.');
    }
    return runs
      ? t('{0}: their logs are deleted, and what runs is stopped. Models and scripts stay.', names)
      : t('{0}: their logs are deleted. Models and scripts stay.', names);
  }
  if (isOne) {
    return runs
      ? t('Its definition and logs are deleted, and what runs is stopped. Models and scripts stay.')
      : t('Its definition and logs are deleted. Models and scripts stay.');
  }
  return runs
    ? t('{0}: their definitions and logs are deleted, and what runs is stopped. Models and scripts stay.', names)
    : t('{0}: their definitions and logs are deleted. Models and scripts stay.', names);
}
