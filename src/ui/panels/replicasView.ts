import type { Replica, Serving } from '../../core/serving';
import type { ContainerView, ReplicasView, ReplicaView, TroubleView } from '../../protocol/views/replicas';
import { replicasText } from './configurationView';
import { toRemedyView } from './remedyLabels';
import { readyReplicas, toReplicaState } from './stateView';

const MB = 1024 * 1024;

/** The replicas of what runs; undefined while there are none. */
export function toReplicas(serving: Serving): ReplicasView | undefined {
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
    rows: replicas.map(toRow),
  };
}

function toRow(replica: Replica): ReplicaView {
  const { number, restarts, requests, pid, startedAt, inFlight, memoryBytes } = replica;
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
