import type {
  ContainerDetail,
  ContainerStats,
  ContainerSummary,
  EngineEvent,
  FileStamp,
  EngineInfo,
  ImageDetail,
  ImageSummary,
  LabelFilter,
  NamedThing,
} from './port';

type Texts = Readonly<Record<string, string>>;

/** Of GET /containers/json, as far as it is read. */
export interface ListedContainer {
  readonly Id: string;
  readonly Names: readonly string[] | null;
  readonly Labels: Texts | null;
  readonly Image: string;
  readonly State: string;
  readonly Created: number;
  readonly Ports:
    readonly { readonly IP?: string; readonly PrivatePort: number; readonly PublicPort?: number }[] | null;
  readonly NetworkSettings?: {
    readonly Networks?: Readonly<Record<string, { readonly IPAddress?: string }>> | null;
  } | null;
}

export function toSummary(from: ListedContainer): ContainerSummary {
  return {
    id: from.Id,
    name: nameOf(from.Names?.[0]),
    labels: from.Labels ?? {},
    image: from.Image,
    state: stateOf(from.State),
    created: from.Created,
    ports: (from.Ports ?? []).flatMap(({ IP, PrivatePort, PublicPort }) =>
      PublicPort === undefined ? [] : [{ inside: PrivatePort, outside: PublicPort, address: IP ?? '' }],
    ),
    addresses: Object.fromEntries(
      Object.entries(from.NetworkSettings?.Networks ?? {}).flatMap(([network, { IPAddress }]) =>
        IPAddress === undefined || IPAddress === '' ? [] : [[network, IPAddress]],
      ),
    ),
  };
}

const STATES = ['created', 'running', 'paused', 'restarting', 'removing', 'exited', 'dead'] as const;

/** Podman has words of its own: `configured`, `initialized`, `stopped`, `stopping`. */
function stateOf(state: string): ContainerSummary['state'] {
  return STATES.find((known) => known === state) ?? (state.startsWith('stop') ? 'exited' : 'created');
}

