import * as vscode from 'vscode';
import { askMoveTarget } from '../../app/moveTarget';
import type { Prompts } from '../../app/prompts';
import type { Servings } from '../../app/servings';
import type { ServingStore } from '../../app/servingStore';
import type { Operation } from '../../core/backend';
import type { ServingDefinition } from '../../core/definition';
import { t } from '../../core/l10n';
import type { BackendId, Serving, ServingRef } from '../../core/serving';
import { withOperation } from '../../platform/progress';
import { moveHopsworks, type HopsworksMoveParts } from './moveHopsworks';
import type { SecretPrompt } from './secretPrompt';

export interface MoveParts extends HopsworksMoveParts {
  readonly servings: Servings;
  readonly store: ServingStore;
  readonly prompts: Prompts;
  readonly secrets: SecretPrompt;
  readonly ensureRequirements: (folder: string, definition: ServingDefinition) => Promise<void>;
  /** A panel that shows the first shows the second then. */
  readonly followPanel: (from: ServingRef, to: ServingRef) => void;
}

/** Asks where a serving is to go, or whether it is meant to go to `place`, and moves it, `watched` by a person. Gives where it is now. */
export async function moveServing(
  parts: MoveParts,
  serving: Serving,
  watched: (operation: Operation) => Operation,
  place?: BackendId,
): Promise<ServingRef> {
  const { servings, store, secrets } = parts;
  const { ref, definition, state } = serving;
  const target = await askMoveTarget(parts, ref, place);
  const { backend } = target;
  if (backend.remote || serving.kind === 'hopsworks') {
    return moveHopsworks(parts, serving, target, watched);
  }
  const runs = state === 'running' || state === 'idle';
  if (backend.id === place) {
    const what = runs ? t('The new one is ready before the one that answers ends.') : t('It is not started there.');
    await parts.prompts.choose(t('Move {0} to {1}?', ref.name, backend.label), what, [t('Move')]);
  }
  if (runs) {
    const folder = store.folderOf(ref);
    if (folder !== undefined) {
      await parts.ensureRequirements(folder, { ...definition, backend: backend.kind });
    }
    await secrets.askMissing(folder, definition);
  }
  const moved = await withOperation(t('Moving {0} to {1}', ref.name, backend.label), (operation) =>
    servings.move(ref, backend.id, watched(operation)),
  ).finally(() => {
    // Also when it has moved, but not all went well.
    if (store.serving(ref) === undefined && store.serving({ ...ref, backend: backend.id })) {
      parts.followPanel(ref, { ...ref, backend: backend.id });
    }
  });
  vscode.window.setStatusBarMessage(t('{0} is served by {1} now', ref.name, backend.label), 3000);
  return moved;
}
