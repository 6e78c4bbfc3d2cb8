import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf, ServingError } from '../../core/errors';
import { secretNames } from '../../core/definition';
import type { StageName } from '../../core/serving';
import type { RunRecord } from '../local/ledger';
import { serverError } from '../local/serverFailure';
import type { ServerState } from '../local/serverState';
import type { DockerContext } from './dockerContext';
import type { ContainerSummary, Labels } from './engine/port';
import { INSIDE, LAME_SECONDS, originOf, replicaCommand, replicaLaunch, USER } from './inside';
import { saveLog } from './logs/saved';
import { newestGateway } from './newestGateway';
import { UPSTREAM } from './ports';
import { troubleOf } from './trouble';

const POLL_MS = 50;
const LOOK_MS = 500;
/** How often a server is asked how far it is: its state is a file of its container, which is dear to read. */
const READ_MS = 250;
/** What an end may take beyond the time that running requests get. */
const MARGIN_SECONDS = 5;
/** How long it is waited for the gateway to see a replica that is ready. */
const SEEN_MS = 20_000;
/** Where the gateway cannot be asked from here: longer than it takes to find a replica. */
const UNSEEN_MS = 3000;

export interface MadeReplica {
  readonly id: string;
  readonly number: number;
  readonly labels: Labels;
}

/** Makes replicas of a run, and starts them. What was made when it rejects is found by the run's label. */
export async function makeReplicas(
  context: DockerContext,
  run: RunRecord,
  numbers: readonly number[],
  signal: AbortSignal,
): Promise<readonly MadeReplica[]> {
  const results = await Promise.allSettled(numbers.map((number) => makeReplica(context, run, number, signal)));
  return results.map((result) => {
    if (result.status === 'rejected') {
      throw result.reason;
    }
    return result.value;
  });
}

async function makeReplica(
  { engine, objects, settings, name }: DockerContext,
  run: RunRecord,
  number: number,
  signal: AbortSignal,
): Promise<MadeReplica> {
  const { definition, artifact, image, instance } = run;
  if (artifact === undefined || image === undefined) {
    throw new ServingError('internal', `Could not make a replica of ${name}: its run names no image`);
  }
  const secrets = secretNames(definition);
  const labels = objects.replicaLabels(run, number);
  const { cores, memoryMb, gpus } = definition.resources;
  const id = await engine.createContainer(
    {
      name: objects.replica(instance, number),
      image,
      ...replicaCommand(instance),
      labels,
      variables: {
        ...definition.environment.variables,
        [INSIDE.launch]: replicaLaunch(definition, artifact, secrets, settings),
      },
      network: objects.network,
      aliases: [UPSTREAM],
      tmpfs: { '/tmp': 'rw,nosuid,nodev,size=256m,mode=1777' },
      volumes: [
        { target: INSIDE.run },
        ...(secrets.length === 0 ? [] : [{ source: objects.secrets, target: INSIDE.secrets, readOnly: true }]),
      ],
      user: USER,
      cores,
      memoryMb,
      gpus,
      stopSeconds: stopSeconds(settings.drainSeconds),
      restart: 'unless-stopped',
    },
    signal,
  );
  await engine.startContainer(id);
  return { id, number, labels };
}

export function stopSeconds(drainSeconds: number): number {
  return Math.ceil(drainSeconds + LAME_SECONDS + MARGIN_SECONDS);
}

/**
 * Waits until the gateway sends requests to all of them. Rejects with what one of their servers says, or with how it
 * ended.
 */
export async function untilAnswering(
  context: DockerContext,
  run: RunRecord,
  made: readonly MadeReplica[],
  signal: AbortSignal,
  onStage: (stage: StageName) => void = () => undefined,
): Promise<void> {
  const { engine, objects, name } = context;
  const waiting = new Waiting(context, run, onStage);
  let containers: readonly ContainerSummary[] = [];
  let listedAt = Number.NEGATIVE_INFINITY;
  for (;;) {
    checkCancelled(name, signal);
    const now = performance.now();
    // One that was started again meanwhile has another address, and a gateway that just starts has no port.
    if (now - listedAt > LOOK_MS) {
      containers = await engine.listContainers(objects.filter(), signal);
      listedAt = now;
    }
    const left = await missingIn(context, containers, made, signal);
    if (left.missing.length === 0) {
      return;
    }
    await waiting.look(left.missing, left.isAsked, signal);
    if (waiting.isOver(left.missing)) {
      return;
    }
    await sleep(POLL_MS);
  }
}

/** Those that the gateway does not send requests to, and whether it could be asked. */
async function missingIn(
  { gateways }: DockerContext,
  containers: readonly ContainerSummary[],
  made: readonly MadeReplica[],
  signal: AbortSignal,
): Promise<{ readonly missing: readonly MadeReplica[]; readonly isAsked: boolean }> {
  const gateway = newestGateway(containers);
  const limited = AbortSignal.any([signal, AbortSignal.timeout(2000)]);
  const reading = gateway && (await gateways.read(gateway, limited).catch(() => undefined));
  const up = new Set(reading?.replicas.filter((each) => each.up).map(({ address }) => address));
  const isUp = ({ id }: MadeReplica): boolean => {
    const addresses = Object.values(containers.find((each) => each.id === id)?.addresses ?? {});
    return addresses.some((address) => up.has(address));
  };
  return { missing: made.filter((each) => !isUp(each)), isAsked: reading !== undefined };
}

