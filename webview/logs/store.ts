import { LEVELS } from '../../src/protocol/logBatch';
import type { LineDetails, LogBatch } from '../../src/protocol/logBatch';
import type { LogEntry } from '../../src/protocol/logPanel';
import { Chunk, LEVEL, STARTS } from './chunk';

/** Lines and bytes that are held; the oldest chunks go when there are more. */
export interface Limits {
  readonly lines: number;
  readonly bytes: number;
  /** Lines of a chunk. */
  readonly chunk: number;
}

export const LIMITS: Limits = { lines: 1_000_000, bytes: 512 * 1024 * 1024, chunk: 8192 };
/** A chunk that has so many characters takes no more lines. */
const LONG = 2_000_000;

/** Lines of one chunk: from, to (not included), by their places in it. */
export interface Piece {
  readonly chunk: Chunk;
  readonly from: number;
  readonly to: number;
}

/** The lines that are held. Each has a number that it keeps, counted since the page was opened. */
export class Store {
  private chunks: Chunk[] = [];
  private readonly names: string[] = [];
  private readonly places = new Map<string, number>();
  private lastTime: number | undefined;
  private lines = 0;
  private forgotten = false;
  readonly replicas = new Set<number>();
  /** Whether there are lines that no replica has printed. */
  hasOthers = false;

  constructor(private readonly limits: Limits = LIMITS) {}

  get count(): number {
    return this.lines;
  }

  /** Whether older lines have been forgotten. */
  get isCut(): boolean {
    return this.forgotten;
  }

  get bytes(): number {
    return this.chunks.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Number of the oldest line, and the number after that of the newest. */
  get first(): number {
    return this.chunks[0]?.base ?? this.end;
  }

  get end(): number {
    return this.chunks.at(-1)?.end ?? this.nextBase;
  }

  private nextBase = 0;

  /** Milliseconds since 1970; undefined when nothing is held. */
  get oldest(): number | undefined {
    return this.chunks[0]?.times[0];
  }

  get newest(): number | undefined {
    return this.lastTime;
  }

  clear(): void {
    this.nextBase = this.end;
    this.chunks = [];
    this.lines = 0;
    this.lastTime = undefined;
    this.forgotten = false;
    this.replicas.clear();
    this.hasOthers = false;
  }

  /** Chunks that had to go. @param now what lines of today are told from others by */
  append(batch: LogBatch, now: number): readonly Chunk[] {
    const map = batch.names.map((name) => this.place(name));
    const all = batch.times.length;
    for (let from = 0; from < all;) {
      const chunk = this.open();
      const to = Math.min(all, from + chunk.room - chunk.count);
      chunk.append(batch, from, to, map, this.lastTime ?? now);
      this.lastTime = batch.times[to - 1];
      this.lines += to - from;
      from = to;
    }
    for (const replica of batch.replicas) {
      if (replica === 0) {
        this.hasOthers = true;
      } else {
        this.replicas.add(replica - 1);
      }
    }
    return this.drop();
  }

  name(place: number): string {
    return this.names[place] ?? '';
  }

  /** Place of a name, where there is a line with it. */
  placeOf(name: string): number | undefined {
    return this.places.get(name);
  }

  /** What is to be looked at from a line on; undefined at the end. */
  pieceFrom(line: number): Piece | undefined {
    const chunk = this.chunkAt(Math.max(line, this.first));
    return chunk && { chunk, from: Math.max(line, chunk.base) - chunk.base, to: chunk.count };
  }

  time(line: number): number | undefined {
    const chunk = this.chunkAt(line);
    return chunk?.times[line - chunk.base];
  }

  /** The first line that is not earlier than a time, were all in order. */
  lineAt(time: number): number | undefined {
    for (const chunk of this.chunks) {
      if ((chunk.times[chunk.count - 1] ?? 0) >= time) {
        const index = chunk.times.subarray(0, chunk.count).findIndex((each) => each >= time);
        if (index >= 0) {
          return chunk.base + index;
        }
      }
    }
    return undefined;
  }

  entry(line: number): LogEntry | undefined {
    const chunk = this.chunkAt(line);
    if (chunk === undefined) {
      return undefined;
    }
    const index = line - chunk.base;
    const flags = chunk.flags[index] ?? 0;
    const request = chunk.request(index);
    const replica = chunk.replicas[index] ?? 0;
    const serving = this.name(chunk.servings[index] ?? 0);
    const text = chunk.detailsOf(index);
    const { f: fields = {}, t: trace, s: styles } = text === '' ? {} : (JSON.parse(text) as LineDetails);
    return {
      time: chunk.times[index] ?? 0,
      level: LEVELS[flags & LEVEL] ?? 'INFO',
      logger: this.name(chunk.loggers[index] ?? 0),
      message: chunk.message(index),
      fields,
      starts: (flags & STARTS) !== 0,
      ...(request === undefined ? {} : { request }),
      ...(replica === 0 ? {} : { replica: replica - 1 }),
      ...(serving === '' ? {} : { serving }),
      ...(trace === undefined ? {} : { trace }),
      ...(styles === undefined ? {} : { styles }),
    };
  }

  private chunkAt(line: number): Chunk | undefined {
    let from = 0;
    let to = this.chunks.length;
    while (from < to) {
      const middle = (from + to) >>> 1;
      if ((this.chunks[middle]?.end ?? 0) <= line) {
        from = middle + 1;
      } else {
        to = middle;
      }
    }
    const found = this.chunks[from];
    return found !== undefined && found.base <= line ? found : undefined;
  }

  private open(): Chunk {
    const last = this.chunks.at(-1);
    if (last !== undefined && last.count < last.room && last.text.length < LONG) {
      return last;
    }
    const next = new Chunk(this.end, this.limits.chunk);
    this.chunks.push(next);
    return next;
  }

  private drop(): readonly Chunk[] {
    const dropped: Chunk[] = [];
    let { bytes } = this;
    for (let first = this.chunks[0]; first !== undefined && this.chunks.length > 1; first = this.chunks[0]) {
      if (this.lines - first.count < this.limits.lines && bytes <= this.limits.bytes) {
        break;
      }
      dropped.push(first);
      this.chunks.shift();
      this.lines -= first.count;
      bytes -= first.bytes;
      this.forgotten = true;
    }
    return dropped;
  }

  private place(name: string): number {
    const known = this.places.get(name) ?? this.names.length;
    if (known === this.names.length) {
      // Names of loggers are few; what comes above is taken for the last one, so that its number fits.
      if (known >= 65_535) {
        return known - 1;
      }
      this.names.push(name);
      this.places.set(name, known);
    }
    return known;
  }
}
