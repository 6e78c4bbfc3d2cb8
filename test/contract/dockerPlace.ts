import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Artifacts } from '../../src/backends/artifacts/artifacts';
import { DefinitionFiles } from '../../src/backends/definitions/definitionFiles';
import type { DockerBackend, DockerBackendParts } from '../../src/backends/docker/dockerBackend';
import type { connectEngine } from '../../src/backends/docker/engine';
import { surroundings } from '../../src/backends/docker/engine/address';
import type { ContainerSummary, Engine } from '../../src/backends/docker/engine/port';
import { INSIDE } from '../../src/backends/docker/inside';
import { folderFilter, LABEL, type Role } from '../../src/backends/docker/labels';
import { LateEngine } from '../../src/backends/docker/lateEngine';
import type { DockerSettings } from '../../src/backends/docker/ports';
import { Http } from '../../src/backends/http';
import { makeDocker } from '../../src/composeDocker';
import type { Logger } from '../../src/core/log';
import { ManagedEnvironments } from '../../src/environments/managed';
import { Pythons } from '../../src/environments/python';
import { run } from '../../src/environments/run';
import { testPython } from './serverRoot';
import { ServingPlace } from './servingPlace';

const PROJECT = resolve(import.meta.dirname, '../..');
export const GATEWAY_FILES = join(PROJECT, 'src/backends/docker/gateway/files');
export const NEVER: AbortSignal = new AbortController().signal;

export interface DockerPlaceOptions {
  readonly name?: string;
  readonly settings?: Partial<DockerSettings>;
  readonly parts?: Partial<DockerBackendParts>;
  readonly host?: string;
  /** How its windows come to their engine. */
  readonly connect?: typeof connectEngine;
}

export function dockerSettings(change: Partial<DockerSettings> = {}): DockerSettings {
  return {
    loadSeconds: 30,
    drainSeconds: 2,
    bodyBytes: 10_000_000,
    publishAddress: '127.0.0.1',
    baseImage: process.env.MODEL_SERVING_PYTHON_IMAGE ?? '',
    gatewayImage: process.env.MODEL_SERVING_HAPROXY_IMAGE ?? '',
    ...change,
  };
}

export interface DockerWindow {
  readonly folder: string;
  readonly storage: string;
  readonly serverRoot: string;
  readonly gatewayFiles: string;
  readonly python: string;
  readonly log: Logger;
  readonly late: LateEngine;
  readonly settings: DockerSettings;
  secretOf(name: string): string | undefined;
}

/** What a window makes for a workspace folder. */
export function dockerWindow(window: DockerWindow, parts: Partial<DockerBackendParts> = {}): DockerBackend {
  const { folder, storage, serverRoot, log, late, python } = window;
  const pythons = new Pythons({ run, serverRoot });
  const http = new Http();
  const never = (): { dispose: () => undefined } => ({ dispose: () => undefined });
  const make = makeDocker({
    engine: late,
    settings: () => window.settings,
    http,
    pythons,
    interpreters: {
      selected: () => Promise.resolve({ executable: python, source: 'tests' }),
      onDidChange: never,
    },
    managed: new ManagedEnvironments(join(storage, 'environments'), {
      run,
      log,
      env: process.env,
      home: storage,
      describe: (executable, signal) => pythons.describe(executable, signal),
      uvSetting: () => undefined,
    }),
    frameworkOf: () => undefined,
    serverRoot,
    gatewayRoot: window.gatewayFiles,
    storage,
    log,
  });
  return make(
    {
      folder: { name: 'work space', path: folder },
      storage,
      definitions: new DefinitionFiles(folder),
      http,
      packer: new Artifacts(folder, join(storage, 'artifacts')),
      secrets: { get: (name) => Promise.resolve(window.secretOf(name)) },
      trust: { isTrusted: true, onDidGrant: never },
      log,
    },
    { showsUnreadable: true, ...parts },
  );
}

/** Docker backends on a workspace folder: real engine, real images, real gateway. */
export class DockerPlace extends ServingPlace {
  /** Values of secrets. */
  readonly secrets = new Map<string, string>();
  private readonly backends: DockerBackend[] = [];
  private readonly engines: LateEngine[] = [];
  private own: LateEngine | undefined;

  constructor(private readonly options: DockerPlaceOptions = {}) {
    super(options.name);
  }

