import { arrayOf, isBoolean, isCount, isNumber, isString, recordOf, shape, word } from '../checks';

/** A record that is opened. */
export interface RecordView {
  /** Of the request, as log lines carry it; empty where there is none. */
  readonly id: string;
  readonly serving: string;
  readonly model: string;
  readonly replica?: number;
  readonly path?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly request: BodyView;
  readonly reply: BodyView;
  /** Why it cannot be sent again, made a test of; absent where it can. */
  readonly notAgain?: string;
  readonly notTest?: string;
}

export interface BodyView {
  /** What there is to see; absent: why there is nothing. */
  readonly text?: string;
  readonly none?: string;
  /** How many characters there are, where only the beginning is here. */
  readonly cutFrom?: number;
  /** On the wire. */
  readonly bytes?: number;
  readonly type?: string;
  /** "redacted", "base64". */
  readonly notes: readonly string[];
}

const isBody = shape<BodyView>(
  { notes: arrayOf(isString) },
  { text: isString, none: isString, cutFrom: isCount, bytes: isNumber, type: isString },
);

export const isRecordView = shape<RecordView>(
  { id: isString, serving: isString, model: isString, headers: recordOf(isString), request: isBody, reply: isBody },
  { replica: isCount, path: isString, notAgain: isString, notTest: isString },
);

/** How a request that was sent again was answered, beside the reply that was recorded. */
export interface OutcomeView {
  /** Number of the record. */
  readonly record: number;
  readonly outcome: Outcome;
  /** Then and now, milliseconds. */
  readonly before?: number;
  readonly now?: number;
  readonly status?: number;
  /** Why it failed. */
  readonly message?: string;
  readonly differences: readonly DifferenceView[];
  /** Differences beyond those. */
  readonly more: number;
}

export type Outcome = 'same' | 'close' | 'different' | 'failed';

/** What is at a JSON path, as JSON; empty: nothing. */
export interface DifferenceView {
  readonly path: string;
  readonly before: string;
  readonly now: string;
}

export const isOutcome = shape<OutcomeView>(
  {
    record: isCount,
    outcome: word('same', 'close', 'different', 'failed'),
    differences: arrayOf(shape<DifferenceView>({ path: isString, before: isString, now: isString }, {})),
    more: isCount,
  },
  { before: isNumber, now: isNumber, status: isNumber, message: isString },
);

/** What is being sent again, or was. */
export interface ReplayView {
  /** Changes with each. */
  readonly round: number;
  /** The serving that answers. */
  readonly target: string;
  readonly of: number;
  /** What cannot be sent again. */
  readonly left: number;
  readonly running: boolean;
  /** Why it ended before all were sent. */
  readonly problem?: string;
}

export const isReplay = shape<ReplayView>(
  { round: isCount, target: isString, of: isCount, left: isCount, running: isBoolean },
  { problem: isString },
);
