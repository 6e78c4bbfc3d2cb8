import type { LogEntry, LogLevel } from '../../src/protocol/logPanel';
import { isCounted, isMatch, isShown, toPattern } from './filter';
import type { Filter } from './filter';
import type { Counts, Item } from './lines';
import { Lines } from './lines';

/** The lines that are held and those of them that are shown, kept in step as lines come and the filter changes. */
export class Shown {
  readonly lines = new Lines();
  private list: Item[] = [];
  private shownLines = 0;
  private counted: Record<LogLevel, number> = zero();
  private found: number[] = [];
  private readonly replicasSeen = new Set<number>();
  private othersSeen = false;
  private pattern: RegExp | undefined;
  private patternProblem: string | undefined;

  constructor(private filter: Filter) {
    this.readPattern();
  }

  /** How many of the items are lines. */
  get count(): number {
    return this.shownLines;
  }

  get items(): readonly Item[] {
    return this.list;
  }

  get counts(): Counts {
    return this.counted;
  }

  /** Places in `items` of the lines that match. */
  get matches(): readonly number[] {
    return this.found;
  }

  /** What is searched for; undefined when nothing is, or when it cannot be read. */
  get searched(): RegExp | undefined {
    return this.pattern;
  }

  get problem(): string | undefined {
    return this.patternProblem;
  }

  get replicas(): readonly number[] {
    return [...this.replicasSeen].sort((a, b) => a - b);
  }

  /** Whether there are lines that no replica has printed. */
  get hasOthers(): boolean {
    return this.othersSeen;
  }

  /** How many items were added at the end; undefined when the list is another one. */
  add(entries: readonly LogEntry[], now: number): number | undefined {
    for (const { replica } of entries) {
      if (replica === undefined) {
        this.othersSeen = true;
      } else {
        this.replicasSeen.add(replica);
      }
    }
    const added = this.lines.add(entries, now);
    if (added === undefined) {
      this.rebuild();
      return undefined;
    }
    const before = this.list.length;
    this.take(added);
    return this.list.length - before;
  }

  clear(): void {
    this.lines.clear();
    this.rebuild();
  }

  narrow(filter: Filter): void {
    this.filter = filter;
    this.readPattern();
    this.rebuild();
  }

  private readPattern(): void {
    const pattern = toPattern(this.filter);
    this.pattern = pattern instanceof RegExp ? pattern : undefined;
    this.patternProblem = pattern === undefined || pattern instanceof RegExp ? undefined : pattern.message;
  }

  private rebuild(): void {
    this.list = [];
    this.shownLines = 0;
    this.found = [];
    this.counted = zero();
    this.take(this.lines.items);
  }

  private take(items: readonly Item[]): void {
    for (const item of items) {
      if (item.kind === 'line' && isCounted(item, this.filter)) {
        this.counted[item.entry.level] += 1;
      }
      if (isShown(item, this.filter, this.pattern)) {
        if (this.pattern !== undefined && isMatch(item, this.pattern)) {
          this.found.push(this.list.length);
        }
        this.list.push(item);
        this.shownLines += item.kind === 'line' ? 1 : 0;
      }
    }
  }
}

function zero(): Record<LogLevel, number> {
  return { DEBUG: 0, INFO: 0, WARN: 0, ERROR: 0 };
}
