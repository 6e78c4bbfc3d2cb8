import * as vscode from 'vscode';
import { BACK, type Prompts } from '../../app/prompts';
import type { Servings } from '../../app/servings';
import type { ServingStore } from '../../app/servingStore';
import type { LocalBackendKind, ServingDefinition } from '../../core/definition';
import { ServingError } from '../../core/errors';
import type { BackendKind, Serving, ServingRef } from '../../core/serving';
import { withOperation } from '../../platform/progress';
import type { SecretPrompt } from './secretPrompt';

export interface MoveParts {
  readonly servings: Servings;
  readonly store: ServingStore;
  readonly prompts: Prompts;
  readonly secrets: SecretPrompt;
  readonly ensureRequirements: (folder: string, definition: ServingDefinition) => Promise<void>;
  /** A panel that shows the first shows the second then. */
  readonly followPanel: (from: ServingRef, to: ServingRef) => void;
}

/** What a person gets there. */
const PLACES: Readonly<Record<BackendKind, { readonly icon: string; readonly detail: string }>> = {
  process: { icon: 'device-desktop', detail: 'Python processes on this computer: quick to start, nothing to build' },
  docker: { icon: 'package', detail: 'Containers behind a load balancer, with limits of cores and memory' },
  hopsworks: { icon: 'cloud', detail: 'A project on Hopsworks' },
};

/** Asks where a serving is to go, and moves it. Gives where it is now. */
export async function moveServing(parts: MoveParts, serving: Serving): Promise<ServingRef> {
  const { servings, store, secrets } = parts;
  const { ref, definition, state } = serving;
  const target = await askTarget(parts, ref);
  const { backend } = target;
  const runs = state === 'running' || state === 'idle';
  if (runs) {
    const folder = store.folderOf(ref);
    if (folder !== undefined) {
      await parts.ensureRequirements(folder, { ...definition, backend: backend.kind as LocalBackendKind });
    }
    await secrets.askMissing(folder, definition);
  }
  const moved = await withOperation(`Moving ${ref.name} to ${backend.label}`, (operation) =>
    servings.move(ref, backend.id, operation),
  ).finally(() => {
    // Also when it has moved, but not all went well.
    if (store.serving(ref) === undefined && store.serving({ ...ref, backend: backend.id })) {
      parts.followPanel(ref, { ...ref, backend: backend.id });
    }
  });
  vscode.window.setStatusBarMessage(`${ref.name} is served by ${backend.label} now`, 3000);
  return moved;
}

async function askTarget({ servings, store, prompts }: MoveParts, ref: ServingRef) {
  await store.refresh();
  const ids = servings.moveTargets(ref).map(({ backend }) => backend.id);
  const targets = store.backends().filter(({ backend }) => ids.includes(backend.id));
  if (targets.length === 0) {
    throw new ServingError('unavailable', `Could not move ${ref.name}: there is no other place for it`);
  }
  const title = `Move ${ref.name} to…`;
  const chosen = await prompts.pick({
    title,
    placeholder: 'Where is it to run? The new one is ready before the one that answers ends.',
    choices: targets.map((each) => {
      const { availability } = each;
      const { icon, detail } = PLACES[each.backend.kind];
      return {
        label: each.backend.label,
        value: each,
        icon,
        ...(availability?.kind === 'ready'
          ? { description: availability.detail, detail }
          : { description: 'not available', detail: availability?.message ?? 'It was not looked at yet' }),
      };
    }),
  });
  if (chosen === BACK) {
    throw ServingError.cancelled(title);
  }
  const { availability, backend } = chosen;
  if (availability !== undefined && availability.kind !== 'ready') {
    throw new ServingError('unavailable', `Could not move ${ref.name} to ${backend.label}: ${availability.message}`, {
      remedies: [{ kind: availability.kind === 'untrusted' ? 'trust' : 'runDoctor' }],
    }).of(ref);
  }
  return chosen;
}
