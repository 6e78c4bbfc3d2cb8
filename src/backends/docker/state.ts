import { t } from '../../core/l10n';
import type { Replica } from '../../core/serving';
import type { RunRecord } from '../local/ledger';
import type { ServerState } from '../local/serverState';
import type { Derived } from '../local/shown';
import type { ContainerSummary } from './engine/port';
import type { GatewayReading, GatewayReplica } from './ports';
import type { Trouble } from './trouble';

export interface SeenReplica {
  readonly container: ContainerSummary;
  readonly number: number;
  /** As the gateway sees it; undefined while it does not. */
  readonly reading?: GatewayReplica;
  /** What its server said last of itself. */
  readonly server?: ServerState;
  /** Why it does not run as it should. */
  readonly trouble?: Trouble;
  /** Why its container was started again last, where that is known. */
  readonly last?: Trouble;
  readonly restarts: number;
}

export interface SeenGateway {
  readonly container: ContainerSummary;
  readonly reading?: GatewayReading;
}

/** What is seen of a serving: its containers, and what the windows wrote down. */
export interface Seen {
  /** What runs, or ran last. */
  readonly run: RunRecord | undefined;
  readonly replicas: readonly SeenReplica[];
  /** Containers of other runs: on their way in or out, or left over. */
  readonly others: readonly ContainerSummary[];
  readonly gateway?: SeenGateway;
  /** Gateways beside that one: a window that makes another one takes the one before away, unless it is killed. */
  readonly spareGateways?: number;
  /** Whether the window that prepares the run, or the one that takes its place, is at work. */
  readonly preparerAlive: boolean;
}

/**
 * The run that a serving's containers are of: the one of the ledger while it has any or is being prepared, else the
 * newest that they name, as the ledger may have been lost.
 */
export function currentRun(ledger: RunRecord | undefined, runs: readonly RunRecord[]): RunRecord | undefined {
  const own = runs.find(({ instance }) => instance === ledger?.instance);
  if (ledger !== undefined && (own !== undefined || ledger.preparing === true || ledger.successor !== undefined)) {
    return ledger;
  }
  const newest = [...runs].sort((a, b) => b.startedAt.localeCompare(a.startedAt))[0];
  // What was stopped since is only not gone from the list that we have.
  const known = newest !== undefined && (ledger?.endedAt === undefined || newest.startedAt > ledger.endedAt);
  return known && newest.instance !== ledger?.replaced?.instance ? newest : ledger;
}

/** The state of a serving, from what is seen of it. Total. */
export function toState(seen: Seen, left?: ServerState): Derived {
  const { run, replicas, preparerAlive } = seen;
  if (run === undefined) {
    return { state: 'stopped' };
  }
  if (run.endedAt !== undefined) {
    return ended(run, left);
  }
  if (run.successor !== undefined && preparerAlive && run.stopAsked !== true) {
    return { state: 'updating' };
  }
  if (run.preparing === true) {
    return preparing(run, preparerAlive);
  }
  if (replicas.length === 0) {
    return run.stopAsked === true
      ? { state: 'stopped' }
      : { state: 'failed', reason: t('Its containers are gone: they were removed from outside') };
  }
  return run.stopAsked === true ? { state: 'stopping' } : living(seen);
}

function ended({ failure: written, stopAsked }: RunRecord, left: ServerState | undefined): Derived {
  const failure = written ?? left?.failure;
  if (failure !== undefined) {
    return { state: 'failed', reason: failure.message };
  }
  return stopAsked === true ? { state: 'stopped' } : { state: 'failed', reason: t('It ended without a word') };
}

function preparing(run: RunRecord, preparerAlive: boolean): Derived {
  if (!preparerAlive && run.failure !== undefined) {
    return { state: 'failed', reason: run.failure.message };
  }
  if (!preparerAlive && run.stopAsked === true) {
    return { state: 'stopped' };
  }
  if (!preparerAlive) {
    return { state: 'stopped', reason: t('The window that started it was closed before its replicas were ready') };
  }
  const stage = run.stages.at(-1);
  const isMade = stage !== undefined && (stage.name !== 'environment' || stage.seconds !== undefined);
  return { state: isMade ? 'starting' : 'creating' };
}

