import { LEVEL_LETTERS } from '../../src/protocol/logBatch';
import type { LogBatch } from '../../src/protocol/logBatch';

/** Bits of a line: its level in the first two. */
export const LEVEL = 3;
export const STARTS = 4;
export const NEW_DAY = 8;

/** Where the names of a batch are in the store. */
export type NameMap = readonly number[];

/** Some thousand lines in a row, in columns: about 30 bytes for each beside its text. */
export class Chunk {
  count = 0;
  text = '';
  details = '';
  readonly times: Float64Array;
  readonly flags: Uint8Array;
  readonly loggers: Uint16Array;
  readonly servings: Uint16Array;
  readonly replicas: Uint16Array;
  readonly textEnds: Uint32Array;
  readonly requestLengths: Uint16Array;
  readonly messageLengths: Uint32Array;
  readonly detailEnds: Uint32Array;

  /** @param base number of its first line, counted since the page was opened */
  constructor(
    readonly base: number,
    readonly room: number,
  ) {
    this.times = new Float64Array(room);
    this.flags = new Uint8Array(room);
    this.loggers = new Uint16Array(room);
    this.servings = new Uint16Array(room);
    this.replicas = new Uint16Array(room);
    this.textEnds = new Uint32Array(room);
    this.requestLengths = new Uint16Array(room);
    this.messageLengths = new Uint32Array(room);
    this.detailEnds = new Uint32Array(room);
  }

  get end(): number {
    return this.base + this.count;
  }

  /** What it takes in memory, about. */
  get bytes(): number {
    return this.text.length + this.details.length + this.count * 32;
  }

  textStart(index: number): number {
    return index === 0 ? 0 : (this.textEnds[index - 1] ?? 0);
  }

  /** What is searched of the lines from `from` to `to` (not included). */
  textOf(from: number, to: number): string {
    return this.text.slice(this.textStart(from), this.textStart(to));
  }

  request(index: number): string | undefined {
    const length = this.requestLengths[index] ?? 0;
    const start = this.textStart(index);
    return length === 0 ? undefined : this.text.slice(start, start + length);
  }

  hasRequest(index: number, request: string): boolean {
    return this.requestLengths[index] === request.length && this.text.startsWith(request, this.textStart(index));
  }

  message(index: number): string {
    const start = this.textStart(index) + (this.requestLengths[index] ?? 0) + 1;
    return this.text.slice(start, start + (this.messageLengths[index] ?? 0));
  }

  detailsOf(index: number): string {
    return this.details.slice(index === 0 ? 0 : this.detailEnds[index - 1], this.detailEnds[index]);
  }

  append(batch: LogBatch, from: number, to: number, names: NameMap, lastTime: number | undefined): void {
    const textFrom = from === 0 ? 0 : (batch.textEnds[from - 1] ?? 0);
    const detailsFrom = from === 0 ? 0 : (batch.detailEnds[from - 1] ?? 0);
    const textShift = this.text.length - textFrom;
    const detailShift = this.details.length - detailsFrom;
    let before = lastTime;
    for (let at = from; at < to; at++) {
      const index = this.count;
      const time = batch.times[at] ?? 0;
      this.times[index] = time;
      this.flags[index] =
        Math.max(0, LEVEL_LETTERS.indexOf(batch.levels.charAt(at))) |
        (before === undefined || dayOf(before) !== dayOf(time) ? NEW_DAY : 0);
      this.loggers[index] = names[batch.loggers[at] ?? 0] ?? 0;
      this.servings[index] = names[batch.servings[at] ?? 0] ?? 0;
      this.replicas[index] = batch.replicas[at] ?? 0;
      this.textEnds[index] = (batch.textEnds[at] ?? 0) + textShift;
      this.requestLengths[index] = batch.requestLengths[at] ?? 0;
      this.messageLengths[index] = batch.messageLengths[at] ?? 0;
      this.detailEnds[index] = (batch.detailEnds[at] ?? 0) + detailShift;
      this.count += 1;
      before = time;
    }
    for (const at of batch.starts) {
      if (at >= from && at < to) {
        const index = this.count - (to - at);
        this.flags[index] = (this.flags[index] ?? 0) | STARTS;
      }
    }
    this.text += batch.text.slice(textFrom, batch.textEnds[to - 1]);
    this.details += batch.details.slice(detailsFrom, batch.detailEnds[to - 1]);
  }
}

/** The offset of the clock from UTC is looked up once an hour, not for each line. */
const offsets = new Map<number, number>();

/** Days since 1970 by the reader's clock. */
function dayOf(time: number): number {
  const hour = Math.floor(time / 3_600_000);
  let offset = offsets.get(hour);
  if (offset === undefined) {
    offset = new Date(time).getTimezoneOffset() * 60_000;
    if (offsets.size > 1000) {
      offsets.clear();
    }
    offsets.set(hour, offset);
  }
  return Math.floor((time - offset) / 86_400_000);
}
