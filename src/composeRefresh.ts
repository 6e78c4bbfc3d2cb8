import { finishAllInterrupted } from './app/models/exportSwap';
import type { ModelStore } from './app/modelStore';
import type { ServingStore } from './app/servingStore';
import type { Disposables } from './core/disposables';
import { messageOf } from './core/errors';
import type { Logger } from './core/log';
import type { SelectedInterpreters } from './platform/interpreters';
import type { Settings } from './platform/settings';
import { watchAll, type WorkspaceFolders, type WorkspaceTrust } from './platform/workspace';

interface RefreshParts {
  readonly folders: WorkspaceFolders;
  readonly trust: WorkspaceTrust;
  readonly interpreters: SelectedInterpreters;
  readonly settings: Settings;
  readonly store: ServingStore;
}

/** Has the servings read again when something changes that they depend on. */
export function refreshOnChange(
  owned: Disposables,
  { folders, trust, interpreters, settings, store }: RefreshParts,
): void {
  owned.add(watchAll(folders, 'servings/*.serving.json', () => void store.refresh()));
  owned.add(trust.onDidGrant(() => void store.refresh()));
  owned.add(interpreters.onDidChange(() => void store.refresh()));
  owned.add(settings.onDidChange(() => void store.refresh()));
}

/** What is read once the window stands; an export that was killed is taken back first, so that its version is seen. */
export async function readAll(
  folders: WorkspaceFolders,
  store: ServingStore,
  models: ModelStore,
  log: Logger,
): Promise<void> {
  const recovered = Promise.all(folders.list().map(({ path }) => finishAllInterrupted(path))).catch(
    (error: unknown) => {
      log.warn(`could not take back an interrupted export: ${messageOf(error)}`);
    },
  );
  await Promise.all([store.refresh(), recovered.then(() => models.refresh())]);
}