function nameOf(name = ''): string {
  return name.replace(/^\//, '');
}

/** Of GET /containers/{id}/json, as far as it is read. */
export interface InspectedContainer {
  readonly Id: string;
  readonly Name: string;
  readonly RestartCount?: number;
  readonly Config: { readonly Labels: Texts | null };
  readonly State: {
    readonly Running: boolean;
    readonly Restarting: boolean;
    readonly ExitCode: number;
    readonly OOMKilled: boolean;
    readonly Pid?: number;
    readonly StartedAt?: string;
    readonly FinishedAt?: string;
  };
}

export function toDetail(from: InspectedContainer): ContainerDetail {
  const { State } = from;
  const startedAt = timeOf(State.StartedAt);
  const finishedAt = timeOf(State.FinishedAt);
  return {
    id: from.Id,
    name: nameOf(from.Name),
    labels: from.Config.Labels ?? {},
    running: State.Running && !State.Restarting,
    restarting: State.Restarting,
    exitCode: State.ExitCode,
    oomKilled: State.OOMKilled,
    restartCount: from.RestartCount ?? 0,
    ...(startedAt && { startedAt }),
    ...(finishedAt && { finishedAt }),
    ...(State.Pid !== undefined && State.Pid > 0 && { pid: State.Pid }),
  };
}

/** The engine writes the year 1 for "never". */
function timeOf(text = ''): Date | undefined {
  const time = new Date(text);
  return time.getTime() > 0 ? time : undefined;
}

/** Of GET /containers/{id}/stats, as far as it is read. */
export interface Sample {
  readonly read: string;
  readonly cpu_stats?: { readonly cpu_usage?: { readonly total_usage?: number } };
  readonly memory_stats?: { readonly usage?: number; readonly stats?: Readonly<Record<string, number>> };
}

/** Undefined: it does not run. `before` is the look before this one. */
export function toStats(before: Sample | undefined, now: Sample): ContainerStats | undefined {
  const used = now.memory_stats?.usage;
  const nanoseconds = now.cpu_stats?.cpu_usage?.total_usage;
  if (used === undefined || nanoseconds === undefined) {
    return undefined;
  }
  const passed = before === undefined ? 0 : (Date.parse(now.read) - Date.parse(before.read)) * 1e6;
  const spent = nanoseconds - (before?.cpu_stats?.cpu_usage?.total_usage ?? 0);
  // The page cache is given back on demand: the Docker CLI leaves it out, too.
  const { inactive_file: v2, total_inactive_file: v1 } = now.memory_stats?.stats ?? {};
  const cache = v1 ?? v2 ?? 0;
  return {
    cores: passed > 0 ? Math.max(0, spent / passed) : 0,
    memoryBytes: cache < used ? used - cache : used,
  };
}

/** Of GET /events, as far as it is read. */
export interface EventMessage {
  readonly Action?: string;
  readonly Actor?: { readonly ID?: string; readonly Attributes?: Texts | null };
  readonly time?: number;
  readonly timeNano?: number;
}

/** The engine puts name, image and exit code of the container among its labels. */
export function toEvent(from: EventMessage): EngineEvent | undefined {
  const id = from.Actor?.ID;
  if (from.Action === undefined || id === undefined) {
    return undefined;
  }
  const { exitCode, ...labels } = from.Actor?.Attributes ?? {};
  return {
    // Podman's word.
    action: from.Action === 'remove' ? 'destroy' : from.Action,
    id,
    labels,
    time: new Date(from.timeNano === undefined ? (from.time ?? 0) * 1000 : from.timeNano / 1e6),
    ...(exitCode !== undefined && { exitCode: Number(exitCode) }),
  };
}

/** Of GET /info, as far as it is read. */
export interface InfoMessage {
  readonly ServerVersion?: string;
  readonly OSType?: string;
  readonly Architecture?: string;
  readonly NCPU?: number;
  readonly MemTotal?: number;
  readonly Name?: string;
  readonly DockerRootDir?: string;
  readonly CgroupVersion?: string;
  readonly MemoryLimit?: boolean;
  readonly CpuCfsQuota?: boolean;
  readonly PidsLimit?: boolean;
  readonly SecurityOptions?: readonly string[] | null;
  /** Of Podman. */
  readonly Rootless?: boolean;
}

const ARCHITECTURES: Readonly<Record<string, string>> = { x86_64: 'amd64', aarch64: 'arm64', armv7l: 'arm' };

export function toInfo(from: InfoMessage, apiVersion: string, product: EngineInfo['product']): EngineInfo {
  const architecture = from.Architecture ?? '';
  return {
    product,
    version: from.ServerVersion ?? '',
    apiVersion,
    osType: from.OSType ?? 'linux',
    architecture: ARCHITECTURES[architecture] ?? architecture,
    cpus: from.NCPU ?? 0,
    memoryBytes: from.MemTotal ?? 0,
    name: from.Name ?? '',
    rootless: from.Rootless ?? (from.SecurityOptions ?? []).some((option) => option.includes('rootless')),
    dataRoot: from.DockerRootDir ?? '',
    cgroupVersion: from.CgroupVersion ?? '1',
    limits: {
      memory: from.MemoryLimit ?? true,
      cores: from.CpuCfsQuota ?? true,
      processes: from.PidsLimit ?? true,
    },
  };
}

/** `filters` of a list call. */
export function labelFilters(labels: LabelFilter): { label: string[] } {
  return { label: Object.entries(labels).map(([name, value]) => (value === true ? name : `${name}=${value}`)) };
}

/** What was listed and has all of the labels: Podman lists volumes and networks that have one of them. */
export function withLabels<T extends { readonly labels: Texts }>(
  things: readonly T[],
  filter: LabelFilter,
): readonly T[] {
  const asked = Object.entries(filter);
  return things.filter(({ labels }) =>
    asked.every(([name, value]) => (value === true ? labels[name] !== undefined : labels[name] === value)),
  );
}

/** Of GET /images/{name}/json, as far as it is read. */
export interface InspectedImage {
  readonly Id: string;
  readonly Architecture: string;
  readonly Size: number;
  readonly Config?: { readonly Labels?: Texts | null; readonly User?: string } | null;
}

export function toImage(from: InspectedImage): ImageDetail {
  return {
    id: from.Id,
    labels: from.Config?.Labels ?? {},
    architecture: from.Architecture,
    user: from.Config?.User ?? '',
    sizeBytes: from.Size,
  };
}

/** Of GET /images/json, as far as it is read. */
export interface ListedImage {
  readonly Id: string;
  readonly RepoTags?: readonly string[] | null;
  readonly Labels?: Texts | null;
  readonly Size: number;
  readonly Created: number;
}

export function toImageSummary(from: ListedImage): ImageSummary {
  return {
    id: from.Id,
    tags: (from.RepoTags ?? []).filter((tag) => tag !== '<none>:<none>').map(shortTag),
    labels: from.Labels ?? {},
    sizeBytes: from.Size,
    created: from.Created,
  };
}

/** Podman names the registry also where Docker leaves it out. */
function shortTag(tag: string): string {
  return tag.replace(/^(?:docker\.io\/(?:library\/)?|localhost\/)/, '');
}

/** Of GET /networks and /volumes, as far as it is read. */
export interface ListedThing {
  readonly Id?: string;
  readonly Name: string;
  readonly Labels?: Texts | null;
}

export function toNamed({ Id, Name, Labels }: ListedThing): NamedThing {
  return { id: Id ?? Name, name: Name, labels: Labels ?? {} };
}

/** Total: what the header of an archive says of a file, as base64 of JSON. */
export function toFileStamp(header: string | readonly string[] | undefined): FileStamp | undefined {
  try {
    const told: unknown = JSON.parse(Buffer.from(String(header), 'base64').toString('utf8'));
    const { size, mtime } = (told ?? {}) as { readonly size?: unknown; readonly mtime?: unknown };
    return typeof size === 'number' && typeof mtime === 'string' ? { size, changed: mtime } : undefined;
  } catch {
    return undefined;
  }
}
