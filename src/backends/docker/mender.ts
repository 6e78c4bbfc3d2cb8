import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Disposable } from '../../core/disposables';
import { messageOf } from '../../core/errors';
import type { Logger } from '../../core/log';

export interface MenderTimes {
  /** What comes together is looked at once. */
  readonly gatherMs: number;
  /** A window that works on a serving may be gone without any event; and what cannot be put back may be so later. */
  readonly againMs: number;
  /** What cannot be put back is tried again ever more rarely. */
  readonly longestMs: number;
}

const TIMES: MenderTimes = { gatherMs: 1500, againMs: 5000, longestMs: 60_000 };

export interface MenderParts {
  /** The servings that there may be something to put back for. */
  all(): Promise<Iterable<string>>;
  /** `later`: somebody works on it. */
  needsMending(name: string): Promise<boolean | 'later'>;
  mend(name: string): Promise<void>;
  readonly log: Logger;
  readonly times?: Partial<MenderTimes>;
}

/** Puts back what servings that run lack: one after the other, a moment after something has changed. */
export class Mender implements Disposable {
  private readonly times: MenderTimes;
  private readonly ended = new AbortController();
  private readonly told = new Set<string>();
  private readonly later = new Set<string>();
  private readonly failures = new Map<string, number>();
  private isWorking = false;

  constructor(private readonly parts: MenderParts) {
    this.times = { ...TIMES, ...parts.times };
    // One for each serving that is looked at again later.
    setMaxListeners(0, this.ended.signal);
  }

  /** Something has changed; undefined: it may be any serving. */
  tell(name: string | undefined): void {
    this.told.add(name ?? '');
    void this.work();
  }

  dispose(): void {
    this.ended.abort();
  }

  private async work(): Promise<void> {
    if (this.isWorking) {
      return;
    }
    this.isWorking = true;
    try {
      while (this.told.size > 0) {
        await this.pause(this.times.gatherMs);
        // Before anything is waited for: what is heard of meanwhile is looked at in the next round.
        const told = [...this.told];
        this.told.clear();
        for (const name of told.includes('') ? await this.parts.all() : told) {
          await this.tend(name);
        }
      }
    } catch (error) {
      this.warn(error);
    } finally {
      this.isWorking = false;
    }
  }

  private async tend(name: string): Promise<void> {
    if (this.ended.signal.aborted) {
      return;
    }
    try {
      const needs = await this.parts.needsMending(name);
      if (needs === 'later') {
        void this.again(name, this.times.againMs);
        return;
      }
      if (needs) {
        await this.parts.mend(name);
      }
      this.failures.delete(name);
    } catch (error) {
      this.warn(error);
      const failures = this.failures.get(name) ?? 0;
      this.failures.set(name, failures + 1);
      void this.again(name, Math.min(this.times.againMs * 2 ** failures, this.times.longestMs));
    }
  }

  private async again(name: string, milliseconds: number): Promise<void> {
    if (this.later.has(name)) {
      return;
    }
    this.later.add(name);
    await this.pause(milliseconds).catch(() => undefined);
    this.later.delete(name);
    if (!this.ended.signal.aborted) {
      this.tell(name);
    }
  }

  private pause(milliseconds: number): Promise<void> {
    return sleep(milliseconds, undefined, { signal: this.ended.signal, ref: false });
  }

  private warn(error: unknown): void {
    if (!this.ended.signal.aborted) {
      this.parts.log.warn(`could not put back what is missing: ${messageOf(error)}`);
    }
  }
}
