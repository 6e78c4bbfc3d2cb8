import type { Backend } from '../core/backend';
import type { Disposable } from '../core/disposables';
import { Emitter } from '../core/events';
import type { InferenceLogState } from '../core/inferenceLog';
import { refKey, type BackendId, type ServingRef } from '../core/serving';

const PAUSE_MS = 2000;
const ANSWER_MS = 3000;

export interface InferenceLogStateParts {
  readonly backend: (id: BackendId) => Pick<Backend, 'capabilities' | 'inferenceLogState'> | undefined;
  /** For tests: milliseconds between two looks. */
  readonly pauseMs?: number;
}

/** What one that runs tells of its inference log; `off`: it keeps none. */
export type RecordingTold = InferenceLogState | 'off';

/** Asks servings what becomes of their records, while somebody looks at them. */
export class InferenceLogStates implements Disposable {
  private readonly known = new Map<string, RecordingTold>();
  private readonly watched = new Map<string, { count: number; readonly timer: NodeJS.Timeout }>();
  private readonly asking = new Set<string>();
  private readonly changed = new Emitter<ServingRef>();
  readonly onDidChange = this.changed.event;
  private readonly abort = new AbortController();

  constructor(private readonly parts: InferenceLogStateParts) {}

  /** Undefined: it does not run, or was not asked yet. */
  of(ref: ServingRef): RecordingTold | undefined {
    return this.known.get(refKey(ref));
  }

  /** Whether it has an inference log that can be asked for and read. */
  has(ref: ServingRef): boolean {
    return this.parts.backend(ref.backend)?.capabilities.has('inferenceLog') === true;
  }

  /** Asks again and again until it is disposed. */
  watch(ref: ServingRef): Disposable {
    const key = refKey(ref);
    const watch = this.watched.get(key) ?? { count: 0, timer: this.begin(ref) };
    watch.count++;
    this.watched.set(key, watch);
    let ended = false;
    return {
      dispose: () => {
        if (!ended && --watch.count === 0) {
          clearInterval(watch.timer);
          this.watched.delete(key);
          this.known.delete(key);
        }
        ended = true;
      },
    };
  }

  dispose(): void {
    this.abort.abort();
    for (const { timer } of this.watched.values()) {
      clearInterval(timer);
    }
    this.changed.dispose();
  }

  private begin(ref: ServingRef): NodeJS.Timeout {
    void this.ask(ref);
    const timer = setInterval(() => void this.ask(ref), this.parts.pauseMs ?? PAUSE_MS);
    timer.unref();
    return timer;
  }

  private async ask(ref: ServingRef): Promise<void> {
    const key = refKey(ref);
    if (this.asking.has(key) || !this.has(ref)) {
      return;
    }
    this.asking.add(key);
    try {
      const signal = AbortSignal.any([this.abort.signal, AbortSignal.timeout(ANSWER_MS)]);
      const told = await this.parts.backend(ref.backend)?.inferenceLogState?.(ref, signal);
      this.tell(ref, told ?? 'off');
    } catch {
      // It does not run, or is too busy to answer.
      this.tell(ref, undefined);
    } finally {
      this.asking.delete(key);
    }
  }

  private tell(ref: ServingRef, told: RecordingTold | undefined): void {
    const key = refKey(ref);
    if (this.abort.signal.aborted || !this.watched.has(key)) {
      return;
    }
    const isNews = JSON.stringify(this.known.get(key)) !== JSON.stringify(told);
    if (told === undefined) {
      this.known.delete(key);
    } else {
      this.known.set(key, told);
    }
    if (isNews) {
      this.changed.fire(ref);
    }
  }
}