/** Looks now and then whether servers of replicas that do not answer yet have failed. */
class Waiting {
  private shown: StageName = 'server';
  private readAt = Number.NEGATIVE_INFINITY;
  private aliveAt = performance.now();
  private readyAt: number | undefined;
  private wasAsked = false;

  constructor(
    private readonly context: DockerContext,
    private readonly run: RunRecord,
    private readonly onStage: (stage: StageName) => void,
  ) {}

  async look(left: readonly MadeReplica[], isAsked: boolean, signal: AbortSignal): Promise<void> {
    const now = performance.now();
    this.wasAsked ||= isAsked;
    if (now - this.aliveAt > LOOK_MS) {
      this.aliveAt = now;
      await checkAlive(this.context, this.run, left);
    }
    if (now - this.readAt < READ_MS) {
      return;
    }
    const states = await Promise.all(left.map(({ id }) => this.context.listing.serverOf(id).catch(() => undefined)));
    this.readAt = performance.now();
    throwFailure(this.context, this.run, states);
    checkCancelled(this.context.name, signal);
    const stage = states[0]?.stages.at(-1)?.name;
    if (stage !== undefined && stage !== this.shown && stage !== 'ready') {
      this.shown = stage;
      this.onStage(stage);
    }
    this.readyAt = states.every((state) => state?.state === 'ready') ? (this.readyAt ?? now) : undefined;
  }

  /** They are ready, and a gateway that cannot be asked from here has had the time to find them. */
  isOver(left: readonly MadeReplica[]): boolean {
    const waited = this.readyAt === undefined ? 0 : performance.now() - this.readyAt;
    if (waited > SEEN_MS) {
      const { name } = this.context;
      throw new ServingError(
        'timeout',
        `Could not start ${name}: its gateway does not find ${String(left.length)} of its replicas`,
        { remedies: [{ kind: 'showLogs', serving: name }, { kind: 'runDoctor' }] },
      );
    }
    return !this.wasAsked && waited > UNSEEN_MS;
  }
}

/**
 * Ends replicas: running requests may end, then they are gone with what they had. Their last lines are kept unless
 * nobody is to read them.
 */
export async function endReplicas(
  context: DockerContext,
  replicas: readonly ContainerSummary[],
  how: { readonly keepLog: boolean; readonly atOnce?: boolean },
): Promise<void> {
  const { engine, settings, paths, log } = context;
  await Promise.all(
    replicas.map(async ({ id, labels }) => {
      if (how.atOnce !== true) {
        await engine.stopContainer(id, stopSeconds(settings.drainSeconds));
      }
      if (how.keepLog) {
        if (how.atOnce === true) {
          await engine.stopContainer(id, 1);
        }
        await saveLog(engine, { id, labels }, paths.runs, AbortSignal.timeout(20_000)).catch((error: unknown) => {
          log.warn(`could not keep the log of a replica of ${context.name}: ${messageOf(error)}`);
        });
      }
      await engine.removeContainer(id);
    }),
  );
}

function throwFailure(
  { folder, name }: DockerContext,
  { definition, artifact }: RunRecord,
  states: readonly (ServerState | undefined)[],
): void {
  const failure = states.find((state) => state?.failure)?.failure;
  if (failure) {
    throw serverError(name, failure, originOf(folder, definition, artifact));
  }
}

async function checkAlive(
  context: DockerContext,
  { definition, image }: RunRecord,
  made: readonly MadeReplica[],
): Promise<void> {
  const { engine, name, listing, folder } = context;
  for (const { id, number } of made) {
    const detail = await engine.inspectContainer(id);
    const trouble = detail && troubleOf(detail, definition.resources.memoryMb);
    if (detail === undefined) {
      throw new ServingError('conflict', `Could not start ${name}: its replica ${String(number)} was removed`);
    }
    if (trouble) {
      // It may have said more in the moment before it ended.
      const state = await listing.serverOf(id).catch(() => undefined);
      if (state?.failure) {
        throw serverError(name, state.failure, originOf(folder, definition, undefined));
      }
      const last = await lastLine(context, id);
      throw new ServingError(
        trouble.kind === 'stopped' ? 'conflict' : 'script',
        `Could not start ${name}: replica ${String(number)} ${trouble.text}${last === '' ? '' : `, with "${last}"`}`,
        { remedies: [...trouble.remedies, { kind: 'showLogs', serving: name }], cause: image },
      );
    }
  }
}

/** What it said last that is no record. */
async function lastLine({ engine }: DockerContext, id: string): Promise<string> {
  let last = '';
  try {
    for await (const { text } of engine.containerLogs(id, { follow: false, tail: 20 }, AbortSignal.timeout(3000))) {
      last = text.startsWith('{') || text.trim() === '' ? last : text.trim();
    }
  } catch {
    // It is gone, or its log is.
  }
  return last.slice(0, 300);
}

function checkCancelled(name: string, signal: AbortSignal): void {
  if (signal.aborted) {
    throw ServingError.cancelled(`Starting ${name}`);
  }
}
