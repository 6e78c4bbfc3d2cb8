import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LogLevel } from '../../../core/backend';
import type { Disposable } from '../../../core/disposables';
import { isCancelled, messageOf } from '../../../core/errors';
import { Emitter } from '../../../core/events';
import { t } from '../../../core/l10n';
import type { Logger } from '../../../core/log';
import type { ServingRef } from '../../../core/serving';
import { isHeldHere, withLock } from '../../../environments/lock';
import { Decisions } from './decisions';
import { decide, keptSeconds, THRESHOLDS, type LoadSample } from './rule';

const SAMPLE_MS = 1000;
/** While no serving scales, it is looked for one this often; nothing is asked of the engine for it. */
const LOOK_MS = 5000;
/** A window that has not said for this long that it scales is taken to be gone. */
const SILENT_MS = 20_000;
const LOCK_POLL_MS = 3000;
/** After a change that failed. */
const FAILED_MS = 30_000;

/** A serving as the scaler needs it. */
export interface ScalableServing {
  readonly ref: ServingRef;
  /** How many replicas there are to be now. */
  readonly replicas: number;
  readonly min: number;
  readonly max: number;
  /** The start or replacement that its replicas come from: after another one, what was seen before says nothing. */
  readonly run: string;
  /** Replicas are being replaced, started or stopped. */
  readonly isChanging: boolean;
}

export interface ScalerParts {
  /** The folder of the lock, shared by all windows of a workspace folder. */
  readonly directory: string;
  /** Where the last decisions about a serving are kept. */
  decisionsOf(ref: ServingRef): string;
  /** Tells it in the serving's own log. */
  note(ref: ServingRef, message: string, level: LogLevel): void;
  /** Running servings with `max` above `min`. Asked each second: from what is known, not from the engine. */
  servings(signal: AbortSignal): Promise<readonly ScalableServing[]>;
  /** Asks the gateway of a serving. */
  load(ref: ServingRef, signal: AbortSignal): Promise<Omit<LoadSample, 'at'>>;
  /** Resolves when there are so many replicas. */
  scale(ref: ServingRef, replicas: number, signal: AbortSignal): Promise<void>;
  readonly log: Logger;
  /** Milliseconds; for tests. */
  readonly clock?: () => number;
  readonly sampleMs?: number;
  readonly lockPollMs?: number;
}

interface Watched {
  readonly run: string;
  samples: LoadSample[];
  changedAt: number | undefined;
  replicas: number;
  isScaling: boolean;
  notBefore: number;
  isAsking: boolean;
}

/** The file that the window holds which decides. */
export function scalerLock(directory: string): string {
  return join(directory, 'scaler.lock');
}

/**
 * Lets the number of replicas follow the load, in one window of a workspace folder at a time: another one takes over
 * when that window is gone. While none is open, the numbers stay as they are.
 */
export class Scaler implements Disposable {
  private readonly decided = new Emitter<ServingRef>();
  readonly onDidDecide = this.decided.event;
  private readonly ended = new AbortController();
  private readonly watched = new Map<string, Watched>();
  private readonly clock: () => number;
  private readonly lock: string;
  /** For tests and for whoever takes the folder away: resolves when nothing is written any more. */
  readonly done: Promise<void>;

  constructor(private readonly parts: ScalerParts) {
    this.clock = parts.clock ?? (() => performance.now());
    this.lock = scalerLock(parts.directory);
    this.done = this.run();
  }

  dispose(): void {
    this.ended.abort();
    this.decided.dispose();
  }

  private async run(): Promise<void> {
    const { signal } = this.ended;
    while (!signal.aborted) {
      try {
        await withLock(
          this.lock,
          {
            what: t('Scaling'),
            signal,
            silentAfter: SILENT_MS,
            pollMs: this.parts.lockPollMs ?? LOCK_POLL_MS,
          },
          () => this.whileHeld(),
        );
      } catch (error) {
        if (!isCancelled(error)) {
          this.parts.log.warn(`Could not scale by load: ${messageOf(error)}`);
          await this.pause(FAILED_MS);
        }
      }
      // What was seen is of no use to the next turn.
      this.watched.clear();
    }
  }

