import type { BackendRegistry } from '../../app/backendRegistry';
import type { OpenPlace, PlaceChoice } from '../../app/remote/openPlace';
import type { ServingStore } from '../../app/servingStore';
import type { Backend } from '../../core/backend';
import { ServingError } from '../../core/errors';
import { t } from '../../core/l10n';
import type { BackendId } from '../../core/serving';
import { withOperation } from '../../platform/progress';

export interface PlaceParts {
  readonly registry: BackendRegistry;
  readonly store: ServingStore;
}

/** The projects elsewhere that can be chosen, with what was last heard of each. */
export function placesOf({ store }: PlaceParts): readonly PlaceChoice[] {
  return store.backends().flatMap(({ backend, availability, error }): readonly PlaceChoice[] => {
    const problem = availability && availability.kind !== 'ready' ? availability.message : error;
    return backend.remote === undefined
      ? []
      : [
          {
            id: backend.id,
            label: backend.label,
            ...(problem === undefined ? {} : { problem }),
            open: () => open(backend),
          },
        ];
  });
}

/** One of them, asked. */
export async function placeOf({ registry }: PlaceParts, id: BackendId): Promise<OpenPlace> {
  return open(registry.get(id));
}

async function open({ id, label, remote }: Backend): Promise<OpenPlace> {
  if (!remote) {
    throw new ServingError('internal', t('There is nothing to choose on {0}', label));
  }
  return withOperation(t('Asking {0} what it offers', label), async ({ signal }) => {
    const [offer, names, models] = await Promise.all([
      remote.offer(signal),
      remote.names(signal),
      // Without the registry a version can be named still, and the server looks whether it is there.
      remote.models(signal).catch((error: unknown) => {
        if (error instanceof ServingError && error.code === 'forbidden') {
          return [];
        }
        throw error;
      }),
    ]);
    return {
      id,
      label,
      offer,
      names,
      models,
      remote,
      check: (definition) =>
        withOperation(t('Asking {0} about {1}', label, definition.name), (operation) =>
          remote.checkFiles(definition, operation.signal),
        ),
    };
  });
}
