/**
 * What a running serving has counted. Its numbers only go up while whoever counts is the same; one that was made anew
 * (`source`) counts from nothing.
 */
export interface TrafficReading {
  /** Who counted the replies: a server, or the gateway. */
  readonly source: string;
  readonly replies: number;
  /** Of them, those with a status from 400 to 499. */
  readonly clientErrors: number;
  /** … and from 500 on. */
  readonly serverErrors: number;
  /** Requests that are being answered or wait, now. */
  readonly inFlight: number;
  /** Seconds until the replies; absent where only the replicas know them. */
  readonly latency?: Histogram;
  readonly replicas: readonly ReplicaReading[];
}

export interface ReplicaReading {
  readonly number: number;
  readonly source: string;
  readonly requests: number;
  readonly latency?: Histogram;
  /** Of the processor, so far. */
  readonly cpuSeconds?: number;
  readonly memoryBytes?: number;
}

/** How often a value was at most each bound and above the one before; the last count is above all bounds. */
export interface Histogram {
  readonly bounds: readonly number[];
  readonly counts: readonly number[];
}

/** The value that `share` of all lie below, by straight lines between the bounds; undefined where nothing was counted. */
export function quantileOf({ bounds, counts }: Histogram, share: number): number | undefined {
  const all = counts.reduce((sum, each) => sum + each, 0);
  if (all <= 0 || bounds.length === 0) {
    return undefined;
  }
  const wanted = share * all;
  let reached = 0;
  let below = 0;
  for (const [index, bound] of bounds.entries()) {
    const count = counts[index] ?? 0;
    if (count > 0 && reached + count >= wanted) {
      return below + ((bound - below) * (wanted - reached)) / count;
    }
    reached += count;
    below = bound;
  }
  // Above all bounds nothing more is known.
  return below;
}

/** Both together; the first where they do not fit each other. */
export function sumOf(one: Histogram, other: Histogram): Histogram {
  return isAlike(one, other)
    ? { bounds: one.bounds, counts: one.counts.map((count, index) => count + (other.counts[index] ?? 0)) }
    : one;
}

export function isAlike(one: Histogram, other: Histogram): boolean {
  return (
    one.counts.length === other.counts.length &&
    one.bounds.length === other.bounds.length &&
    one.bounds.every((bound, index) => bound === other.bounds[index])
  );
}