  private async whileHeld(): Promise<void> {
    const { signal } = this.ended;
    let lockSeenAt = Number.NEGATIVE_INFINITY;
    const running = new Set<Promise<void>>();
    while (!signal.aborted) {
      if (this.clock() - lockSeenAt > LOOK_MS) {
        if (!(await isHeldHere(this.lock))) {
          break;
        }
        lockSeenAt = this.clock();
      }
      const servings = await this.parts.servings(signal).catch(() => []);
      this.forgetOthers(servings);
      for (const serving of servings) {
        const looking = this.look(serving).finally(() => running.delete(looking));
        running.add(looking);
      }
      await this.pause(servings.length === 0 ? LOOK_MS : (this.parts.sampleMs ?? SAMPLE_MS));
    }
    // The lock stays until what was begun under it has ended.
    await Promise.all(running);
  }

  /** Never rejects. */
  private async look(serving: ScalableServing): Promise<void> {
    const { ref } = serving;
    const watched = this.watchedOf(serving);
    if (watched.isAsking || watched.isScaling) {
      return;
    }
    watched.isAsking = true;
    try {
      const load = await this.parts.load(ref, this.ended.signal);
      const now = this.clock();
      const from = now - keptSeconds(THRESHOLDS) * 1000;
      watched.samples = [...watched.samples.filter(({ at }) => at >= from), { ...load, at: now }];
    } catch {
      // A gateway that does not answer is no load; the gap is seen by the rule.
      return;
    } finally {
      watched.isAsking = false;
    }
    await this.follow(serving, watched);
  }

  private async follow(serving: ScalableServing, watched: Watched): Promise<void> {
    const { ref } = serving;
    const { log } = this.parts;
    const now = this.clock();
    const decision = decide({
      ...serving,
      samples: watched.samples,
      now,
      isChanging: serving.isChanging || now < watched.notBefore,
      ...(watched.changedAt === undefined ? {} : { changedAt: watched.changedAt }),
    });
    if (decision === undefined || this.ended.signal.aborted || watched.isScaling) {
      return;
    }
    watched.isScaling = true;
    try {
      if (!(await isHeldHere(this.lock))) {
        return;
      }
      log.info(`${ref.name}: scaled by load, ${decision.reason}`);
      this.parts.note(ref, `Scaled by load, ${decision.reason}`, 'INFO');
      await this.decisions(ref).add({ ...decision, at: new Date() });
      this.decided.fire(ref);
      await this.parts.scale(ref, decision.to, this.ended.signal);
    } catch (error) {
      watched.notBefore = this.clock() + FAILED_MS;
      if (!isCancelled(error)) {
        const failure = `ould not scale from ${decision.from} to ${decision.to}: ${messageOf(error)}`;
        log.warn(`${ref.name}: c${failure}`);
        this.parts.note(ref, `C${failure}`, 'WARN');
      }
    } finally {
      watched.changedAt = this.clock();
      watched.samples = [];
      watched.isScaling = false;
    }
  }

  private watchedOf({ ref, run, replicas }: ScalableServing): Watched {
    let watched = this.watched.get(ref.name);
    // Begun in the middle of a change of somebody else, or restarted.
    if (watched?.run !== run) {
      watched = {
        run,
        samples: [],
        changedAt: undefined,
        replicas,
        isScaling: false,
        notBefore: 0,
        isAsking: false,
      };
      this.watched.set(ref.name, watched);
    } else if (watched.replicas !== replicas && !watched.isScaling) {
      watched.changedAt = this.clock();
      watched.samples = [];
    }
    watched.replicas = replicas;
    return watched;
  }

  private forgetOthers(servings: readonly ScalableServing[]): void {
    for (const [name, { isScaling }] of this.watched) {
      if (!isScaling && !servings.some(({ ref }) => ref.name === name)) {
        this.watched.delete(name);
      }
    }
  }

  private decisions(ref: ServingRef): Decisions {
    return new Decisions(this.parts.decisionsOf(ref));
  }

  private async pause(milliseconds: number): Promise<void> {
    await sleep(milliseconds, undefined, { signal: this.ended.signal, ref: false }).catch(() => undefined);
  }
}
