import type { StatusWord } from '../../src/protocol/inferencePanel';
import type { RecordBatch } from '../../src/protocol/recordBatch';

/** What the list shows of a record. */
export interface Row {
  readonly number: number;
  readonly time: number;
  readonly status: number;
  /** -1 where it is not known. */
  readonly latency: number;
  readonly requestBytes: number;
  readonly replyBytes: number;
  readonly verb: string;
  readonly marks: number;
  readonly request: string;
  readonly reply: string;
}

export type Counts = Readonly<Record<StatusWord, number>>;

/** The records that the host holds, without their bodies, by their numbers. */
export class Rows {
  private list: Row[] = [];
  private base = 0;
  private counted = { ok: 0, '4xx': 0, '5xx': 0 };

  get length(): number {
    return this.list.length;
  }

  get counts(): Counts {
    return this.counted;
  }

  get oldest(): Row | undefined {
    return this.list[0];
  }

  at(number: number): Row | undefined {
    return this.list[number - this.base];
  }

  clear(): void {
    this.list = [];
    this.counted = { ok: 0, '4xx': 0, '5xx': 0 };
  }

  add(batch: RecordBatch): void {
    if (this.list.length === 0) {
      this.base = batch.base;
    }
    batch.times.forEach((time, at) => {
      const row: Row = {
        number: batch.base + at,
        time,
        status: batch.statuses[at] ?? 0,
        latency: batch.latencies[at] ?? -1,
        requestBytes: batch.requestBytes[at] ?? -1,
        replyBytes: batch.replyBytes[at] ?? -1,
        verb: batch.verbs[batch.verbAt[at] ?? 0] ?? '',
        marks: batch.marks[at] ?? 0,
        request: batch.requests[at] ?? '',
        reply: batch.replies[at] ?? '',
      };
      this.list.push(row);
      this.counted[wordOf(row.status)] += 1;
    });
  }

  /** Forgets those before a number. */
  dropBelow(number: number): void {
    const gone = this.list.splice(0, Math.max(0, number - this.base));
    for (const { status } of gone) {
      this.counted[wordOf(status)] -= 1;
    }
    this.base += gone.length;
  }
}

export function wordOf(status: number): StatusWord {
  return status >= 500 ? '5xx' : status >= 400 ? '4xx' : 'ok';
}
