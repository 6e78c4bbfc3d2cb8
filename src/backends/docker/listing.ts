import type { RunRecord } from '../local/ledger';
import { toServerState, type ServerState } from '../local/serverState';
import type { ContainerDetail, ContainerSummary, Engine } from './engine/port';
import { Fresh, type Generations } from './fresh';
import { INSIDE } from './inside';
import { folderFilter, LABEL, parseLabels, ServingObjects, type OwnLabels } from './labels';
import type { GatewayReading, Gateways } from './ports';
import { newestFirst } from './newestGateway';
import { answers, currentRun, isRunning, type Seen, type SeenReplica } from './state';
import { troubleOf } from './trouble';
import { Turns } from './turns';

/** Reading a file of a container costs an engine far more than a list of all containers does. */
const AT_ONCE = 3;
/** What a server that does not answer says of itself is read again after so long. */
const NOT_READY_MS = 500;
/** … and what one says that answers: it is told by then, while somebody looks. */
const READY_MS = 5000;
/** Of all that answer together, one so often. */
const REFRESH_MS = 1000;

/** The containers of one serving. */
export interface Group {
  readonly run: RunRecord | undefined;
  readonly replicas: readonly { readonly container: ContainerSummary; readonly number: number }[];
  readonly others: readonly ContainerSummary[];
  readonly gateway?: ContainerSummary;
  /** Gateways beside that one, the newest first. */
  readonly spareGateways: readonly ContainerSummary[];
}

interface Known<T> {
  readonly key: string;
  readonly at: number;
  readonly value: Promise<T>;
}

/**
 * What an engine has of one workspace folder. One call lists all of its containers, and only when something has changed;
 * how many requests they have comes from the gateways, and only what no gateway tells is read from the containers.
 */
export class Listing {
  private readonly containers: Fresh<ReadonlyMap<string, readonly ContainerSummary[]>>;
  private readonly states = new Map<string, Known<ServerState | undefined>>();
  private readonly facts = new Map<string, Known<ServerState | undefined>>();
  private readonly details = new Map<string, Known<ContainerDetail | undefined>>();

  private readonly labels = new Map<string, OwnLabels>();
  private readonly latest = new Map<string, ServerState | undefined>();
  /** Replicas that answer: since when it is known, and how many troubles they had then. */
  private readonly ready = new Map<string, { readonly troubles: number; readonly since: number }>();
  private readonly reads = new Turns(AT_ONCE);
  private refreshedAt = 0;

  constructor(
    private readonly engine: Engine,
    private readonly gateways: Gateways,
    private readonly folder: string,
    watch: Generations,
  ) {
    this.containers = new Fresh(watch, async () => {
      const all = await engine.listContainers(folderFilter(folder));
      this.keepOnly(new Set(all.map(({ id }) => id)));
      return byServing(all);
    });
  }

  /** Names of the servings that have containers. */
  async names(): Promise<readonly string[]> {
    return [...(await this.containers.get()).keys()];
  }

  /** After a change of our own. */
  forget(): void {
    this.containers.forget();
  }

  /** What the windows wrote down is `ledger`; `now`: what the engine says at this moment. */
  async group(name: string, ledger: RunRecord | undefined, now = false): Promise<Group> {
    const containers = now
      ? await this.engine.listContainers(new ServingObjects(this.folder, name).filter())
      : ((await this.containers.get()).get(name) ?? []);
    const labelled = containers.map((container) => ({ container, own: this.labelsOf(container) }));
    const replicas = labelled.filter(({ own }) => own?.role === 'replica');
    const run = currentRun(
      ledger,
      replicas.flatMap(({ own }) => own?.run ?? []),
    );
    const [gateway, ...spareGateways] = newestFirst(containers);
    const isOwn = ({ labels }: ContainerSummary): boolean => labels[LABEL.run] === run?.instance;
    const own = replicas.filter(({ container }) => isOwn(container));
    return {
      run,
      replicas: own
        .map(({ container, own: labels }) => ({ container, number: labels?.replica ?? 0 }))
        .sort((a, b) => a.number - b.number),
      others: replicas.filter(({ container }) => !isOwn(container)).map(({ container }) => container),
      ...(gateway ? { gateway } : {}),
      spareGateways,
    };
  }

  /** The same with what gateway and servers say. */
  async look(name: string, ledger: RunRecord | undefined, now: boolean): Promise<Omit<Seen, 'preparerAlive'>> {
    const { run, replicas, others, gateway: newest, spareGateways } = await this.group(name, ledger, now);
    const { gateway, reading } = await this.answering(newest, spareGateways);
    return {
      run,
      replicas: await Promise.all(
        replicas.map(({ container, number }) => this.replica(container, number, reading, run)),
      ),
      others,
      spareGateways: spareGateways.length,
      ...(gateway ? { gateway: { container: gateway, ...(reading ? { reading } : {}) } } : {}),
    };
  }

  /** The newest one; until it has found a replica, one before it that has: that is where requests go. */
  private async answering(
    newest: ContainerSummary | undefined,
    before: readonly ContainerSummary[],
  ): Promise<{ readonly gateway?: ContainerSummary; readonly reading?: GatewayReading | undefined }> {
    if (newest === undefined) {
      return {};
    }
    const reading = await this.readingOf(newest);
    if (!findsOne(reading)) {
      for (const gateway of before) {
        const other = await this.readingOf(gateway);
        if (findsOne(other)) {
          return { gateway, reading: other };
        }
      }
    }
    return { gateway: newest, reading };
  }

  async readingOf(gateway: ContainerSummary): Promise<GatewayReading | undefined> {
    return isRunning(gateway)
      ? this.gateways.read(gateway, AbortSignal.timeout(2000)).catch(() => undefined)
      : undefined;
  }

