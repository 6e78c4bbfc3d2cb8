import type { ServingDefinition } from '../../core/definition';
import { ServingError } from '../../core/errors';
import { t } from '../../core/l10n';
import { toDefinition } from './mapping';
import type { Place } from './shownPlace';
import { textAt, type ServingView } from './wire';

interface Change {
  readonly definition: ServingDefinition;
  /** What whoever changes it has seen; undefined: that does not matter. */
  readonly since: ServingDefinition | undefined;
  readonly before: ServingView;
  readonly place: Place;
}

/** Throws what forbids a change of what is there now. */
export function checkChange(what: string, { definition, since, before, place }: Change): void {
  const server = textAt(before, 'modelServer');
  if (definition.remote && server !== undefined && definition.remote.server !== server) {
    throw new ServingError('invalid', t('{0}: a serving keeps its model server, create another one instead', what));
  }
  if (since !== undefined && JSON.stringify(toDefinition(before, place)) !== JSON.stringify(since)) {
    throw new ServingError(
      'conflict',
      t('{0}: it was changed in Hopsworks meanwhile, and nothing of that was overwritten. Edit it again', what),
      { remedies: [{ kind: 'edit' }] },
    );
  }
}
