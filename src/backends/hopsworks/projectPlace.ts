import type { Connection } from '../../core/connection';
import type { BackendId } from '../../core/serving';
import type { HopsworksClient } from './client';
import { directEndpoint } from './ingress';
import type { Joined } from './session';
import type { Place } from './shownPlace';
import type { EndpointView } from './wire';

interface PlaceParts {
  readonly backend: BackendId;
  readonly connection: Connection;
  readonly client: Pick<HopsworksClient, 'clock'>;
  readonly projectId: number;
  /** Undefined: the server was not asked yet. */
  readonly known: Joined | undefined;
  readonly endpoints: readonly EndpointView[];
}

/** Of one project, by what is known of its server. */
export function projectPlace({ backend, connection, client, projectId, known, endpoints }: PlaceParts): Place {
  const { address, project } = connection;
  return {
    backend,
    address,
    project,
    projectId,
    toHere: (time) => client.clock.toHere(time),
    direct: (view) => {
      const about = { project, ...(known?.domain === undefined ? {} : { domain: known.domain }) };
      const found = known && directEndpoint(view, endpoints, known.facts, about);
      return found && { url: found.url, ...(found.hostHeader === undefined ? {} : { hostHeader: found.hostHeader }) };
    },
  };
}
