import type { Operation, Progress } from '../core/backend';
import type { ServingVerb } from '../core/couldNot';
import { Emitter } from '../core/events';
import { refKey, type ServingRef } from '../core/serving';

/** A long call of this window that has not ended. */
export interface RunningOperation {
  readonly ref: ServingRef;
  readonly verb: ServingVerb;
  readonly startedAt: Date;
  readonly progress: Progress | undefined;
}

interface Entry extends RunningOperation {
  progress: Progress | undefined;
  readonly abort: AbortController;
  readonly ended: Promise<unknown>;
}

/** The long calls of this window: one at a time for each serving. */
export class Operations {
  private readonly running = new Map<string, Entry>();
  private readonly changed = new Emitter<ServingRef>();
  readonly onDidChange = this.changed.event;

  current(ref: ServingRef): RunningOperation | undefined {
    return this.running.get(refKey(ref));
  }

  /** Runs `work`, unless the same is being done already: then it is joined. Another verb waits for its turn. */
  async run(
    ref: ServingRef,
    verb: ServingVerb,
    outer: Operation,
    work: (operation: Operation) => Promise<void>,
  ): Promise<void> {
    for (let before = this.running.get(refKey(ref)); before; before = this.running.get(refKey(ref))) {
      if (before.verb === verb) {
        await before.ended;
        return;
      }
      await before.ended.catch(() => undefined);
    }
    const abort = new AbortController();
    const signal = AbortSignal.any([outer.signal, abort.signal]);
    const report = (progress: Progress): void => {
      entry.progress = progress;
      outer.report(progress);
      this.changed.fire(ref);
    };
    const ended = Promise.resolve().then(() => work({ ...outer, signal, report }));
    const entry: Entry = { ref, verb, startedAt: new Date(), progress: undefined, abort, ended };
    this.running.set(refKey(ref), entry);
    this.changed.fire(ref);
    try {
      await ended;
    } finally {
      this.running.delete(refKey(ref));
      this.changed.fire(ref);
    }
  }

  /** Cancels what runs for a serving and waits until it has ended. */
  async cancel(ref: ServingRef): Promise<void> {
    const entry = this.running.get(refKey(ref));
    entry?.abort.abort();
    await entry?.ended.catch(() => undefined);
  }
}
