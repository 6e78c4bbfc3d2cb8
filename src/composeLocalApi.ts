import { realpath, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { Artifacts } from './backends/artifacts/artifacts';
import { DefinitionFiles } from './backends/definitions/definitionFiles';
import { Http } from './backends/http';
import { workspaceStorage } from './backends/local/paths';
import { ChosenPython } from './backends/process/chosenPython';
import { Lease } from './backends/process/lease';
import { ProcessBackend } from './backends/process/processBackend';
import { localProcesses } from './backends/process/processes';
import { openApi, type ApiPlace } from './composeApi';
import { storageOf } from './composeStorage';
import { ServingError } from './core/errors';
import type { Logger } from './core/log';
import type { Interpreters } from './core/ports';
import { ManagedEnvironments } from './environments/managed';
import { Pythons } from './environments/python';
import { run } from './environments/run';
import type { Generation } from './localApi/project';

export interface LocalApiOptions {
  readonly workspace: string;
  readonly port: number;
  readonly ingressPort: number;
  readonly generation: Generation;
  readonly project?: string;
  readonly apiKeyFile?: string;
  /** Where state lies that is not the workspace's; undefined: where the editor keeps it that had the folder open last. */
  readonly storage?: string;
  /** Interpreter of the servings; undefined: the workspace's `.venv`, else the one on the path. */
  readonly python?: string;
  readonly serverRoot: string;
  /** The folder with our Python packages for clients. */
  readonly clientRoot: string;
  readonly log: Logger;
}

export type RunningLocalApi = ApiPlace & { close(): Promise<void> };

const NEVER = { dispose: () => undefined };

/** The local Hopsworks API over processes of this computer, without an editor. */
export async function composeLocalApi(options: LocalApiOptions): Promise<RunningLocalApi> {
  const { log, serverRoot } = options;
  const real = await realpath(options.workspace).catch(() => options.workspace);
  if (!(await stat(real).catch(() => undefined))?.isDirectory()) {
    throw new ServingError('notFound', `Could not start the local Hopsworks API: there is no folder ${real}`);
  }
  const { folder: workspace, storage } =
    options.storage === undefined ? await storageOf(real) : { folder: real, storage: options.storage };
  const own = workspaceStorage(storage, workspace);
  const backend = makeBackend(workspace, storage, own, options);
  try {
    const opened = await openApi({
      ...options,
      workspace,
      storage,
      own,
      backend,
      by: `local-api.js (process ${process.pid})`,
    });
    log.info(`server ${serverRoot}, workspace ${workspace}, state in ${storage}`);
    return {
      ...opened.place,
      close: async () => {
        await opened.close();
        backend.dispose();
      },
    };
  } catch (error) {
    backend.dispose();
    throw error;
  }
}

function makeBackend(
  workspace: string,
  storage: string,
  own: string,
  { serverRoot, python, log }: LocalApiOptions,
): ProcessBackend {
  const pythons = new Pythons({ run, serverRoot });
  const interpreters: Interpreters = {
    selected: async (_folder, signal) => {
      const executable = python ?? (await venvOf(workspace));
      return executable === undefined
        ? { executable: (await pythons.findOnPath(signal)).executable, source: 'on the path' }
        : { executable, source: python === undefined ? 'the .venv of the workspace' : '--python' };
    },
    onDidChange: () => NEVER,
  };
  const managed = new ManagedEnvironments(path.join(storage, 'environments'), {
    run,
    log,
    env: process.env,
    home: homedir(),
    describe: (executable, signal) => pythons.describe(executable, signal),
    uvSetting: () => undefined,
  });
  const chosen = new ChosenPython(workspace, interpreters, pythons, managed);
  return new ProcessBackend({
    folder: { name: path.basename(workspace), path: workspace },
    storage: own,
    definitions: new DefinitionFiles(workspace),
    http: new Http(),
    packer: new Artifacts(workspace, path.join(own, 'artifacts')),
    // There is no secret storage without an editor; a secret comes from the environment.
    secrets: { get: (name) => Promise.resolve(process.env[name]) },
    trust: { isTrusted: true, onDidGrant: () => NEVER },
    log,
    lease: new Lease(path.join(own, 'lease'), log),
    serverRoot,
    processes: localProcesses(),
    pythons: chosen,
    describePython: (signal) => chosen.describe(signal),
    settings: () => ({ loadSeconds: 300, drainSeconds: 10, bodyBytes: 64_000_000, keepRunningSeconds: 120 }),
  });
}

async function venvOf(workspace: string): Promise<string | undefined> {
  const below = process.platform === 'win32' ? ['Scripts', 'python.exe'] : ['bin', 'python'];
  const executable = path.join(workspace, '.venv', ...below);
  return (await stat(executable).catch(() => undefined))?.isFile() === true ? executable : undefined;
}
