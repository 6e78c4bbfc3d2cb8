import { setTimeout as sleep } from 'node:timers/promises';
import { ServingError } from '../../core/errors';

export interface Timing {
  /** Milliseconds between two looks at a serving that is on its way, or at its logs. */
  readonly pollMs: number;
  /** How long a server that does not answer is waited for while something is on its way. */
  readonly patienceMs: number;
  /** How long a start that was cancelled is tried to be stopped. */
  readonly cancelMs: number;
}

export const TIMING: Timing = { pollMs: 2000, patienceMs: 300_000, cancelMs: 30_000 };

/** Rejects with `cancelled` as soon as the signal says so. */
export async function pause(ms: number, what: string, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal });
  } catch {
    throw ServingError.cancelled(what);
  }
}
