import { quantileOf, sumOf, type Histogram, type ReplicaReading, type TrafficReading } from '../../core/traffic';
import { replicaLatencyBetween } from './difference';

/** What is known of one replica's load. */
export interface ReplicaLoad {
  /** Of one core: 1.5 = one and a half. */
  readonly cores?: number;
  readonly memoryBytes?: number;
  /** Milliseconds that 95 of 100 replies of the last minutes took at most. */
  readonly p95Ms?: number;
}

/** A share of the processor over less time would jump. */
const CORES_MS = 10_000;
/** Latencies are of the last … milliseconds, kept in parts of as much. */
const KEPT_MS = 900_000;
const PART_MS = 60_000;

interface Part {
  readonly at: number;
  readonly latency: Histogram;
}

/** One replica over some time. */
export class ReplicaTraffic {
  private parts: readonly Part[] = [];
  private readings: readonly { readonly at: number; readonly cpuSeconds: number }[] = [];
  private memoryBytes: number | undefined;

  constructor(readonly source: string) {}

  add(before: TrafficReading, after: ReplicaReading, now: number): void {
    const latency = replicaLatencyBetween(before, after);
    if (latency) {
      const at = Math.floor(now / PART_MS) * PART_MS;
      const last = this.parts.at(-1);
      const kept = this.parts.filter((part) => now - part.at <= KEPT_MS);
      this.parts =
        last?.at === at
          ? [...kept.slice(0, -1), { at, latency: sumOf(last.latency, latency) }]
          : [...kept, { at, latency }];
    }
    this.see(after, now);
  }

  /** What it has counted so far is not of this time. */
  see({ cpuSeconds, memoryBytes }: ReplicaReading, now: number): void {
    this.memoryBytes = memoryBytes;
    if (cpuSeconds !== undefined) {
      const isReset = cpuSeconds < (this.readings.at(-1)?.cpuSeconds ?? 0);
      const kept = isReset ? [] : this.readings;
      // One that is old enough is enough.
      const first = kept.findLastIndex(({ at }) => now - at >= CORES_MS);
      this.readings = [...kept.slice(Math.max(first, 0)), { at: now, cpuSeconds }];
    }
  }

  get load(): ReplicaLoad {
    const first = this.readings[0];
    const last = this.readings.at(-1);
    const seconds = first && last ? (last.at - first.at) / 1000 : 0;
    const all = this.parts
      .map(({ latency }) => latency)
      .reduce<Histogram | undefined>((sum, each) => (sum ? sumOf(sum, each) : each), undefined);
    const p95 = all && quantileOf(all, 0.95);
    return {
      ...(first && last && seconds >= 1 ? { cores: (last.cpuSeconds - first.cpuSeconds) / seconds } : {}),
      ...(this.memoryBytes === undefined ? {} : { memoryBytes: this.memoryBytes }),
      ...(p95 === undefined ? {} : { p95Ms: p95 * 1000 }),
    };
  }
}
