import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { isCancelled, messageOf } from '../../core/errors';
import type { InferenceRecord, RecordSource } from '../../core/inferenceLog';
import { HeldRecords } from './heldRecords';
import { toSieve, type RecordFilter } from './recordFilter';

/** Until it is looked again for what came, in milliseconds. */
const PAUSE = 1000;
/** Milliseconds of sieving between two turns of others. */
const SLICE = 10;
/** Records that are told together. */
const TOGETHER = 5000;

/** What becomes known. */
export interface RecordListener {
  /** @param first what was told before is forgotten; `base`: number of the first record */
  records(first: boolean, base: number, records: readonly InferenceRecord[]): void;
  /** Numbers of records that fit the filter of that round. */
  shown(round: number, first: boolean, records: readonly number[], done: boolean): void;
  /** Whether all that there was is read, and the number of the oldest that is held. */
  state(read: boolean, oldest: number, bytes: number, troubles: readonly string[]): void;
  problem(message: string): void;
}

/** The records of one source, read as they come, held, and sieved. */
export class FollowedRecords {
  private held = new HeldRecords();
  private next: string | undefined;
  private troubles: readonly string[] = [];
  private reading: AbortController | undefined;
  private sieve = toSieve({ off: [] });
  private round = 0;
  /** The first record that was not sieved yet. */
  private cursor = 0;
  private isFirst = true;
  private sieving = false;

  constructor(
    private readonly source: RecordSource,
    private readonly listener: RecordListener,
    private readonly pause = PAUSE,
  ) {}

  at(number: number): InferenceRecord | undefined {
    return this.held.at(number);
  }

  /** Tells what is held, and goes on with what comes, until `stop`. */
  start(): void {
    this.stop();
    const controller = new AbortController();
    this.reading = controller;
    this.tell(true, this.held.first);
    void this.follow(controller.signal);
  }

  stop(): void {
    this.reading?.abort();
    this.reading = undefined;
  }

  /** Forgets what is held, and reads all of it again: now where it is followed, else with the next `start`. */
  again(): void {
    const isFollowed = this.reading !== undefined;
    this.held = new HeldRecords();
    this.next = undefined;
    this.troubles = [];
    this.rewind();
    if (isFollowed) {
      this.start();
    }
  }

  narrow(round: number, filter: RecordFilter): void {
    this.round = round;
    this.sieve = toSieve(filter);
    this.rewind();
    void this.sift();
  }

  private rewind(): void {
    this.cursor = this.held.first;
    this.isFirst = true;
  }

  private async follow(signal: AbortSignal): Promise<void> {
    try {
      for (;;) {
        const { records, troubles, next } = await this.source.read(this.next, signal);
        if (signal.aborted) {
          return;
        }
        const isMore = next !== this.next;
        this.next = next;
        this.troubles = [...new Set([...this.troubles, ...troubles])];
        const from = this.held.end;
        this.held.add(records);
        this.tell(false, Math.max(from, this.held.first));
        const read = records.length === 0 && !isMore;
        this.listener.state(read, this.held.first, this.held.bytes, this.troubles);
        void this.sift();
        await (read ? sleep(this.source.pauseMs ?? this.pause, undefined, { signal }) : turn());
      }
    } catch (error) {
      if (!signal.aborted && !isCancelled(error)) {
        this.listener.problem(messageOf(error));
      }
    }
  }

  private tell(first: boolean, from: number): void {
    const { held } = this;
    let isFirst = first;
    for (let base = from; base < held.end || isFirst; base += TOGETHER) {
      const end = Math.min(held.end, base + TOGETHER);
      this.listener.records(isFirst, base, recordsOf(held, base, end));
      isFirst = false;
    }
  }

  /** In slices: a hundred thousand bodies are read for a path. */
  private async sift(): Promise<void> {
    if (this.sieving || (this.cursor >= this.held.end && !this.isFirst)) {
      return;
    }
    this.sieving = true;
    let since = performance.now();
    let found: number[] = [];
    let { round } = this;
    const say = (done: boolean): void => {
      if (found.length > 0 || this.isFirst || done) {
        this.listener.shown(round, this.isFirst, found, done);
        this.isFirst = false;
        found = [];
      }
    };
    do {
      if (performance.now() - since > SLICE) {
        say(false);
        await turn();
        since = performance.now();
      }
      if (round !== this.round || this.isFirst) {
        // What was found so far was for another filter.
        found = this.isFirst ? [] : found;
        ({ round } = this);
      }
      const stop = Math.min(this.held.end, Math.max(this.cursor, this.held.first) + 100);
      for (let number = Math.max(this.cursor, this.held.first); number < stop; number++) {
        const record = this.held.at(number);
        if (record !== undefined && this.sieve(record)) {
          found.push(number);
        }
      }
      this.cursor = stop;
      if (this.isFirst && this.cursor < this.held.end) {
        say(false);
      }
    } while (this.cursor < this.held.end);
    this.sieving = false;
    say(true);
  }
}

function recordsOf(held: HeldRecords, from: number, to: number): readonly InferenceRecord[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, at) => held.at(from + at)).filter(
    (record) => record !== undefined,
  );
}
