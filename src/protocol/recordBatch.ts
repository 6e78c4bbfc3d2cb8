import { arrayOf, isBoolean, isCount, isNumber, isString, shape } from './checks';
import type { Check } from './checks';

/** Records on their way to the page, by columns and without their bodies: those are asked for when one is opened. */
export interface RecordBatch {
  /** The records before are forgotten: reading began again. */
  readonly first: boolean;
  /** Number of the first one; the others follow. */
  readonly base: number;
  /** Milliseconds since 1970. */
  readonly times: readonly number[];
  readonly statuses: readonly number[];
  /** Milliseconds; -1 where it is not known. */
  readonly latencies: readonly number[];
  /** On the wire; -1 where it is not kept. */
  readonly requestBytes: readonly number[];
  readonly replyBytes: readonly number[];
  /** Each verb once, and places among them. */
  readonly verbs: readonly string[];
  readonly verbAt: readonly number[];
  /** Sums of `MARKS`. */
  readonly marks: readonly number[];
  /** How request and reply begin. */
  readonly requests: readonly string[];
  readonly replies: readonly string[];
}

export const MARKS = { redacted: 1, withheld: 2, aborted: 4 } as const;

const isShape = shape<RecordBatch>(
  {
    first: isBoolean,
    base: isCount,
    times: arrayOf(isNumber),
    statuses: arrayOf(isNumber),
    latencies: arrayOf(isNumber),
    requestBytes: arrayOf(isNumber),
    replyBytes: arrayOf(isNumber),
    verbs: arrayOf(isString),
    verbAt: arrayOf(isCount),
    marks: arrayOf(isCount),
    requests: arrayOf(isString),
    replies: arrayOf(isString),
  },
  {},
);

export const isRecordBatch: Check<RecordBatch> = (value): value is RecordBatch =>
  isShape(value) &&
  [
    value.statuses,
    value.latencies,
    value.requestBytes,
    value.replyBytes,
    value.verbAt,
    value.marks,
    value.requests,
    value.replies,
  ].every(({ length }) => length === value.times.length);
