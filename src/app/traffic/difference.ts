import { isAlike, sumOf, type Histogram, type ReplicaReading, type TrafficReading } from '../../core/traffic';

/** What was counted between two readings. */
export interface Counted {
  readonly replies: number;
  readonly clientErrors: number;
  readonly serverErrors: number;
  readonly latency?: Histogram;
}

/**
 * What came between two readings. Whoever counts from nothing since (a restart, a replica that was replaced) has counted
 * all of it in between.
 */
export function countedBetween(before: TrafficReading, after: TrafficReading): Counted {
  const names = ['replies', 'clientErrors', 'serverErrors'] as const;
  const isNew = before.source !== after.source || names.some((name) => after[name] < before[name]);
  const [replies, clientErrors, serverErrors] = names.map((name) => after[name] - (isNew ? 0 : before[name]));
  const latency = after.latency
    ? latencyBetween(isNew ? undefined : before.latency, after.latency)
    : after.replicas
        .map((each) => replicaLatencyBetween(before, each))
        .filter((each) => each !== undefined)
        .reduce<Histogram | undefined>((sum, each) => (sum ? sumOf(sum, each) : each), undefined);
  return {
    replies: replies ?? 0,
    clientErrors: clientErrors ?? 0,
    serverErrors: serverErrors ?? 0,
    ...(latency ? { latency } : {}),
  };
}

/** What one replica has counted since a reading; undefined where it does not tell. */
export function replicaLatencyBetween(before: TrafficReading, after: ReplicaReading): Histogram | undefined {
  const own = before.replicas.find(({ number, source }) => number === after.number && source === after.source);
  return after.latency && latencyBetween(own?.latency, after.latency);
}

function latencyBetween(before: Histogram | undefined, after: Histogram): Histogram {
  const isNew =
    before === undefined ||
    !isAlike(before, after) ||
    after.counts.some((count, index) => count < (before.counts[index] ?? 0));
  return isNew
    ? after
    : { bounds: after.bounds, counts: after.counts.map((count, index) => count - (before.counts[index] ?? 0)) };
}
