// A window in a process of its own: starts or updates a serving and tells each stage on stdout, until it is killed.
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Artifacts } from '../../src/backends/artifacts/artifacts';
import { DefinitionFiles } from '../../src/backends/definitions/definitionFiles';
import { Http } from '../../src/backends/http';
import { Lease } from '../../src/backends/process/lease';
import { ProcessBackend } from '../../src/backends/process/processBackend';
import { localProcesses } from '../../src/backends/process/processes';
import type { ServingDefinition } from '../../src/core/definition';
import { workInWindow } from './windowWork';

const [folder = '', storage = '', serverRoot = '', python = '', verb = 'start', text = '{}'] = process.argv.slice(2);
const definition = JSON.parse(text) as ServingDefinition;
const nothing = (): void => undefined;
const log = { debug: nothing, info: nothing, warn: nothing, error: nothing };
const backend = new ProcessBackend({
  folder: { name: 'work space', path: folder },
  storage,
  lease: new Lease(join(storage, 'lease'), log),
  serverRoot,
  definitions: new DefinitionFiles(folder),
  http: new Http(),
  processes: localProcesses(),
  pythons: { prepare: () => sleep(300, { executable: python }) },
  packer: new Artifacts(folder, join(storage, 'artifacts')),
  secrets: { get: () => Promise.resolve(undefined) },
  trust: { isTrusted: true, onDidGrant: () => ({ dispose: nothing }) },
  describePython: () => Promise.resolve('Python'),
  settings: () => ({ loadSeconds: 20, drainSeconds: 2, bodyBytes: 1_000_000, keepRunningSeconds: 120 }),
  log,
});
workInWindow(backend, verb, definition);
