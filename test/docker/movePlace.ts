import { join } from 'node:path';
import { BackendRegistry } from '../../src/app/backendRegistry';
import { Operations } from '../../src/app/operations';
import { Servings } from '../../src/app/servings';
import { ServingStore } from '../../src/app/servingStore';
import { Artifacts } from '../../src/backends/artifacts/artifacts';
import { DefinitionFiles } from '../../src/backends/definitions/definitionFiles';
import { Http } from '../../src/backends/http';
import type { DockerBackend, DockerBackendParts } from '../../src/backends/docker/dockerBackend';
import { Lease } from '../../src/backends/process/lease';
import { ProcessBackend } from '../../src/backends/process/processBackend';
import { localProcesses } from '../../src/backends/process/processes';
import type { Logger } from '../../src/core/log';
import { testPython } from '../contract/serverRoot';

export interface MoveWindowPlace {
  readonly folder: string;
  readonly storage: string;
  readonly serverRoot: string;
  readonly log: Logger;
  secretOf(name: string): string | undefined;
}

/** The process backend of a window, as compose makes it. */
export function processWindow({ folder, storage, serverRoot, log, secretOf }: MoveWindowPlace): ProcessBackend {
  return new ProcessBackend({
    folder: { name: 'work space', path: folder },
    storage,
    lease: new Lease(join(storage, 'lease'), log),
    serverRoot,
    definitions: new DefinitionFiles(folder),
    http: new Http(),
    processes: localProcesses(),
    pythons: { prepare: () => Promise.resolve({ executable: testPython() }) },
    packer: new Artifacts(folder, join(storage, 'artifacts')),
    secrets: { get: (name) => Promise.resolve(secretOf(name)) },
    trust: { isTrusted: true, onDidGrant: () => ({ dispose: () => undefined }) },
    describePython: () => Promise.resolve('Python'),
    settings: () => ({ loadSeconds: 30, drainSeconds: 2, bodyBytes: 10_000_000, keepRunningSeconds: 120 }),
    log,
  });
}

/** Both backends of a folder with the use cases of a window. */
export interface MoveWindow {
  readonly servings: Servings;
  readonly store: ServingStore;
  readonly process: ProcessBackend;
  readonly docker: DockerBackend;
  dispose(): void;
}

export function moveWindow(
  place: MoveWindowPlace & { open(parts?: Partial<DockerBackendParts>): DockerBackend },
): MoveWindow {
  const backends = { process: processWindow(place), docker: place.open({ showsUnreadable: false }) };
  const folder = { name: 'work space', path: place.folder };
  const registry = new BackendRegistry(
    { list: () => [folder], onDidChange: () => ({ dispose: () => undefined }) },
    () => [backends.process, backends.docker],
  );
  const operations = new Operations();
  const store = new ServingStore(registry, operations, place.log);
  return {
    ...backends,
    store,
    servings: new Servings(registry, operations, store),
    dispose: () => {
      store.dispose();
      registry.dispose();
    },
  };
}
