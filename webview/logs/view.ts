import { LEVELS } from '../../src/protocol/logBatch';
import type { LogLevel } from '../../src/protocol/logPanel';
import { LEVEL, NEW_DAY, STARTS } from './chunk';
import type { Chunk } from './chunk';
import type { Filter } from './filter';
import type { Found } from './finder';
import { Histogram } from './histogram';
import { IdList } from './idList';
import { IN_RANGE, IN_SCOPE } from './judge';
import type { Piece } from './store';

/** What a row is: the last two bits of its id, the number of its line before them. */
export const DAY = 0;
export const RUN = 1;
export const LINE = 2;
export type RowKind = typeof DAY | typeof RUN | typeof LINE;

export function rowId(line: number, kind: RowKind): number {
  return line * 4 + kind;
}
export function lineOfRow(id: number): number {
  return Math.floor(id / 4);
}
export function kindOfRow(id: number): RowKind {
  const kind = id % 4;
  return kind === DAY || kind === RUN ? kind : LINE;
}

export type Counts = Readonly<Record<LogLevel, number>>;

/** Bits of a line that was taken, so that it can be taken away again. */
const COUNTED = 1;
const CHARTED = 2;

/** The rows that one filter shows, what matches, and how many lines there are of each level. */
export class View {
  readonly rows = new IdList();
  /** Rows that match what is searched for, and rows that are errors. */
  readonly matches = new IdList();
  readonly errors = new IdList();
  readonly histogram = new Histogram();
  /** Lines among the rows. */
  lines = 0;
  private readonly counted = [0, 0, 0, 0];
  private readonly taken = new Map<Chunk, Uint8Array>();
  private readonly off: readonly boolean[];

  /** @param cursor the first line that was not looked at yet */
  constructor(
    readonly filter: Filter,
    readonly isSearching: boolean,
    public cursor: number,
  ) {
    this.off = LEVELS.map((level) => filter.off.includes(level));
  }

  get counts(): Counts {
    const [DEBUG = 0, INFO = 0, WARN = 0, ERROR = 0] = this.counted;
    return { DEBUG, INFO, WARN, ERROR };
  }

  /** @param bits what the filter says of each line; `found`: which of them match */
  take({ chunk, from, to }: Piece, bits: Uint8Array, found: Found | undefined): void {
    const taken = this.taken.get(chunk) ?? new Uint8Array(chunk.room);
    this.taken.set(chunk, taken);
    const onlyFound = this.filter.onlyMatching && this.isSearching;
    for (let index = from; index < to; index++) {
      const said = bits[index - from] ?? 0;
      const flags = chunk.flags[index] ?? 0;
      const line = chunk.base + index;
      const level = flags & LEVEL;
      if ((flags & (NEW_DAY | STARTS)) !== 0) {
        this.divide(chunk, index, line, flags);
      }
      if ((said & IN_SCOPE) === 0) {
        continue;
      }
      const isFound = found?.[index - from] === 1;
      const isOn = this.off[level] !== true && (!onlyFound || isFound);
      let kept = 0;
      if (isOn) {
        this.histogram.add(chunk.times[index] ?? 0, level);
        kept = CHARTED;
      }
      if ((said & IN_RANGE) !== 0) {
        this.counted[level] = (this.counted[level] ?? 0) + 1;
        kept |= COUNTED;
        if (isOn) {
          this.show(line, level, isFound);
        }
      }
      taken[index] = kept;
    }
    this.cursor = chunk.base + to;
  }

  /** A chunk is gone; how many rows went with it. */
  drop(chunk: Chunk): number {
    const taken = this.taken.get(chunk);
    this.taken.delete(chunk);
    for (let index = 0; taken !== undefined && index < chunk.count; index++) {
      const level = (chunk.flags[index] ?? 0) & LEVEL;
      const kept = taken[index] ?? 0;
      if ((kept & COUNTED) !== 0) {
        this.counted[level] = (this.counted[level] ?? 0) - 1;
      }
      if ((kept & CHARTED) !== 0) {
        this.histogram.remove(chunk.times[index] ?? 0, level);
      }
    }
    const end = rowId(chunk.end, DAY);
    const gone = this.rows.below(end);
    for (let index = 0; index < gone; index++) {
      this.lines -= kindOfRow(this.rows.at(index) ?? 0) === LINE ? 1 : 0;
    }
    this.matches.dropBelow(end);
    this.errors.dropBelow(end);
    this.cursor = Math.max(this.cursor, chunk.end);
    return this.rows.dropBelow(end);
  }

  private show(line: number, level: number, isFound: boolean): void {
    const id = rowId(line, LINE);
    this.rows.push(id);
    this.lines += 1;
    if (isFound) {
      this.matches.push(id);
    }
    if (LEVELS[level] === 'ERROR') {
      this.errors.push(id);
    }
  }

  /** Days and runs divide the lines, unless the list is narrowed so far that they divide nothing. */
  private divide(chunk: Chunk, index: number, line: number, flags: number): void {
    const { request, rules, onlyMatching, clearedAt = -Infinity, from = -Infinity, to = Infinity } = this.filter;
    const time = chunk.times[index] ?? 0;
    const isNarrow = request !== undefined || rules !== undefined || (onlyMatching && this.isSearching);
    if (isNarrow || time <= clearedAt || time < from || time > to) {
      return;
    }
    if ((flags & NEW_DAY) !== 0) {
      this.rows.push(rowId(line, DAY));
    }
    if ((flags & STARTS) !== 0 && this.isOfReplica(chunk.replicas[index] ?? 0)) {
      this.rows.push(rowId(line, RUN));
    }
  }

  /** A run of all replicas is one of each of them. */
  private isOfReplica(replica: number): boolean {
    const wanted = this.filter.replica;
    return wanted === undefined || replica === 0 || (wanted !== 'none' && replica === wanted + 1);
  }
}
