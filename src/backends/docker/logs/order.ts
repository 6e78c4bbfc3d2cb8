import type { LogLine } from '../../../core/backend';

/** A line that is earlier than the one before it by more than this was printed after the clock was set back. */
const CLOCK_STEP_MS = 1000;

/** Holds the lines of one container in the order in which they were printed: none is earlier than the one before it. */
export class Steady {
  private latest = Number.NEGATIVE_INFINITY;

  next(line: LogLine): LogLine {
    if (line.time >= this.latest || this.latest - line.time > CLOCK_STEP_MS) {
      this.latest = line.time;
      return line;
    }
    return { ...line, time: this.latest };
  }
}

/** Puts sources that are each in order together, in the order of time; what is equal comes as the sources do. */
export async function* mergeInOrder<T extends { readonly time: number }>(
  sources: readonly AsyncIterable<T>[],
): AsyncGenerator<T> {
  const iterators = sources.map((source) => source[Symbol.asyncIterator]());
  try {
    const heads = await Promise.all(iterators.map((iterator) => iterator.next()));
    for (;;) {
      let first = -1;
      let earliest = Number.POSITIVE_INFINITY;
      heads.forEach((head, index) => {
        if (head.done !== true && head.value.time < earliest) {
          first = index;
          earliest = head.value.time;
        }
      });
      const iterator = iterators[first];
      const head = heads[first];
      if (iterator === undefined || head === undefined || head.done === true) {
        return;
      }
      yield head.value;
      heads[first] = await iterator.next();
    }
  } finally {
    // Not awaited: one of them may be waiting for an engine that says nothing more.
    for (const iterator of iterators) {
      void iterator.return?.(undefined).catch(() => undefined);
    }
  }
}

/** The last lines of a source, in their order. */
export async function lastOf<T>(source: AsyncIterable<T>, count: number): Promise<readonly T[]> {
  let kept: T[] = [];
  for await (const item of source) {
    kept.push(item);
    // Of very many, not as many again are held only to be dropped.
    if (kept.length > count + Math.max(1000, count / 8)) {
      kept = kept.slice(kept.length - count);
    }
  }
  return kept.slice(Math.max(0, kept.length - count));
}

interface Waiting {
  readonly line: LogLine;
  readonly arrivedAt: number;
  readonly number: number;
}

/** Holds lines back for a moment, so that what several sources print at once comes out in the order of time. */
export class Reorder {
  private waiting: Waiting[] = [];
  private arrived = 0;

  constructor(private readonly windowMs: number) {}

  add(line: LogLine, now: number): void {
    this.waiting.push({ line, arrivedAt: now, number: this.arrived++ });
  }

  get size(): number {
    return this.waiting.length;
  }

  /** When the next line will have waited for long enough; undefined when none waits. */
  dueAt(): number | undefined {
    const [first] = this.waiting;
    return first && first.arrivedAt + this.windowMs;
  }

  /** Lines that have waited for long enough, with all that are earlier; all when there is nothing to wait for. */
  take(now: number, all: boolean): readonly LogLine[] {
    const due = this.waiting.filter(({ arrivedAt }) => all || now - arrivedAt >= this.windowMs);
    if (due.length === 0) {
      return [];
    }
    const until = due.reduce((latest, { line }) => Math.max(latest, line.time), Number.NEGATIVE_INFINITY);
    const taken = this.waiting.filter(({ line }) => line.time <= until);
    this.waiting = this.waiting.filter(({ line }) => line.time > until);
    return taken.sort((a, b) => a.line.time - b.line.time || a.number - b.number).map(({ line }) => line);
  }
}
