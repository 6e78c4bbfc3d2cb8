import { setTimeout as sleep } from 'node:timers/promises';
import type { LogLine, LogOptions } from '../core/backend';
import { isCancelled, messageOf } from '../core/errors';
import type { Event } from '../core/events';
import type { ServingRef } from '../core/serving';
import { refKey } from '../core/serving';

/** Milliseconds that the others wait for a log that says nothing, so that lines come in the order of time. */
const PATIENCE = 200;
/** Lines of one log that wait at the most. */
const MOST_WAITING = 2000;
const LEAST_TAIL = 10_000;

export interface AllLogsParts {
  /** The servings whose logs can be read. */
  servings(): readonly ServingRef[];
  /** Servings may have come. */
  readonly onDidChange: Event<unknown>;
  read(ref: ServingRef, options: LogOptions, signal: AbortSignal): AsyncIterable<LogLine>;
}

export interface ServingLine {
  readonly ref: ServingRef;
  readonly line: LogLine;
}

interface Source {
  readonly ref: ServingRef;
  readonly waiting: LogLine[];
  /** Since when it has said nothing. */
  silentSince: number;
  ended: boolean;
}

/**
 * The logs of all servings as one, in the order of time, also of those that come later. One that cannot be read says so
 * as a line, and the others go on. Ends with the signal only.
 */
export async function* readAllLogs(
  parts: AllLogsParts,
  tail: number,
  signal: AbortSignal,
): AsyncGenerator<ServingLine> {
  const sources = new Map<string, Source>();
  let wake: (() => void) | undefined;
  const news = (): void => {
    wake?.();
  };
  const ended = new AbortController();
  const both = AbortSignal.any([signal, ended.signal]);
  const begin = (): void => {
    const refs = parts.servings().filter((ref) => !sources.has(refKey(ref)));
    const each = Math.max(LEAST_TAIL, Math.floor(tail / Math.max(1, sources.size + refs.length)));
    for (const ref of refs) {
      const source: Source = { ref, waiting: [], silentSince: Date.now(), ended: false };
      sources.set(refKey(ref), source);
      void readInto(source, parts.read(ref, { tail: each, follow: true }, both), both, news);
    }
  };
  const subscription = parts.onDidChange(() => {
    begin();
  });
  signal.addEventListener('abort', news);
  try {
    begin();
    while (!signal.aborted) {
      const first = earliest([...sources.values()], Date.now());
      if (first !== undefined) {
        const line = first.waiting.shift();
        if (line !== undefined) {
          yield { ref: first.ref, line };
        }
        continue;
      }
      await new Promise<void>((resolve) => {
        wake = resolve;
        // Somebody may be waited for, who has to be waited for no longer then.
        setTimeout(resolve, PATIENCE / 2);
      });
    }
  } finally {
    ended.abort();
    subscription.dispose();
    signal.removeEventListener('abort', news);
  }
}

/** The source whose next line is the earliest; undefined while one that has just spoken may still have an earlier one. */
function earliest(sources: readonly Source[], now: number): Source | undefined {
  let first: Source | undefined;
  for (const source of sources) {
    const [line] = source.waiting;
    if (line === undefined) {
      if (!source.ended && now - source.silentSince < PATIENCE) {
        return undefined;
      }
    } else if (first?.waiting[0] === undefined || line.time < first.waiting[0].time) {
      first = source;
    }
  }
  return first;
}

/** A signal's state changes while others work. */
function isOver(signal: AbortSignal): boolean {
  return signal.aborted;
}

async function readInto(
  source: Source,
  lines: AsyncIterable<LogLine>,
  signal: AbortSignal,
  news: () => void,
): Promise<void> {
  try {
    for await (const line of lines) {
      if (signal.aborted) {
        return;
      }
      source.waiting.push(line);
      source.silentSince = Date.now();
      news();
      while (source.waiting.length >= MOST_WAITING && !isOver(signal)) {
        await sleep(5);
      }
    }
  } catch (error) {
    if (!signal.aborted && !isCancelled(error)) {
      source.waiting.push({
        time: Date.now(),
        level: 'ERROR',
        logger: 'panel',
        message: messageOf(error),
        fields: {},
      });
    }
  } finally {
    source.ended = true;
    news();
  }
}
