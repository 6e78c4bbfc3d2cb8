import type { LogLine } from '../../../core/backend';
import type { ContainerLogLine } from '../engine/port';
import { toLine, type LineSource } from './containerLine';
import type { Steady } from './order';
import type { Seen } from './seen';

/** What is known of one container's output. */
export interface Output {
  readonly seen: Seen;
  readonly steady: Steady;
  /** It is followed. */
  active: boolean;
  /** It does not run, and all of it was read. */
  whole: boolean;
}

export interface Item {
  readonly time: number;
  readonly line: LogLine;
  /** From now on it counts as read. */
  mark(): void;
}

/** The lines of one container that were not read yet. */
export async function* items(
  raws: AsyncIterable<ContainerLogLine>,
  output: Output,
  source: LineSource,
): AsyncGenerator<Item> {
  const { seen, steady } = output;
  for await (const raw of seen.unread(raws)) {
    const line = toLine(raw, source);
    if (line === undefined) {
      seen.mark(raw);
    } else {
      const steadied = steady.next(line);
      yield {
        time: steadied.time,
        line: steadied,
        mark: () => {
          seen.mark(raw);
        },
      };
    }
  }
}

/** What comes out here is read: what was only looked at when a reading fails will come again. */
export async function* marked(source: AsyncIterable<Item>): AsyncGenerator<Item> {
  for await (const item of source) {
    item.mark();
    yield item;
  }
}
