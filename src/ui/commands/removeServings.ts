import type { Prompts } from '../../app/prompts';
import type { Servings } from '../../app/servings';
import type { Serving } from '../../core/serving';
import { withOperation } from '../../platform/progress';

export interface RemoveParts {
  readonly servings: Servings;
  readonly prompts: Prompts;
}

/** Deletes servings, once whoever asked for it has said yes. */
export async function removeServings(parts: RemoveParts, chosen: readonly Serving[]): Promise<void> {
  const names = chosen.map(({ ref }) => ref.name).join(', ');
  const running = chosen.filter(({ state }) => state === 'running').length;
  const what = chosen.every(({ isOrphan }) => isOrphan) ? 'logs' : 'definitions and logs';
  await parts.prompts.confirm(
    chosen.length === 1 ? `Delete the serving ${names}?` : `Delete ${chosen.length} servings?`,
    `${chosen.length === 1 ? `Its ${what.replace('definitions', 'definition')} are` : `${names}: their ${what} are`} deleted${running > 0 ? ', and what runs is stopped' : ''}. Models and scripts stay.`,
    'Delete',
  );
  await Promise.all(
    chosen.map(({ ref }) =>
      withOperation(`Deleting ${ref.name}`, (operation) => parts.servings.remove(ref, operation)),
    ),
  );
}
