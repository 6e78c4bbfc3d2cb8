import type { ContainerLogLine } from '../engine/port';

/** An engine takes the time of both streams by itself and may write them down a little out of order. */
const SLACK_MS = 1000;

/** Lines whose repetition is known; what an engine repeats when it begins another file of a log is far less. */
const KEPT = 8000;

interface Last {
  readonly time: string;
  /** Lines of exactly that time. */
  readonly count: number;
}

/**
 * How far the output of one container has been read, so that a reading that begins again gives what is new: no line
 * twice, none left out.
 */
export class Seen {
  private readonly last = new Map<ContainerLogLine['stream'], Last>();
  /** The last lines, oldest first. */
  private readonly recent = new Set<string>();

  /** From when on to ask again; undefined when nothing was read. */
  since(): Date | undefined {
    const times = [...this.last.values()].map(({ time }) => Date.parse(time)).filter((time) => !Number.isNaN(time));
    return times.length === 0 ? undefined : new Date(Math.max(...times) - SLACK_MS);
  }

  /** Only the lines that were not read before. */
  async *unread(lines: AsyncIterable<ContainerLogLine>): AsyncGenerator<ContainerLogLine> {
    const before = new Map(this.last);
    const repeated = new Map<ContainerLogLine['stream'], number>();
    for await (const line of lines) {
      const known = before.get(line.stream);
      const order = known === undefined ? 1 : compareTimes(line.time, known.time);
      const count = order === 0 ? (repeated.get(line.stream) ?? 0) + 1 : 0;
      repeated.set(line.stream, count);
      if (order < 0 || (known !== undefined && order === 0 && count <= known.count)) {
        continue;
      }
      if (order > 0) {
        // Past what was read: a clock that is set back later is no repetition.
        before.delete(line.stream);
      }
      if (this.isRepeated(line)) {
        continue;
      }
      yield line;
    }
  }

  /** From now on, this line counts as read; called in the order of the lines. */
  mark(line: ContainerLogLine): void {
    const { stream, time } = line;
    const last = this.last.get(stream);
    this.last.set(stream, { time, count: last?.time === time ? last.count + 1 : 1 });
    this.recent.add(keyOf(line));
    if (this.recent.size > KEPT) {
      this.recent.delete(this.recent.values().next().value ?? '');
    }
  }

  /** An engine that is followed gives lines again when it begins another file in the middle of them. */
  private isRepeated(line: ContainerLogLine): boolean {
    const last = this.last.get(line.stream);
    // Podman tells whole seconds: two equal lines in one are no repetition.
    return (
      line.time.includes('.') &&
      last !== undefined &&
      compareTimes(line.time, last.time) <= 0 &&
      this.recent.has(keyOf(line))
    );
  }
}

function keyOf({ stream, time, text }: ContainerLogLine): string {
  return `${stream} ${time} ${String(text.length)} ${text.slice(-80)}`;
}

/** Two times of an engine, to the nanosecond: below 0 when the first is the earlier one. It leaves out zeros at the end. */
export function compareTimes(a: string, b: string): number {
  const [x, y] = [padded(a), padded(b)];
  return x < y ? -1 : x > y ? 1 : 0;
}

function padded(time: string): string {
  const [, seconds = time, fraction = ''] = /^([^.Z]*)(?:\.(\d+))?Z?$/.exec(time) ?? [];
  return `${seconds}.${fraction.padEnd(9, '0')}`;
}
