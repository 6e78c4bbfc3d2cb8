import type { BackendId, Difference, Serving, StageName } from '../../core/serving';
import { endpointOf } from '../inference';
import { Origin } from '../local/origin';
import { toServing } from '../local/shown';
import type { Wanted } from '../local/wanted';
import { toState, type Observed } from './state';

export interface Observation extends Observed {
  /** Of the run's server, once it is known. */
  readonly pid?: number;
}

const ORDER: readonly StageName[] = ['environment', 'artifact', 'server', 'load', 'ready'];

/** Puts together what is asked for and what is seen of a serving. */
export function toProcessServing(
  backend: BackendId,
  folder: string,
  wanted: Wanted,
  seen: Observation,
  packed: readonly Difference[],
): Serving {
  const { run, server, alive } = seen;
  const shown = run && {
    run,
    server,
    origin: new Origin(folder, run.definition, run.artifact),
    order: ORDER,
    replicas: alive ? (server?.replicas ?? []) : [],
    ...(server && server.port > 0 ? { endpoint: endpointOf(run.definition.name, server.host, server.port) } : {}),
  };
  return toServing({ backend, kind: 'process' }, wanted, toState(seen), shown, packed);
}
