import { realpath, stat } from 'node:fs/promises';
import { homedir, userInfo } from 'node:os';
import path from 'node:path';
import { Artifacts } from './backends/artifacts/artifacts';
import { DefinitionFiles } from './backends/definitions/definitionFiles';
import { Http } from './backends/http';
import { workspaceStorage } from './backends/local/paths';
import { ChosenPython } from './backends/process/chosenPython';
import { Lease } from './backends/process/lease';
import { ProcessBackend } from './backends/process/processBackend';
import { localProcesses } from './backends/process/processes';
import { ServingError } from './core/errors';
import type { Logger } from './core/log';
import type { Interpreters } from './core/ports';
import { ManagedEnvironments } from './environments/managed';
import { Pythons } from './environments/python';
import { run } from './environments/run';
import { keptApiKey, keptCertificate } from './localApi/keptFiles';
import { LocalApi, type Ports } from './localApi/localApi';
import { toProjectName, type Generation } from './localApi/project';

export interface LocalApiOptions {
  readonly workspace: string;
  readonly port: number;
  readonly ingressPort: number;
  readonly generation: Generation;
  readonly project?: string;
  readonly apiKeyFile?: string;
  /** Where state lies that is not the workspace's. */
  readonly storage: string;
  /** Interpreter of the servings; undefined: the workspace's `.venv`, else the one on the path. */
  readonly python?: string;
  readonly serverRoot: string;
  readonly log: Logger;
}

export interface RunningLocalApi extends Ports {
  readonly address: string;
  readonly project: string;
  readonly apiKeyFile: string;
  readonly certificate: string;
  close(): Promise<void>;
}

const NEVER = { dispose: () => undefined };

/** The local Hopsworks API over processes of this computer, without an editor. */
export async function composeLocalApi(options: LocalApiOptions): Promise<RunningLocalApi> {
  const { log, serverRoot } = options;
  const workspace = await realpath(options.workspace).catch(() => options.workspace);
  if (!(await stat(workspace).catch(() => undefined))?.isDirectory()) {
    throw new ServingError('notFound', `Could not start the local Hopsworks API: there is no folder ${workspace}`);
  }
  const own = workspaceStorage(options.storage, workspace);
  const apiFolder = path.join(own, 'localApi');
  const project = options.project ?? toProjectName(path.basename(workspace));
  const apiKeyFile = path.resolve(options.apiKeyFile ?? path.join(apiFolder, 'api.key'));
  const { certificateFile, ...certificate } = await keptCertificate(options.storage, new Date());
  const backend = makeBackend(workspace, own, options);
  const { username } = userInfo();
  const api = new LocalApi({
    project: {
      id: 1,
      name: project,
      generation: options.generation,
      created: new Date(),
      user: { username, fullName: username, email: `${username}@localhost` },
    },
    folder: workspace,
    storage: apiFolder,
    backend,
    key: await keptApiKey(apiKeyFile),
    certificate,
    port: options.port,
    ingressPort: options.ingressPort,
    log,
  });
  try {
    const ports = await api.start();
    log.info(`server ${serverRoot}, workspace ${workspace}`);
    return {
      ...ports,
      address: `https://127.0.0.1:${ports.port}`,
      project,
      apiKeyFile,
      certificate: certificateFile,
      close: async () => {
        await api.close();
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
  own: string,
  { serverRoot, storage, python, log }: LocalApiOptions,
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
