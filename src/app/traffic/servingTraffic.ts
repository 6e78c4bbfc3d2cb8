import type { TrafficReading } from '../../core/traffic';
import { countedBetween, type Counted } from './difference';
import { History, STEP_MS, type Step } from './history';
import { ReplicaTraffic, type ReplicaLoad } from './replicaTraffic';

/** What is known of how a serving is used. */
export interface Traffic {
  /** Who counted: the serving itself, or this editor what it sent. */
  readonly by: 'serving' | 'editor';
  /** The last 15 minutes, oldest first; undefined where nothing is known. */
  readonly steps: readonly (Step | undefined)[];
  /** When the last step ends: milliseconds since 1970. */
  readonly end: number;
  /** When it was read last. */
  readonly readAt?: number;
  readonly inFlight?: number;
  readonly replicas: ReadonlyMap<number, ReplicaLoad>;
}

/** After a longer pause it is not known when it was counted. */
const LONGEST_PAUSE_MS = 60_000;
/** Bounds of what this editor measures itself, in seconds. */
const BOUNDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** The traffic of one serving: takes readings, keeps 15 minutes. */
export class ServingTraffic {
  readonly history = new History();
  private last: { readonly reading: TrafficReading; readonly at: number } | undefined;
  private replicas: readonly (readonly [number, ReplicaTraffic])[] = [];
  private by: Traffic['by'] = 'serving';

  /** A reading of that moment. */
  take(reading: TrafficReading, at: number): void {
    const { last } = this;
    this.by = 'serving';
    if (last && at > last.at && at - last.at <= LONGEST_PAUSE_MS) {
      this.history.add(last.at, at, countedBetween(last.reading, reading), reading.inFlight);
    }
    this.replicas = reading.replicas.map((each) => {
      const known = this.replicas.find(([number, { source }]) => number === each.number && source === each.source)?.[1];
      const replica = known ?? new ReplicaTraffic(each.source);
      if (last && at - last.at <= LONGEST_PAUSE_MS) {
        replica.add(last.reading, each, at);
      } else {
        replica.see(each, at);
      }
      return [each.number, replica] as const;
    });
    this.last = { reading, at };
  }

  /** What this editor sent itself, where nobody else counts. */
  sent(status: number, latencyMs: number, at: number): void {
    this.by = 'editor';
    const place = BOUNDS.findIndex((bound) => latencyMs / 1000 <= bound);
    const counted: Counted = {
      replies: 1,
      clientErrors: status >= 400 && status < 500 ? 1 : 0,
      serverErrors: status >= 500 ? 1 : 0,
      latency: {
        bounds: BOUNDS,
        counts: Array.from({ length: BOUNDS.length + 1 }, (_, index) =>
          index === (place === -1 ? BOUNDS.length : place) ? 1 : 0,
        ),
      },
    };
    this.history.add(at, at + 1, counted, undefined);
  }

  /** What was kept of a time before this window. */
  restore(
    steps: readonly (readonly [number, Step])[],
    last: { readonly reading: TrafficReading; readonly at: number } | undefined,
  ): void {
    for (const [step, kept] of steps) {
      this.history.put(step, kept);
    }
    this.last = last;
  }

  get lastReading(): { readonly reading: TrafficReading; readonly at: number } | undefined {
    return this.last;
  }

  shown(now: number): Traffic {
    const { last } = this;
    return {
      by: this.by,
      steps: this.history.upTo(now),
      end: (Math.floor(now / STEP_MS) + 1) * STEP_MS,
      ...(last ? { readAt: last.at, inFlight: last.reading.inFlight } : {}),
      replicas: new Map(this.replicas.map(([number, replica]) => [number, replica.load])),
    };
  }
}
