import type { ReplicaLoad } from '../../app/traffic/replicaTraffic';
import type { Traffic } from '../../app/traffic/servingTraffic';
import type { ServingAction } from '../../core/actions';
import type { Replica, Serving } from '../../core/serving';
import type { ContainerView, ReplicasView, ReplicaView, TroubleView } from '../../protocol/views/replicas';
import { replicasText } from './configurationView';
import { toRemedyView } from './remedyLabels';
import { readyReplicas, toReplicaState } from './stateView';

const MB = 1024 * 1024;

/** The replicas of what runs; undefined while there are none. */
export function toReplicas(
  serving: Serving,
  actions: readonly ServingAction[],
  traffic?: Traffic,
): ReplicasView | undefined {
  const replicas = serving.run?.replicas ?? [];
  if (replicas.length === 0 || serving.state === 'stopped' || serving.state === 'creating') {
    return undefined;
  }
  const { ready, all } = readyReplicas(serving);
  const { min, max } = serving.definition.replicas;
  return {
    note: `${String(ready)} of ${String(all)} ready${min === max ? '' : `, scales from ${replicasText(serving.definition)}`}`,
    // A process is not limited; on Hopsworks, memory is not told.
    ...(serving.kind !== 'docker' ? {} : { memoryLimitBytes: serving.definition.resources.memoryMb * MB }),
    ...warningOf(replicas),
    canOpenShell: actions.includes('shell'),
    rows: replicas.map((replica) => toRow(replica, traffic?.replicas.get(replica.number))),
  };
}

/** Of the one that was started again last. */
function warningOf(replicas: readonly Replica[]): Pick<ReplicasView, 'warning'> {
  const [last] = replicas
    .filter(({ restarts, startedAt, state }) => restarts > 0 && startedAt && state === 'ready')
    .sort((a, b) => (b.startedAt?.getTime() ?? 0) - (a.startedAt?.getTime() ?? 0));
  if (last?.startedAt === undefined) {
    return {};
  }
  const why = last.lastFailure === undefined ? '' : `: ${last.lastFailure}`;
  const at = { kind: 'ago', at: last.startedAt.getTime() } as const;
  return {
    warning: { replica: last.number, parts: [`replica ${String(last.number)} restarted `, at, ` ago${why}`] },
  };
}

function toRow(replica: Replica, load: ReplicaLoad | undefined): ReplicaView {
  const { number, restarts, requests, pid, startedAt, inFlight } = replica;
  const memoryBytes = load?.memoryBytes ?? replica.memoryBytes;
  const cores = load?.cores ?? replica.cores;
  const p95Ms = load?.p95Ms;
  const trouble = toTrouble(replica);
  const container = toContainer(replica);
  return {
    number,
    state: toReplicaState(replica.state),
    restarts,
    requests,
    ...(pid === undefined ? {} : { pid }),
    ...(container === undefined ? {} : { container }),
    ...(startedAt === undefined ? {} : { startedAt: startedAt.getTime() }),
    ...(cores === undefined ? {} : { cores: Math.round(cores * 1000) / 1000 }),
    ...(p95Ms === undefined ? {} : { p95Ms: Math.round(p95Ms * 10) / 10 }),
    ...(inFlight === undefined ? {} : { inFlight }),
    ...(memoryBytes === undefined ? {} : { memoryBytes }),
    ...(trouble === undefined ? {} : { trouble }),
  };
}

export function toContainer(of: {
  readonly container?: string;
  readonly containerName?: string;
}): ContainerView | undefined {
  return of.container === undefined ? undefined : { id: of.container, name: of.containerName ?? '' };
}

/** What is wrong now, else why it was started again last. */
function toTrouble({ trouble, lastFailure, remedies = [] }: Replica): TroubleView | undefined {
  const text = trouble ?? lastFailure;
  return text === undefined ? undefined : { text, isNow: trouble !== undefined, remedies: remedies.map(toRemedyView) };
}
