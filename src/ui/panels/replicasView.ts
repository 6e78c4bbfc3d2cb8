import type { ReplicaLoad } from '../../app/traffic/replicaTraffic';
import type { Traffic } from '../../app/traffic/servingTraffic';
import type { ServingAction } from '../../core/actions';
import { pieces, t } from '../../core/l10n';
import type { Replica, Serving } from '../../core/serving';
import type { TextPart } from '../../protocol/views/basics';
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
    note:
      min === max
        ? t('{0} of {1} ready', ready, all)
        : t('{0} of {1} ready, scales from {2}', ready, all, replicasText(serving.definition)),
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
  const { number, lastFailure } = last;
  const at = { kind: 'ago', at: last.startedAt.getTime() } as const;
  const parts =
    lastFailure === undefined
      ? pieces<TextPart>('replica {0} restarted {1} ago', String(number), at)
      : pieces<TextPart>('replica {0} restarted {1} ago: {2}', String(number), at, lastFailure);
  return { warning: { replica: number, parts } };
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
