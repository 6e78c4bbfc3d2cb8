import type { TerminalSize } from '../../../core/backend';

/** What the Docker backend needs of an engine. `../engine.ts` does it with dockerode; every method rejects with a ServingError. */
export interface Engine {
  /** Where the engine listens, in words for users: `unix:///var/run/docker.sock`, `ssh://me@host`, with its context. */
  readonly address: EngineAddress;
  info(signal: AbortSignal): Promise<EngineInfo>;

  listContainers(labels: LabelFilter, signal?: AbortSignal): Promise<readonly ContainerSummary[]>;
  /** Undefined: there is none. */
  inspectContainer(id: string, signal?: AbortSignal): Promise<ContainerDetail | undefined>;
  /** Its id. */
  createContainer(spec: ContainerSpec, signal?: AbortSignal): Promise<string>;
  startContainer(id: string): Promise<void>;
  /** SIGTERM, and SIGKILL after the seconds; nothing happens when it does not run or is gone. */
  stopContainer(id: string, seconds: number): Promise<void>;
  killContainer(id: string, signalName: string): Promise<void>;
  /** By force, with its anonymous volumes; nothing happens when it is gone. */
  removeContainer(id: string): Promise<void>;
  /** The content of one file of a container, running or not; undefined when it is not there. */
  readContainerFile(id: string, path: string): Promise<Buffer | undefined>;
  /** Tells whether a file of a container, running or not, is as it was; undefined when it is not there. */
  stampContainerFile(id: string, path: string): Promise<FileStamp | undefined>;
  /** Lines of its output, oldest first; with `follow` it ends when the container does. */
  containerLogs(id: string, options: ContainerLogOptions, signal: AbortSignal): AsyncIterable<ContainerLogLine>;
  containerStats(id: string, signal?: AbortSignal): Promise<ContainerStats | undefined>;
  /** Runs one command in a new container to its end, with bytes on its standard input; the container is always removed. */
  runOnce(
    spec: ContainerSpec,
    input: Uint8Array | undefined,
    signal: AbortSignal,
  ): Promise<{ readonly exitCode: number; readonly output: string }>;

  /** Runs a command with a terminal in a container that runs. */
  openTerminal(id: string, spec: CommandSpec, size: TerminalSize, signal: AbortSignal): Promise<Terminal>;
  /** Runs a command in a container that runs; nobody waits for it, or hears what it prints. */
  runInside(id: string, spec: CommandSpec): Promise<void>;

  /** Its id. There may be none of that name yet. */
  createNetwork(name: string, labels: Labels): Promise<string>;
  removeNetwork(id: string): Promise<void>;
  listNetworks(labels: LabelFilter): Promise<readonly NamedThing[]>;
  connectNetwork(network: string, container: string, aliases: readonly string[]): Promise<void>;
  disconnectNetwork(network: string, container: string): Promise<void>;

  /**
   * A volume whose content lies in memory only (tmpfs), and only while a running container mounts it: fill it while
   * another one holds it, else it is empty again.
   */
  createMemoryVolume(name: string, labels: Labels, megabytes: number): Promise<void>;
  removeVolume(name: string): Promise<void>;
  listVolumes(labels: LabelFilter): Promise<readonly NamedThing[]>;

  inspectImage(reference: string): Promise<ImageDetail | undefined>;
  listImages(labels: LabelFilter): Promise<readonly ImageSummary[]>;
  removeImage(id: string): Promise<void>;
  pullImage(reference: string, onProgress: (progress: PullProgress) => void, signal: AbortSignal): Promise<void>;
  /** Whether it builds with BuildKit. Podman does not, and takes no secrets for a build. */
  hasBuildKit(signal: AbortSignal): Promise<boolean>;
  /** Builds with BuildKit; its id. A step that fails rejects with its last output lines in the message. */
  buildImage(spec: BuildSpec, onProgress: (progress: BuildProgress) => void, signal: AbortSignal): Promise<string>;

  /** Events of containers with these labels, until the signal; rejects when the engine goes away. */
  events(labels: LabelFilter, signal: AbortSignal): AsyncIterable<EngineEvent>;
  dispose(): void;
}

export interface EngineAddress {
  /** `unix:///run/docker.sock`, `npipe:////./pipe/docker_engine`, `tcp://host:2376`, `ssh://user@host`. */
  readonly url: string;
  /** Who named it: a setting, `DOCKER_HOST`, a context of the Docker CLI, or that it is a usual place. */
  readonly source: 'setting' | 'environment' | 'context' | 'default';
  readonly context?: string;
  /** Who named the context: `DOCKER_CONTEXT`, or the path of the CLI's config.json. */
  readonly contextOf?: string;
  /** Not on this computer: its published ports are reached on `host`. */
  readonly remoteHost?: string;
}

/** Which limits of containers an engine enforces; a rootless one may not be able to. */
export interface EngineLimits {
  readonly memory: boolean;
  readonly cores: boolean;
  readonly processes: boolean;
}

export interface EngineInfo {
  readonly product: 'Docker' | 'Podman';
  readonly version: string;
  readonly apiVersion: string;
  /** `linux`; an engine for Windows containers says `windows`. */
  readonly osType: string;
  /** `amd64`, `arm64`. */
  readonly architecture: string;
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly name: string;
  readonly rootless: boolean;
  readonly dataRoot: string;
  readonly cgroupVersion: string;
  readonly limits: EngineLimits;
}

export type Labels = Readonly<Record<string, string>>;
/** `true`: it has the label, whatever its value. */
export type LabelFilter = Readonly<Record<string, string | true>>;

