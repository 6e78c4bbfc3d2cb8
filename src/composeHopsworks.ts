import { homedir, tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import type * as vscode from 'vscode';
import { Connections } from './app/connections';
import type { PlacesElsewhere } from './app/backendRegistry';
import { readKeyFiles } from './app/keyFiles';
import { downloadNamed } from './app/models/downloadModel';
import { readVersion, versionFiles } from './app/models/modelFolder';
import { RegistryStore } from './app/registryStore';
import { checkConnection } from './backends/hopsworks/checkConnection';
import { HopsworksClient } from './backends/hopsworks/client';
import { HopsworksBackend } from './backends/hopsworks/hopsworksBackend';
import { makeModelUpload, type DescribeModel } from './backends/hopsworks/modelUpload';
import { HopsworksRegistry } from './backends/hopsworks/registry';
import { makeRoute } from './backends/hopsworks/route';
import type { Http } from './backends/http';
import type { Operation } from './core/backend';
import { knownElsewhere, type Connection, type ConnectionFinding, type KnownElsewhere } from './core/connection';
import { Disposables, type Disposable } from './core/disposables';
import { ServingError } from './core/errors';
import { Emitter } from './core/events';
import type { Logger } from './core/log';
import type { ModelRef } from './core/model';
import type { Settings } from './platform/settings';

export interface Hopsworks extends Disposable {
  readonly connections: Connections;
  readonly places: PlacesElsewhere;
  readonly registries: RegistryStore;
  /** Tries a connection out; says what is missing. */
  check(connection: Connection, signal: AbortSignal): Promise<readonly ConnectionFinding[]>;
  /** A model version of a connection's registry into the `Models` folder of a workspace folder. */
  download(connection: string, model: ModelRef, folder: string, operation: Operation): Promise<void>;
}

/** The connections of this person, and a backend for each; one that is changed is another backend. */
export function makeHopsworks(settings: Settings, secrets: vscode.SecretStorage, http: Http, log: Logger): Hopsworks {
  const owned = new Disposables();
  const changed = owned.add(new Emitter<void>());
  const connections = owned.add(
    new Connections(
      {
        read: () => settings.connections(),
        save: (value) => settings.saveConnections(value),
        onDidChange: settings.onDidChange,
      },
      {
        get: async (name) => secrets.get(name),
        store: async (name, value) => secrets.store(name, value),
        delete: async (name) => secrets.delete(name),
      },
    ),
  );
  const clientTo = (connection: Connection): HopsworksClient =>
    new HopsworksClient({
      http,
      connection,
      keys: connections,
      route: makeRoute(connection, () => settings.network()),
    });
  const made = new Map<string, HopsworksBackend>();
  const registries = new Map<HopsworksBackend, HopsworksRegistry>();
  const follow = (): void => {
    const wanted = new Map(connections.list().map((connection) => [JSON.stringify(connection), connection]));
    for (const [key, backend] of made) {
      if (!wanted.has(key)) {
        made.delete(key);
        registries.delete(backend);
        backend.dispose();
      }
    }
    for (const [key, connection] of wanted) {
      if (!made.has(key)) {
        const client = clientTo(connection);
        const registry = new HopsworksRegistry({ connection, client, log });
        const models = makeModelUpload(registry, client, describeModel);
        const backend = new HopsworksBackend({ connection, client, log, models });
        made.set(key, backend);
        registries.set(backend, registry);
      }
    }
  };
  follow();
  owned.add(
    connections.onDidChange(() => {
      follow();
      changed.fire();
    }),
  );
  owned.add({
    dispose: () => {
      made.forEach((backend) => {
        backend.dispose();
      });
    },
  });
  const store = owned.add(new RegistryStore({ list: () => [...registries.values()], onDidChange: changed.event }, log));
  return {
    connections,
    registries: store,
    places: { list: () => [...made.values()], onDidChange: changed.event },
    check: async (connection, signal) => {
      const found = await checkConnection(clientTo(connection), connection, signal);
      // What was missing may be there now.
      void store.refresh(connection.id);
      return found;
    },
    download: async (connection, model, folder, operation) => {
      const tell = (message: string): void => {
        operation.report({ stage: 'artifact', message });
      };
      await downloadNamed(store.registry(connection), model, folder, { signal: operation.signal, tell });
    },
    dispose: () => {
      owned.dispose();
    },
  };
}

/** By their environment variables and the files where they look for a key. */
export async function knownToOfficialClients(folders: readonly string[]): Promise<KnownElsewhere> {
  const places = { folders, home: homedir(), temporary: tmpdir(), user: userInfo().username };
  return knownElsewhere(process.env, await readKeyFiles(places));
}

const describeModel: DescribeModel = async (directory, { name, version }) => {
  const found = await readVersion(join(directory, '../../..'), name, version);
  if (!found) {
    throw new ServingError('notFound', `There is no ${name} v${version} in ${directory} any more`);
  }
  return { files: await versionFiles(found), metadata: found.metadata };
};