  /** What a container's server said last of itself; read at this moment. */
  async serverOf(id: string): Promise<ServerState | undefined> {
    const text = await this.wordsOf(id);
    return text === undefined ? undefined : parseState(text);
  }

  /** … as it stands in its file. */
  async wordsOf(id: string): Promise<string | undefined> {
    return (await this.reads.run(() => this.engine.readContainerFile(id, INSIDE.state)))?.toString('utf8');
  }

  /** What a container's server says that does not change; read once. */
  async factsOf(id: string): Promise<ServerState | undefined> {
    return known(this.facts, id, '', Infinity, () => this.serverOf(id));
  }

  private async replica(
    container: ContainerSummary,
    number: number,
    gateway: GatewayReading | undefined,
    run: RunRecord | undefined,
  ): Promise<SeenReplica> {
    const { id, state } = container;
    const addresses = Object.values(container.addresses);
    const reading = gateway?.replicas.find(({ address }) => addresses.includes(address));
    const isUp = isRunning(container) && reading?.up === true;
    const age = this.ageOf(container, gateway !== undefined);
    const server = await (isUp ? this.whenUp(id, reading.troubles) : this.readNow(container, age));
    const before = await this.details.get(id)?.value;
    // One that is up is not looked at, unless it had ended when it was looked at last.
    const inspected =
      isUp && before?.running !== false
        ? before
        : await known(this.details, id, state, age, () => this.engine.inspectContainer(id));
    const trouble = inspected && !isUp && troubleOf(inspected, run?.definition.resources.memoryMb ?? 0);
    // The list may be older than its end.
    const hasEnded = inspected?.running === false && !inspected.restarting && isRunning(container);
    return {
      container: hasEnded ? { ...container, state: 'exited' } : container,
      number,
      ...(reading ? { reading } : {}),
      ...(server ? { server } : {}),
      ...(trouble ? { trouble } : {}),
      restarts: inspected?.restartCount ?? 0,
    };
  }

  /** What the server of a replica said last that the gateway sends requests to. */
  private async whenUp(id: string, troubles: number): Promise<ServerState | undefined> {
    const now = performance.now();
    const before = this.ready.get(id) ?? { troubles, since: now };
    this.ready.set(id, { ...before, troubles });
    const latest = this.latest.get(id);
    // The gateway sees a moment later that a worker has ended.
    if (before.troubles !== troubles || (latest && !answers(latest))) {
      return this.read(id, `up ${String(troubles)}`, NOT_READY_MS);
    }
    // It is asked beside, so that the next look knows.
    const isOld = now - Math.max(this.states.get(id)?.at ?? 0, before.since) > READY_MS;
    if (isOld && now - this.refreshedAt > REFRESH_MS) {
      this.refreshedAt = now;
      void this.read(id, 'up', 0);
    }
    return latest;
  }

  private async readNow({ id, state }: ContainerSummary, age: number): Promise<ServerState | undefined> {
    this.ready.delete(id);
    return this.read(id, state, age);
  }

  /** How old it may be what is known of a replica that no gateway sends requests to, or whose gateway cannot be asked. */
  private ageOf({ id, state }: ContainerSummary, isAsked: boolean): number {
    const latest = this.latest.get(id);
    const isKnown = state !== 'running' || (!isAsked && latest !== undefined && answers(latest));
    return isKnown ? READY_MS : NOT_READY_MS;
  }

  private async read(id: string, key: string, age: number): Promise<ServerState | undefined> {
    const found = await known(this.states, id, key, age, () => this.serverOf(id));
    this.latest.set(id, found);
    return found;
  }

  /** A container's labels never change. */
  private labelsOf({ id, labels }: ContainerSummary): OwnLabels | undefined {
    const before = this.labels.get(id);
    if (before) {
      return before;
    }
    const parsed = parseLabels(labels);
    if (parsed) {
      this.labels.set(id, parsed);
    }
    return parsed;
  }

  private keepOnly(ids: ReadonlySet<string>): void {
    for (const map of [this.states, this.details, this.labels, this.latest, this.ready, this.facts]) {
      for (const id of map.keys()) {
        if (!ids.has(id)) {
          map.delete(id);
        }
      }
    }
  }
}

function findsOne(reading: GatewayReading | undefined): boolean {
  return reading?.replicas.some(({ up }) => up) === true;
}

/** What was read under the same key not longer ago than `age` milliseconds, else what is read now. */
async function known<T>(
  map: Map<string, Known<T | undefined>>,
  id: string,
  key: string,
  age: number,
  load: () => Promise<T | undefined>,
): Promise<T | undefined> {
  const before = map.get(id);
  if (before?.key === key && performance.now() - before.at < age) {
    return before.value;
  }
  const reading = { key, at: performance.now(), value: load().catch(() => undefined) };
  map.set(id, reading);
  const value = await reading.value;
  if (value === undefined && map.get(id) === reading) {
    map.delete(id);
  }
  // It is gone, or just being written: what was known is better than nothing.
  return value ?? before?.value;
}

/** Undefined: it is being written, or is none. */
export function parseState(text: string): ServerState | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null
      ? toServerState(value as Readonly<Record<string, unknown>>)
      : undefined;
  } catch {
    return undefined;
  }
}

function byServing(containers: readonly ContainerSummary[]): ReadonlyMap<string, readonly ContainerSummary[]> {
  const found = new Map<string, ContainerSummary[]>();
  for (const container of containers) {
    const name = container.labels[LABEL.serving];
    if (name !== undefined) {
      found.set(name, [...(found.get(name) ?? []), container]);
    }
  }
  return found;
}