function living({ replicas, gateway, run }: Seen): Derived {
  const ready = replicas.filter(isReady);
  const troubled = replicas.find((replica) => !isReady(replica) && troubleIn(replica) !== undefined);
  const why = troubled && t('Replica {0} {1}', String(troubled.number), troubleIn(troubled) ?? '');
  if (ready.length > 0) {
    if (gateway === undefined || !isRunning(gateway.container)) {
      return { state: 'failed', reason: t('Its gateway does not run, so nothing answers') };
    }
    const wanted = run?.definition.replicas.min ?? 1;
    const few =
      ready.length < wanted ? t('{0} of {1} replicas are ready', String(ready.length), String(wanted)) : undefined;
    const reason = why ?? few ?? outOfMemory(replicas);
    return { state: 'running', ...(reason === undefined ? {} : { reason }) };
  }
  if (replicas.every(({ container }) => container.state === 'paused')) {
    return { state: 'idle', reason: t('Its containers are paused') };
  }
  const failed = replicas.find(({ server }) => server?.state === 'failed' && server.failure);
  if (failed?.server?.failure) {
    return { state: 'failed', reason: failed.server.failure.message };
  }
  const dead = replicas.every(({ container }) => !isRunning(container));
  if (dead || replicas.some(({ restarts }) => restarts > 3)) {
    return { state: 'failed', reason: why ?? t('Its containers do not run') };
  }
  return { state: 'starting', ...(why === undefined ? {} : { reason: why }) };
}

/** What is worth to be said though all answer: the system ends a worker again as soon as it needs as much again. */
function outOfMemory(replicas: readonly SeenReplica[]): string | undefined {
  return replicas.flatMap(({ server, number }) => {
    const text = server?.replicas.map(memoryText).find((each) => each !== undefined);
    return text === undefined ? [] : [t('Replica {0} {1}', String(number), text)];
  })[0];
}

/** Of a worker that was ended because it needed more memory than there is; goes on after "Replica 2 ". */
function memoryText({ lastFailure = '', remedies = [] }: Replica): string | undefined {
  return remedies.some(({ kind }) => kind === 'raiseLimit') ? t('ran {0}: raise the limit', lastFailure) : undefined;
}

/** Whether requests go to it. The gateway sees a moment later that its worker has ended. */
export function isReady({ container, reading, server }: SeenReplica): boolean {
  const answering = server && answers(server);
  return container.state === 'running' && (reading ? reading.up && answering !== false : answering === true);
}

/** A container that serves is never without them, so they are only missing when the memory was emptied. */
export function lacksSecrets({ server }: SeenReplica): boolean {
  return server?.failure?.kind === 'secrets-missing' || server?.failure?.kind === 'token-missing';
}

/** Whether a server has a worker that answers. */
export function answers({ state, replicas }: ServerState): boolean {
  return state === 'ready' && replicas.some((worker) => worker.state === 'ready');
}

export function isRunning({ state }: ContainerSummary): boolean {
  return state === 'running';
}

/** As the engine's own programs show an id. */
export function shortId({ id }: ContainerSummary): string {
  return id.slice(0, 12);
}

/** How a replica is shown. */
export function toReplica(seen: SeenReplica): Replica {
  const { container, number, reading, server, last, restarts } = seen;
  const worker = server?.replicas[0];
  const trouble = isReady(seen) ? undefined : (troubleIn(seen) ?? unseen(seen));
  const lastFailure = seen.trouble?.text ?? last?.text ?? worker?.lastFailure;
  const remedies = (seen.trouble ?? last ?? worker)?.remedies ?? [];
  const memoryBytes = worker?.memoryBytes;
  return {
    number,
    state: stateOf(seen),
    startedAt: worker?.startedAt ?? new Date(container.created * 1000),
    restarts: restarts + (worker?.restarts ?? 0),
    ...(lastFailure === undefined ? {} : { lastFailure }),
    ...(trouble === undefined ? {} : { trouble }),
    ...(remedies.length === 0 ? {} : { remedies }),
    requests: reading?.requests ?? worker?.requests ?? 0,
    ...(memoryBytes === undefined ? {} : { memoryBytes }),
    ...(reading ? { inFlight: reading.inFlight } : {}),
    container: shortId(container),
    containerName: container.name,
  };
}

/** It says that it is ready, and its gateway does not find it so. */
function unseen({ container, reading, server }: SeenReplica): string | undefined {
  return isRunning(container) && server && answers(server) && reading?.up === false
    ? reading.reason === undefined
      ? t('does not answer its gateway')
      : t('does not answer its gateway: {0}', reading.reason)
    : undefined;
}

function stateOf(seen: SeenReplica): Replica['state'] {
  if (isReady(seen)) {
    return 'ready';
  }
  const { container, server } = seen;
  if (container.state === 'removing' || server?.state === 'stopping') {
    return 'stopping';
  }
  return !isRunning(container) || server?.state === 'failed' ? 'failed' : 'starting';
}

function troubleIn({ trouble, server }: SeenReplica): string | undefined {
  const worker = server?.replicas.find((each) => each.state !== 'ready' && each.lastFailure !== undefined);
  return trouble?.text ?? (worker && (memoryText(worker) ?? worker.lastFailure));
}
