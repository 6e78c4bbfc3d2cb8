import type { Prompts } from '../../app/prompts';
import type { Servings } from '../../app/servings';
import type { Serving } from '../../core/serving';
import { eachServing } from './manyServings';

export interface RemoveParts {
  readonly servings: Servings;
  readonly prompts: Prompts;
}

/** How many names the question has. */
const MOST_NAMES = 20;

/** Deletes servings, once whoever asked for it has said yes. */
export async function removeServings(parts: RemoveParts, chosen: readonly Serving[]): Promise<void> {
  const named = chosen.slice(0, MOST_NAMES).map(({ ref }) => ref.name);
  const rest = chosen.length - named.length;
  const names = rest > 0 ? `${named.join(', ')} and ${rest} more` : named.join(', ');
  const running = chosen.filter(({ state }) => state === 'running').length;
  const what = chosen.every(({ isOrphan }) => isOrphan) ? 'logs' : 'definitions and logs';
  await parts.prompts.confirm(
    chosen.length === 1 ? `Delete the serving ${names}?` : `Delete ${chosen.length} servings?`,
    `${chosen.length === 1 ? `Its ${what.replace('definitions', 'definition')} are` : `${names}: their ${what} are`} deleted${running > 0 ? ', and what runs is stopped' : ''}. Models and scripts stay.`,
    'Delete',
  );
  await eachServing('remove', chosen, ({ ref }, operation) => parts.servings.remove(ref, operation));
}