export interface ContainerSummary {
  readonly id: string;
  readonly name: string;
  readonly labels: Labels;
  readonly image: string;
  readonly state: 'created' | 'running' | 'paused' | 'restarting' | 'removing' | 'exited' | 'dead';
  /** Seconds since 1970. */
  readonly created: number;
  /** Published ports: of the container → of the engine's computer. */
  readonly ports: readonly { readonly inside: number; readonly outside: number; readonly address: string }[];
  /** Its address in each network, by the network's name; absent while it does not run. */
  readonly addresses: Readonly<Record<string, string>>;
}

export interface ContainerDetail {
  readonly id: string;
  readonly name: string;
  readonly labels: Labels;
  readonly running: boolean;
  readonly restarting: boolean;
  readonly exitCode: number;
  readonly oomKilled: boolean;
  readonly restartCount: number;
  readonly startedAt?: Date;
  readonly finishedAt?: Date;
  readonly pid?: number;
}

export interface ContainerSpec {
  readonly name?: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly entrypoint?: readonly string[];
  readonly labels: Labels;
  readonly variables?: Readonly<Record<string, string>>;
  readonly network?: string;
  readonly aliases?: readonly string[];
  /** Names that it finds beside those of its network: name → address, or `host-gateway` for the engine's computer. */
  readonly hosts?: Readonly<Record<string, string>>;
  /** Published on the engine's computer; `outside` 0: a free one. */
  readonly ports?: readonly { readonly inside: number; readonly outside: number; readonly address: string }[];
  /** Path → options: `rw,noexec,nosuid,size=64m`. */
  readonly tmpfs?: Readonly<Record<string, string>>;
  /** `source` undefined: an anonymous volume, which goes with the container. */
  readonly volumes?: readonly { readonly source?: string; readonly target: string; readonly readOnly?: boolean }[];
  readonly user?: string;
  readonly cores?: number;
  readonly memoryMb?: number;
  readonly gpus?: number;
  readonly pidsLimit?: number;
  readonly stopSeconds?: number;
  readonly restart?: 'no' | 'on-failure' | 'unless-stopped';
  /** Its log is rotated: bytes of a file, and how many are kept. */
  readonly log?: { readonly maxBytes: number; readonly files: number };
}

export interface FileStamp {
  readonly size: number;
  /** When it was written last, as the engine gives it. */
  readonly changed: string;
}

export interface CommandSpec {
  readonly command: readonly string[];
  readonly variables?: Readonly<Record<string, string>>;
  readonly directory?: string;
}

/** A command with a terminal. */
export interface Terminal {
  /** What it prints, up to its end; to be read once. */
  readonly output: AsyncIterable<Buffer>;
  write(text: string): void;
  /** Nothing happens when it has ended. */
  resize(size: TerminalSize): Promise<void>;
  /** Undefined while it runs, and when its container is gone. */
  exitCode(): Promise<number | undefined>;
  /** The connection; the command may go on. */
  close(): void;
}

export interface ContainerLogOptions {
  readonly follow: boolean;
  /** Counted by the engine, which takes a line of more than 16 KB for several: the first may lack its beginning. */
  readonly tail?: number;
  /** Lines from then on. */
  readonly since?: Date;
}

export interface ContainerLogLine {
  readonly stream: 'stdout' | 'stderr';
  /** The engine's time, to the nanosecond, as it gives it: `2026-11-29T04:31:10.123456789Z`. */
  readonly time: string;
  readonly text: string;
}

export interface ContainerStats {
  /** Of one core, since the last look: 1.5 = one and a half cores. */
  readonly cores: number;
  readonly memoryBytes: number;
}

export interface NamedThing {
  readonly id: string;
  readonly name: string;
  readonly labels: Labels;
}

export interface ImageDetail {
  readonly id: string;
  readonly labels: Labels;
  readonly architecture: string;
  readonly user: string;
  readonly sizeBytes: number;
}

export interface ImageSummary {
  readonly id: string;
  readonly tags: readonly string[];
  readonly labels: Labels;
  readonly sizeBytes: number;
  /** Seconds since 1970. */
  readonly created: number;
}

export interface PullProgress {
  readonly message: string;
  /** 0 to 1, over all layers that are known. */
  readonly share?: number;
}

export interface BuildSpec {
  readonly tag: string;
  readonly labels: Labels;
  readonly dockerfile: string;
  /** Path in the context → content, or a file or folder of this computer, which is read as it is sent. */
  readonly context: readonly BuildEntry[];
  readonly buildArgs?: Readonly<Record<string, string>>;
  readonly networkMode?: string;
  /** For `RUN --mount=type=secret,id=…`: they are in memory while the step runs, and nowhere on the engine. */
  readonly secrets?: BuildSecrets;
}

/** By id; half a megabyte at the most. */
export type BuildSecrets = Readonly<Record<string, string | Uint8Array>>;

export type BuildEntry =
  | { readonly path: string; readonly content: string | Uint8Array; readonly mode?: number }
  | { readonly path: string; readonly from: string };

export interface BuildProgress {
  /** `[2/4] RUN uv pip install …` */
  readonly step?: string;
  /** A line that a step printed. */
  readonly line?: string;
}

export interface EngineEvent {
  /** `start`, `die`, `oom`, `destroy`, `kill` … */
  readonly action: string;
  readonly id: string;
  readonly labels: Labels;
  readonly time: Date;
  /** Of `die`. */
  readonly exitCode?: number;
}
