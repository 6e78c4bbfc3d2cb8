import { isAlike, sumOf, type Histogram } from '../../core/traffic';
import type { Counted } from './difference';

/** A history has so many steps … */
export const STEPS = 180;
/** … of so many milliseconds: 15 minutes in all. */
export const STEP_MS = 5000;

/** What was counted within one step. */
export interface Step {
  /** Seconds of it that are known. */
  readonly seconds: number;
  readonly replies: number;
  readonly clientErrors: number;
  readonly serverErrors: number;
  /** The most that were in flight whenever somebody looked; undefined where that is not known. */
  readonly inFlight?: number;
  readonly latency?: Histogram;
}

/** The last 15 minutes of a serving, step by step. Times are milliseconds since 1970. */
export class History {
  private readonly steps = new Map<number, Step>();

  /** What was counted between two moments: replies by how much of that time lies in each step, errors at its end. */
  add(from: number, to: number, counted: Counted, inFlight: number | undefined): void {
    const span = Math.max(to - from, 1);
    const last = Math.floor((to - 1) / STEP_MS);
    for (let step = Math.max(Math.floor(from / STEP_MS), last - STEPS + 1); step <= last; step++) {
      const within = Math.min(to, (step + 1) * STEP_MS) - Math.max(from, step * STEP_MS);
      const share = within / span;
      const isLast = step === last;
      this.put(step, {
        seconds: within / 1000,
        replies: counted.replies * share,
        clientErrors: isLast ? counted.clientErrors : 0,
        serverErrors: isLast ? counted.serverErrors : 0,
        ...(inFlight === undefined ? {} : { inFlight }),
        ...(counted.latency ? { latency: scaled(counted.latency, share) } : {}),
      });
    }
    this.forget(last);
  }

  /** The steps up to the one that `now` lies in, oldest first; undefined where nothing is known. */
  upTo(now: number): readonly (Step | undefined)[] {
    const last = Math.floor(now / STEP_MS);
    return Array.from({ length: STEPS }, (_, index) => this.steps.get(last - STEPS + 1 + index));
  }

  /** Whether it has anything of the 15 minutes before `now`. */
  hasAny(now: number): boolean {
    const first = Math.floor(now / STEP_MS) - STEPS;
    return [...this.steps.keys()].some((step) => step > first);
  }

  entries(): readonly (readonly [number, Step])[] {
    return [...this.steps];
  }

  put(step: number, added: Step): void {
    const before = this.steps.get(step);
    this.steps.set(step, before ? together(before, added) : added);
  }

  private forget(last: number): void {
    for (const step of this.steps.keys()) {
      if (step <= last - STEPS) {
        this.steps.delete(step);
      }
    }
  }
}

function together(one: Step, other: Step): Step {
  const latency = one.latency && other.latency ? latest(one.latency, other.latency) : (one.latency ?? other.latency);
  const inFlight = one.inFlight === undefined ? other.inFlight : Math.max(one.inFlight, other.inFlight ?? one.inFlight);
  return {
    seconds: one.seconds + other.seconds,
    replies: one.replies + other.replies,
    clientErrors: one.clientErrors + other.clientErrors,
    serverErrors: one.serverErrors + other.serverErrors,
    ...(inFlight === undefined ? {} : { inFlight }),
    ...(latency ? { latency } : {}),
  };
}

/** Their sum; where a server of another version counts by other bounds, what it says. */
function latest(one: Histogram, other: Histogram): Histogram {
  return isAlike(one, other) ? sumOf(one, other) : other;
}

function scaled({ bounds, counts }: Histogram, share: number): Histogram {
  return { bounds, counts: share === 1 ? counts : counts.map((count) => count * share) };
}
