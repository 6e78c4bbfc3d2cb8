import { HopsworksClient } from '../../src/backends/hopsworks/client';
import { HopsworksBackend } from '../../src/backends/hopsworks/hopsworksBackend';
import { makeRoute } from '../../src/backends/hopsworks/route';
import { Http } from '../../src/backends/http';
import type { Connection } from '../../src/core/connection';
import { recorder } from '../unit/hopsworks/support';
import type { StartedApi } from './startApi';

/** A connection of ours to an API that runs. */
export function connectTo({ address, project }: StartedApi['told'], caFile: string | undefined): Connection {
  const options = { ...(caFile === undefined ? {} : { caFile }), checkHostName: true };
  return { id: 'local', address, project, options };
}

export function clientOf(connection: Connection, key: string): HopsworksClient {
  return new HopsworksClient({
    http: new Http(),
    connection,
    keys: { get: () => Promise.resolve(key) },
    route: makeRoute(connection, () => ({})),
  });
}

export function backendOf(connection: Connection, key: string): HopsworksBackend {
  return new HopsworksBackend({ connection, client: clientOf(connection, key), log: recorder() });
}
