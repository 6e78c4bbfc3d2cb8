import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Artifacts } from '../../src/backends/artifacts/artifacts';
import { DefinitionFiles } from '../../src/backends/definitions/definitionFiles';
import type { DockerBackend, DockerBackendParts } from '../../src/backends/docker/dockerBackend';
import type { ContainerSummary, Engine } from '../../src/backends/docker/engine/port';
import { INSIDE } from '../../src/backends/docker/inside';
import { folderFilter, LABEL, type Role } from '../../src/backends/docker/labels';
import type { DockerSettings } from '../../src/backends/docker/ports';
import { Http } from '../../src/backends/http';
import { makeDocker, type Docker } from '../../src/composeDocker';
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

/** Docker backends on a workspace folder: real engine, real images, real gateway. */
export class DockerPlace extends ServingPlace {
  /** Values of secrets. */
  readonly secrets = new Map<string, string>();
  private readonly backends: DockerBackend[] = [];
  private readonly dockers: Docker[] = [];

  constructor(private readonly options: DockerPlaceOptions = {}) {
    super(options.name);
  }

  /** Another window of the folder. */
  open(parts: Partial<DockerBackendParts> = {}): DockerBackend {
    const docker = this.docker();
    const backend = docker.backend(
      {
        folder: { name: 'work space', path: this.folder },
        storage: this.storage,
        definitions: new DefinitionFiles(this.folder),
        http: new Http(),
        packer: new Artifacts(this.folder, join(this.storage, 'artifacts')),
        secrets: { get: (name) => Promise.resolve(this.secrets.get(name)) },
        trust: { isTrusted: true, onDidGrant: () => ({ dispose: () => undefined }) },
        log: this.log,
      },
      { showsUnreadable: true, ...this.options.parts, ...parts },
    );
    this.backends.push(backend);
    return backend;
  }

  docker(): Docker {
    const pythons = new Pythons({ run, serverRoot: this.serverRoot });
    const docker = makeDocker({
      choices: {
        host: () => this.options.host ?? process.env.MODEL_SERVING_DOCKER_HOST ?? '',
        settings: () => dockerSettings(this.options.settings),
        onDidChange: () => ({ dispose: () => undefined }),
      },
      http: new Http(),
      pythons,
      interpreters: {
        selected: () => Promise.resolve({ executable: testPython(), source: 'tests' }),
        onDidChange: () => ({ dispose: () => undefined }),
      },
      managed: new ManagedEnvironments(join(this.storage, 'environments'), {
        run,
        log: this.log,
        env: process.env,
        home: this.root,
        describe: (executable, signal) => pythons.describe(executable, signal),
        uvSetting: () => undefined,
      }),
      frameworkOf: () => undefined,
      serverRoot: this.serverRoot,
      gatewayRoot: GATEWAY_FILES,
      storage: this.storage,
      log: this.log,
    });
    this.dockers.push(docker);
    return docker;
  }

  engine(): Promise<Engine> {
    return (this.dockers[0] ?? this.docker()).engine(NEVER);
  }

  async containers(name: string, role?: Role): Promise<readonly ContainerSummary[]> {
    const engine = await this.engine();
    const filter = { ...folderFilter(this.folder), [LABEL.serving]: name };
    return engine.listContainers(role === undefined ? filter : { ...filter, [LABEL.role]: role });
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
    for (const docker of this.dockers) {
      docker.dispose();
    }
    await this.removeFiles();
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
