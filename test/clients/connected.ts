import { HopsworksClient } from '../../src/backends/hopsworks/client';
import { makeRoute } from '../../src/backends/hopsworks/route';
import { Http } from '../../src/backends/http';
import type { Connection } from '../../src/core/connection';
import type { StartedApi } from './startApi';

/** Our own client with a connection to an API of ours, over TLS. */
export function connected(
  { told }: { readonly told: Pick<StartedApi['told'], 'address' | 'project'> },
  caFile: string | undefined,
  key: string,
): { readonly connection: Connection; readonly client: HopsworksClient } {
  const options = { ...(caFile === undefined ? {} : { caFile }), checkHostName: true };
  const connection: Connection = { id: 'local', address: told.address, project: told.project, options };
  const client = new HopsworksClient({
    http: new Http(),
    connection,
    keys: { get: () => Promise.resolve(key) },
    route: makeRoute(connection, () => ({})),
  });
  return { connection, client };
}
