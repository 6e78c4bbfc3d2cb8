import type { LogEntry, LogLevel } from '../../src/protocol/logPanel';
import { isSameDay } from '../common/numbers';

/** One row of the list: a line, or what divides lines. */
export type Item =
  | { readonly kind: 'line'; readonly id: number; readonly entry: LogEntry; readonly text: string }
  /** `replica`: only that one was started. */
  | { readonly kind: 'run'; readonly id: number; readonly at: number; readonly replica?: number }
  | { readonly kind: 'day'; readonly id: number; readonly at: number };

/** Lines that are kept; older ones are forgotten. */
const MOST = 100_000;
/** So many are forgotten at once, so that it is not done for each line. */
const STEP = 10_000;

export type Counts = Readonly<Record<LogLevel, number>>;

/** The lines that are held, in the order they came, with the dividers between them. */
export class Lines {
  private kept: Item[] = [];
  private lines = 0;
  private lastId = 0;
  private lastTime: number | undefined;
  private forgotten = false;

  get items(): readonly Item[] {
    return this.kept;
  }

  /** How many lines, dividers left out. */
  get count(): number {
    return this.lines;
  }

  /** Whether older lines have been forgotten. */
  get isCut(): boolean {
    return this.forgotten;
  }

  /** Time of the oldest line, milliseconds since 1970. */
  get oldest(): number | undefined {
    const first = this.kept.find((item) => item.kind === 'line');
    return first?.kind === 'line' ? first.entry.time : undefined;
  }

  clear(): void {
    this.kept = [];
    this.lines = 0;
    this.lastTime = undefined;
    this.forgotten = false;
  }

  /** The items that were added, or undefined when older ones had to go and everything is to be looked at again. */
  add(entries: readonly LogEntry[], now: number): readonly Item[] | undefined {
    const added: Item[] = [];
    for (const entry of entries) {
      if (this.lastTime === undefined ? !isSameDay(entry.time, now) : !isSameDay(entry.time, this.lastTime)) {
        added.push({ kind: 'day', id: ++this.lastId, at: entry.time });
      }
      if (entry.starts) {
        const { replica } = entry;
        added.push({ kind: 'run', id: ++this.lastId, at: entry.time, ...(replica === undefined ? {} : { replica }) });
      }
      added.push({ kind: 'line', id: ++this.lastId, entry, text: searched(entry) });
      this.lastTime = entry.time;
    }
    this.lines += entries.length;
    for (const item of added) {
      this.kept.push(item);
    }
    if (this.lines <= MOST) {
      return added;
    }
    this.forget();
    return undefined;
  }

  private forget(): void {
    let from = 0;
    while (this.lines > MOST - STEP) {
      if (this.kept[from]?.kind === 'line') {
        this.lines -= 1;
      }
      from += 1;
    }
    this.kept = this.kept.slice(from);
    this.forgotten = true;
  }
}

/** What a search looks at. */
function searched(entry: LogEntry): string {
  const { trace, request, message } = entry;
  return [request, message, trace && `${trace.type}: ${trace.text}`].filter((part) => part !== undefined).join('\n');
}
