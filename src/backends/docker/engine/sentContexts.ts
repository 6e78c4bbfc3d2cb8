import { setTimeout as sleep } from 'node:timers/promises';
import type { EngineCalls } from './calls';
import type { Sent } from './tar';

/** Smaller ones are not worth the engine's look at its disk. */
const WORTH_BYTES = 8_000_000;
const LIMIT_MS = 15_000;
/** The engine lets go of a build that was given up a moment after it. */
const TRIES = 4;
const PAUSE_MS = 400;
/** Its clock may be another one. */
const SKEW_MS = 60_000;

/** A build whose context was sent to the engine, and what became of it. */
export interface SentContext extends Sent {
  readonly since: Date;
  /** False: it failed or was given up, maybe before all was sent. */
  readonly isMade: boolean;
}

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
 * BuildKit keeps a context as it was sent, and once more as it was unpacked, beside the image that was made of it, and no
 * build uses either again: a model would lie on the engine's disk three times. Takes both away, and nothing else of the
 * engine's cache. Never rejects.
 */
export async function forgetSent(calls: EngineCalls, sent: SentContext): Promise<void> {
  if (sent.content < WORTH_BYTES) {
    return;
  }
  const signal = AbortSignal.timeout(LIMIT_MS);
  try {
    for (let tries = 0; tries < TRIES; tries++) {
      const { BuildCache } = await calls.get<{ readonly BuildCache?: readonly CacheRecord[] | null }>(
        '/system/df?',
        { type: 'build-cache' },
        signal,
      );
      const found = (BuildCache ?? []).filter((record) => isOf(record, sent));
      for (const { ID } of found) {
        const filters = JSON.stringify({ id: [ID] });
        const options = { _query: { filters }, _body: {} };
        await calls.dial({ path: '/build/prune?', method: 'POST', options, abortSignal: signal });
      }
      if (found.length > 0) {
        return;
      }
      await sleep(PAUSE_MS, undefined, { signal });
    }
  } catch {
    // It knows no such cache, or is away: what lies there is the worst of it.
  }
}

/** What was sent is known by its length, which nothing else has to the byte. */
function isOf({ Description, Parent, InUse, Shared, Size, CreatedAt }: CacheRecord, sent: SentContext): boolean {
  if (InUse || Shared || Date.parse(CreatedAt) < sent.since.getTime() - SKEW_MS) {
    return false;
  }
  if (Description.startsWith('http url http://build-context-')) {
    return sent.isMade ? Size === sent.bytes : Size <= sent.bytes;
  }
  return (Parent ?? '') === '' && Description === 'fileop target' && Size === sent.content;
}