  /** Another window of the folder. */
  open(parts: Partial<DockerBackendParts> = {}): DockerBackend {
    const { folder, storage, serverRoot, log, options } = this;
    const backend = dockerWindow(
      {
        folder,
        storage,
        serverRoot,
        log,
        gatewayFiles: GATEWAY_FILES,
        python: testPython(),
        late: this.late(options.connect),
        secretOf: (name) => this.secrets.get(name),
        settings: dockerSettings(options.settings),
      },
      { ...options.parts, ...parts },
    );
    this.backends.push(backend);
    return backend;
  }

  engine(): Promise<Engine> {
    this.own ??= this.late();
    return this.own.get(NEVER);
  }

  private late(connect?: typeof connectEngine): LateEngine {
    const host = this.options.host ?? process.env.MODEL_SERVING_DOCKER_HOST ?? '';
    const late = new LateEngine(() => surroundings(host), ...(connect === undefined ? [] : [connect]));
    this.engines.push(late);
    return late;
  }

  async containers(name: string, role?: Role): Promise<readonly ContainerSummary[]> {
    const engine = await this.engine();
    const filter = { ...folderFilter(this.folder), [LABEL.serving]: name };
    return engine.listContainers(role === undefined ? filter : { ...filter, [LABEL.role]: role });
  }

  /**
   * Where a serving's gateway answers in its own network: from this computer, and also while the engine is away. What it
   * publishes on 127.0.0.1 goes through a program of the engine, which ends with it.
   */
  async gatewayUrl(name: string): Promise<string> {
    const [gateway] = await this.containers(name, 'gateway');
    return `http://${Object.values(gateway?.addresses ?? {})[0] ?? ''}:8080/v1/models/${name}:predict`;
  }

  /** Containers, networks and volumes that this folder has on the engine. */
  async objects(): Promise<readonly string[]> {
    const engine = await this.engine();
    const filter = folderFilter(this.folder);
    const [containers, networks, volumes] = await Promise.all([
      engine.listContainers(filter),
      engine.listNetworks(filter),
      engine.listVolumes(filter),
    ]);
    return [...containers, ...networks, ...volumes].map(({ name }) => name).sort();
  }

  /** What a replica's server says of itself. */
  async serverJson(container: string): Promise<{ replicas: { pid: number }[] }> {
    const text = await (await this.engine()).readContainerFile(container, INSIDE.state);
    return JSON.parse(text?.toString('utf8') ?? '{}') as { replicas: { pid: number }[] };
  }

  /** The pid, on this computer, of a process of a container. */
  async hostPid(container: string, inside: number): Promise<number | undefined> {
    const init = (await (await this.engine()).inspectContainer(container))?.pid;
    return init === undefined ? undefined : descendants(init).find((pid) => insidePid(pid) === inside);
  }

  /** For a place whose engine is not there. */
  async disposeFiles(): Promise<void> {
    for (const late of this.engines) {
      late.dispose();
    }
    await this.removeFiles();
  }

  async dispose(): Promise<void> {
    const engine = await this.engine();
    for (const backend of this.backends) {
      backend.dispose();
    }
    const filter = folderFilter(this.folder);
    await Promise.all((await engine.listContainers(filter)).map(({ id }) => engine.removeContainer(id)));
    await Promise.all((await engine.listNetworks(filter)).map(({ id }) => engine.removeNetwork(id)));
    await Promise.all((await engine.listVolumes(filter)).map(({ name }) => engine.removeVolume(name)));
    await Promise.all((await engine.listImages(filter)).map(({ id }) => engine.removeImage(id)));
    await this.disposeFiles();
  }
}

function descendants(pid: number): readonly number[] {
  const children = new Map<number, number[]>();
  for (const each of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const parent = Number(/^PPid:\s+(\d+)$/m.exec(statusOf(Number(each)))?.[1]);
    children.set(parent, [...(children.get(parent) ?? []), Number(each)]);
  }
  const found: number[] = [];
  for (const left = [pid]; left.length > 0;) {
    const next = left.pop() ?? 0;
    found.push(next);
    left.push(...(children.get(next) ?? []));
  }
  return found;
}

function insidePid(pid: number): number {
  return Number(/^NSpid:.*\s(\d+)$/m.exec(statusOf(pid))?.[1]);
}

function statusOf(pid: number): string {
  try {
    return readFileSync(`/proc/${String(pid)}/status`, 'utf8');
  } catch {
    return '';
  }
}
