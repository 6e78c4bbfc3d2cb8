import type { Backend } from '../../core/backend';
import type { Disposable } from '../../core/disposables';
import { Emitter } from '../../core/events';
import { refKey, type BackendId, type Serving, type ServingRef, type ServingState } from '../../core/serving';
import { restore, toKept, type Kept } from './keptTraffic';
import { ServingTraffic, type Traffic } from './servingTraffic';

/** Running servings are asked so often … */
const USUAL_MS = 5000;
/** … and those that somebody looks at. */
const WATCHED_MS = 2000;
const ANSWER_MS = 3000;
/** More of them are not asked at a time. */
const AT_ONCE = 4;
const KEEP_MS = 60_000;
const KEY = 'traffic';

const COUNTING: readonly ServingState[] = ['running', 'idle', 'updating'];

export interface TrafficParts {
  readonly servings: () => readonly Serving[];
  readonly backend: (id: BackendId) => Pick<Backend, 'capabilities' | 'traffic'> | undefined;
  readonly kept: Kept;
  /** Milliseconds since 1970; for tests. */
  readonly now?: () => number;
}

/**
 * How the servings that run are used, for the last 15 minutes: asks each of them now and then, more often those that
 * somebody looks at, so that the history is there when a panel is opened. It outlives a reload of the window.
 */
export class TrafficStore implements Disposable {
  private readonly known = new Map<string, ServingTraffic>();
  private readonly asked = new Map<string, number>();
  private readonly asking = new Set<string>();
  private readonly watched = new Map<string, number>();
  private readonly changed = new Emitter<ServingRef>();
  readonly onDidChange = this.changed.event;
  private readonly abort = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  private keptAt: number;
  private hasNews = false;
  private readonly now: () => number;

  constructor(private readonly parts: TrafficParts) {
    this.now = parts.now ?? Date.now;
    this.keptAt = this.now();
    this.readKept();
    this.schedule();
  }

  /** Undefined: nothing is known. */
  of(ref: ServingRef): Traffic | undefined {
    return this.known.get(refKey(ref))?.shown(this.now());
  }

  /** Whether a serving tells of its traffic itself. */
  counts(ref: ServingRef): boolean {
    return this.parts.backend(ref.backend)?.capabilities.has('traffic') === true;
  }

  /** Asks one more often until it is disposed. */
  watch(ref: ServingRef): Disposable {
    const key = refKey(ref);
    this.watched.set(key, (this.watched.get(key) ?? 0) + 1);
    void this.look();
    let ended = false;
    return {
      dispose: () => {
        const left = (this.watched.get(key) ?? 1) - 1;
        if (!ended && left > 0) {
          this.watched.set(key, left);
        } else if (!ended) {
          this.watched.delete(key);
        }
        ended = true;
      },
    };
  }

  /** What this editor sent, and how it was answered; counted where the serving itself does not tell. */
  sent(ref: ServingRef, status: number, latencyMs: number): void {
    if (!this.counts(ref)) {
      this.trafficOf(ref).sent(status, latencyMs, this.now());
      this.hasNews = true;
      this.changed.fire(ref);
    }
  }

  /** Asks all that are due; resolves when they have answered. Never rejects. */
  async look(): Promise<void> {
    clearTimeout(this.timer);
    const due = this.parts.servings().filter((serving) => this.isDue(serving));
    for (const { ref } of due) {
      this.asking.add(refKey(ref));
    }
    const left = due.values();
    const lane = async (): Promise<void> => {
      for (const { ref } of left) {
        await this.ask(ref);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, lane));
    if (!this.abort.signal.aborted) {
      this.forget();
      if (this.now() - this.keptAt >= KEEP_MS) {
        this.keep();
      }
      this.schedule();
    }
  }

  dispose(): void {
    this.abort.abort();
    clearTimeout(this.timer);
    this.keep();
    this.changed.dispose();
  }

  private isDue({ ref, state }: Serving): boolean {
    const key = refKey(ref);
    const pause = this.watched.has(key) ? WATCHED_MS : USUAL_MS;
    // A timer may be a little early.
    const isTime = this.now() - (this.asked.get(key) ?? 0) >= pause - 200;
    return COUNTING.includes(state) && isTime && !this.asking.has(key) && this.counts(ref);
  }

  private async ask(ref: ServingRef): Promise<void> {
    const key = refKey(ref);
    this.asked.set(key, this.now());
    try {
      const signal = AbortSignal.any([this.abort.signal, AbortSignal.timeout(ANSWER_MS)]);
      const reading = await this.parts.backend(ref.backend)?.traffic?.(ref, signal);
      if (reading && !this.abort.signal.aborted) {
        this.trafficOf(ref).take(reading, this.now());
        this.hasNews = true;
        this.changed.fire(ref);
      }
    } catch {
      // It has just ended, or is too busy to answer: the next reading has what was counted meanwhile.
    } finally {
      this.asking.delete(key);
    }
  }

  private schedule(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.look(), this.watched.size > 0 ? WATCHED_MS : USUAL_MS);
    this.timer.unref();
  }

  private trafficOf(ref: ServingRef): ServingTraffic {
    const key = refKey(ref);
    const traffic = this.known.get(key) ?? new ServingTraffic();
    this.known.set(key, traffic);
    return traffic;
  }

  private forget(): void {
    for (const [key, traffic] of this.known) {
      const isNew = this.now() - (traffic.lastReading?.at ?? 0) < KEEP_MS;
      if (!isNew && !traffic.history.hasAny(this.now())) {
        this.known.delete(key);
        this.asked.delete(key);
      }
    }
  }

  private readKept(): void {
    const kept = this.parts.kept.get(KEY);
    if (typeof kept === 'object' && kept !== null) {
      for (const [key, each] of Object.entries(kept)) {
        const traffic = new ServingTraffic();
        restore(traffic, each, this.now());
        if (traffic.history.hasAny(this.now())) {
          this.known.set(key, traffic);
        }
      }
    }
  }

  private keep(): void {
    this.keptAt = this.now();
    if (this.hasNews) {
      this.hasNews = false;
      const all = Object.fromEntries([...this.known].map(([key, traffic]) => [key, toKept(traffic)]));
      this.parts.kept.update(KEY, all).then(undefined, () => undefined);
    }
  }
}
