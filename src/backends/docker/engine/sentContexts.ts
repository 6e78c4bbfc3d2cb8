import { setTimeout as sleep } from 'node:timers/promises';
import type { EngineCalls } from './calls';
import type { Sent } from './tar';

/** Smaller ones are not worth the engine's look at its disk. */
const WORTH_BYTES = 8_000_000;
const LIMIT_MS = 15_000;
/** The engine lets go of a build that failed a moment after it. */
const TRIES = 10;
const LOOKS = 2;
const PAUSE_MS = 400;
/** Its clock may be another one. */
const SKEW_MS = 60_000;

interface CacheRecord {
  readonly ID: string;
  readonly Description: string;
  readonly Parent?: string;
  readonly InUse: boolean;
  readonly Shared: boolean;
  readonly Size: number;
  readonly CreatedAt: string;
}

/**
 * A context that is sent to a build. BuildKit keeps it as it was sent, and once more as it was unpacked, beside the image
 * that was made of it, and no build uses either again: a model would lie on the engine's disk three times.
 */
export class SentContext implements Sent {
  bytes = 0;
  content = 0;
  /** False: it failed or was given up, maybe before all was sent. */
  isMade = false;
  private readonly since = Date.now();

  constructor(private readonly calls: EngineCalls) {}

  /**
   * Takes away what is kept of it, and nothing else of the engine's cache. Never rejects. Only a build that failed waits
   * for it: a disk that is full should not be so any more when that is told.
   */
  async ended(signal: AbortSignal): Promise<void> {
    if (this.content < WORTH_BYTES) {
      return;
    }
    const forgotten = this.forget(AbortSignal.timeout(LIMIT_MS)).catch(() => {
      // The engine knows no such cache, or is away: what lies there is the worst of it.
    });
    await (this.isMade || signal.aborted ? undefined : forgotten);
  }

  private async forget(signal: AbortSignal): Promise<void> {
    for (let tries = 0; tries < TRIES; tries++) {
      // An engine whose disk has not a byte left cannot even look, until it has let go of what was being written.
      if (await this.forgetOnce(tries, signal).catch(() => false)) {
        return;
      }
      await sleep(PAUSE_MS, undefined, { signal });
    }
  }

  /** Whether nothing is left to be done. */
  private async forgetOnce(tries: number, signal: AbortSignal): Promise<boolean> {
    const { BuildCache } = await this.calls.get<{ readonly BuildCache?: readonly CacheRecord[] | null }>(
      '/system/df?',
      { type: 'build-cache' },
      signal,
    );
    const found = (BuildCache ?? []).filter((record) => this.isKept(record));
    const gone = await Promise.all(found.map(({ ID }) => this.remove(ID, signal)));
    return gone.every(Boolean) && (this.isMade ? gone.length > 0 : gone.length === 0 && tries >= LOOKS);
  }

  private async remove(id: string, signal: AbortSignal): Promise<boolean> {
    const options = { _query: { filters: JSON.stringify({ id: [id] }) }, _body: {} };
    const answer = await this.calls.dial<{ readonly CachesDeleted?: readonly string[] | null }>({
      path: '/build/prune?',
      method: 'POST',
      options,
      abortSignal: signal,
    });
    return (answer.CachesDeleted ?? []).includes(id);
  }

  /** What was sent is known by its length, which nothing else has to the byte. */
  private isKept({ Description, Parent, InUse, Shared, Size, CreatedAt }: CacheRecord): boolean {
    if (InUse || Shared || Date.parse(CreatedAt) < this.since - SKEW_MS) {
      return false;
    }
    if (Description.startsWith('http url http://build-context-')) {
      return this.isMade ? Size === this.bytes : Size <= this.bytes;
    }
    return (Parent ?? '') === '' && Description === 'fileop target' && Size === this.content;
  }
}
