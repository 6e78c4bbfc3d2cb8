import type { ServingStore } from './app/servingStore';
import type { Disposables } from './core/disposables';
import { setContextKey } from './platform/contextKeys';
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
  owned.add(
    store.onDidChange(
      () =>
        void setContextKey(
          'hasPython',
          store
            .backends()
            .some(({ backend, availability }) => backend.kind === 'process' && availability?.kind === 'ready'),
        ),
    ),
  );
}
