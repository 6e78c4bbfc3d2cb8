import { setTimeout as sleep } from 'node:timers/promises';
import type { Disposable } from '../../core/disposables';
import { messageOf } from '../../core/errors';
import { Emitter } from '../../core/events';
import { t } from '../../core/l10n';
import type { Logger } from '../../core/log';
import type { ServingRef } from '../../core/serving';
import type { Engine, EngineEvent, LabelFilter, Labels } from './engine/port';

/** What an engine tells of a look at a file, of a shell or of a health check changes nothing. */
const CHANGES = new Set([
  'create',
  'start',
  'restart',
  'stop',
  'kill',
  'die',
  'oom',
  'destroy',
  'pause',
  'unpause',
  'rename',
  'update',
]);

export interface WatchTimes {
  /** What comes within it is told once. */
  readonly gatherMs: number;
  readonly slowLookMs: number;
  /** The first pause before an engine that is away is tried again, and the longest. */
  readonly pauseMs: number;
  readonly longestPauseMs: number;
  /** An event may have come just before the stream was open: then it is looked once more. */
  readonly settleMs: number;
}

const TIMES: WatchTimes = {
  gatherMs: 50,
  slowLookMs: 60_000,
  pauseMs: 500,
  longestPauseMs: 15_000,
  settleMs: 1000,
};

export interface WatchParts {
  readonly engine: Pick<Engine, 'info' | 'events'>;
  /** Of all containers of the workspace folder. */
  readonly labels: LabelFilter;
  /** Undefined: it belongs to no serving. */
  refOf(labels: Labels): ServingRef | undefined;
  /** Each event of them, before what it changes is told. */
  onEvent?(event: EngineEvent): void;
  readonly log: Logger;
  readonly times?: Partial<WatchTimes>;
}

/**
 * Hears from the engine what becomes of our containers. While nothing happens it has one stream of events open and asks
 * for nothing; once in a while it says that anything may have changed. When the engine goes it tries again, ever more
 * rarely, and says that anything may have changed when it is back.
 */
export class EngineWatch implements Disposable {
  private readonly changed = new Emitter<ServingRef | undefined>();
  /** Undefined: anything may have changed. */
  readonly onDidChange = this.changed.event;
  private readonly availabilityChanged = new Emitter<boolean>();
  /** Whether the engine answers; fires only when that changes. */
  readonly onDidChangeAvailability = this.availabilityChanged.event;
  private readonly ended = new AbortController();
  private readonly times: WatchTimes;
  private readonly gathered = new Map<string, ServingRef | undefined>();
  private gathering: NodeJS.Timeout | undefined;
  private readonly slow: NodeJS.Timeout;
  private available: boolean | undefined;
  private retry = new AbortController();
  private count = 0;

  constructor(private readonly parts: WatchParts) {
    this.times = { ...TIMES, ...parts.times };
    this.slow = setInterval(() => {
      this.tell(undefined);
    }, this.times.slowLookMs);
    this.slow.unref();
    void this.run();
  }

  /** Undefined while it is not known yet. */
  get isAvailable(): boolean | undefined {
    return this.available;
  }

  /** It goes up with each change that was heard of; undefined while the engine is not heard. */
  get generation(): number | undefined {
    return this.available === true ? this.count : undefined;
  }

  /** Tries an engine that is away again at once; or says that we changed something ourselves. */
  poke(ref?: ServingRef): void {
    if (this.available === true) {
      this.tell(ref);
    } else {
      this.retry.abort();
    }
  }

  dispose(): void {
    this.ended.abort();
    clearInterval(this.slow);
    clearTimeout(this.gathering);
    this.changed.dispose();
    this.availabilityChanged.dispose();
  }

  private async run(): Promise<void> {
    const { signal } = this.ended;
    let pause = this.times.pauseMs;
    while (!this.isEnded()) {
      const heardFrom = performance.now();
      let reason = t('the stream of its events ended');
      try {
        await this.listen();
      } catch (error) {
        reason = messageOf(error);
      }
      if (this.isEnded()) {
        return;
      }
      if (performance.now() - heardFrom > this.times.longestPauseMs) {
        pause = this.times.pauseMs;
      }
      this.setAvailable(false, reason);
      this.retry = new AbortController();
      await sleep(pause, undefined, { signal: AbortSignal.any([signal, this.retry.signal]), ref: false }).catch(
        () => undefined,
      );
      pause = this.retry.signal.aborted ? this.times.pauseMs : Math.min(pause * 2, this.times.longestPauseMs);
    }
  }

  private isEnded(): boolean {
    return this.ended.signal.aborted;
  }

  /** Until the engine goes. */
  private async listen(): Promise<void> {
    const once = new AbortController();
    const signal = AbortSignal.any([this.ended.signal, once.signal]);
    let settling: NodeJS.Timeout | undefined;
    try {
      const hearing = this.hear(signal);
      // It rejects here when it does so before the engine has answered.
      await Promise.race([
        this.parts.engine.info(signal),
        hearing.then(() => Promise.reject(new Error(t('it ended')))),
      ]);
      this.setAvailable(true, '');
      settling = setTimeout(() => {
        this.tell(undefined);
      }, this.times.settleMs);
      settling.unref();
      await hearing;
    } finally {
      clearTimeout(settling);
      once.abort();
    }
  }

  private async hear(signal: AbortSignal): Promise<void> {
    for await (const event of this.parts.engine.events(this.parts.labels, signal)) {
      this.parts.onEvent?.(event);
      if (isChange(event)) {
        this.tell(this.parts.refOf(event.labels));
      }
    }
  }

  private setAvailable(available: boolean, reason: string): void {
    if (this.available === available) {
      return;
    }
    const { log } = this.parts;
    if (available) {
      log.info('The Docker engine answers');
    } else {
      log.warn(`The Docker engine does not answer: ${reason}`);
    }
    this.available = available;
    this.availabilityChanged.fire(available);
    this.tell(undefined);
  }

  private tell(ref: ServingRef | undefined): void {
    // At once: who reads after this reads what is new.
    this.count++;
    this.gathered.set(ref?.name ?? '', ref);
    this.gathering ??= setTimeout(() => {
      this.gathering = undefined;
      const refs = this.gathered.has('') ? [undefined] : [...this.gathered.values()];
      this.gathered.clear();
      refs.forEach((each) => {
        this.changed.fire(each);
      });
    }, this.times.gatherMs);
  }
}

function isChange({ action, labels }: EngineEvent): boolean {
  return CHANGES.has(action) && labels['model-serving.role'] !== 'once';
}
