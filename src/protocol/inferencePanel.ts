import { arrayOf, isBoolean, isCount, isNothing, isNumber, isString, shape, word } from './checks';
import type { Contract } from './contract';
import { isRecordBatch } from './recordBatch';
import { isRemedy, isViewRef } from './views/basics';
import type { RemedyView, ViewRef } from './views/basics';
import { isOutcome, isRecordView, isReplay } from './views/record';
import type { OutcomeView } from './views/record';

/** What the panel is about. */
export interface InferenceSubject {
  readonly ref: ViewRef;
  readonly name: string;
  /** Where the records come from. */
  readonly label: string;
  /** Whether records can still come. */
  readonly live: boolean;
  /** Why there is nothing, where there is nothing: a sentence, and the ways on. */
  readonly empty: { readonly text: string; readonly remedies: readonly RemedyView[] };
}

export type StatusWord = 'ok' | '4xx' | '5xx';

/** What the records are narrowed to. */
export interface RecordNarrow {
  readonly off: readonly StatusWord[];
  readonly text?: string;
  /** Milliseconds since 1970. */
  readonly from?: number;
  readonly to?: number;
  readonly path?: string;
}

export const isRecordNarrow = shape<RecordNarrow>(
  { off: arrayOf(word('ok', '4xx', '5xx')) },
  { text: isString, from: isNumber, to: isNumber, path: isString },
);

/** What the host holds. */
export interface HeldState {
  /** All that there was has been read. */
  readonly read: boolean;
  /** Number of the oldest record that is held. */
  readonly oldest: number;
  readonly bytes: number;
  /** What could not be read. */
  readonly troubles: readonly string[];
}

/** Records, in the order in which they are shown. */
const ofRecords = shape<{ readonly records: readonly number[] }>({ records: arrayOf(isCount) }, {});
const ofRecord = shape<{ readonly record: number }>({ record: isCount }, {});
const nothing = shape<object>({}, {});

export type BodySide = 'request' | 'reply';

export const INFERENCE_PANEL = {
  events: {
    subject: shape<InferenceSubject>(
      {
        ref: isViewRef,
        name: isString,
        label: isString,
        live: isBoolean,
        empty: shape<InferenceSubject['empty']>({ text: isString, remedies: arrayOf(isRemedy) }, {}),
      },
      {},
    ),
    records: isRecordBatch,
    /** Those that fit the filter of that round, as they are found; with `first` none were before. */
    shown: shape<{
      readonly round: number;
      readonly first: boolean;
      readonly records: readonly number[];
      readonly done: boolean;
    }>({ round: isCount, first: isBoolean, records: arrayOf(isCount), done: isBoolean }, {}),
    state: shape<HeldState>({ read: isBoolean, oldest: isCount, bytes: isCount, troubles: arrayOf(isString) }, {}),
    /** Reading failed; what is shown stays. */
    problem: shape<{ readonly message: string }>({ message: isString }, {}),
    replay: isReplay,
    /** More of what was answered, of that round. */
    outcomes: shape<{ readonly round: number; readonly outcomes: readonly OutcomeView[] }>(
      { round: isCount, outcomes: arrayOf(isOutcome) },
      {},
    ),
  },
  requests: {
    record: { params: ofRecord, result: isRecordView },
    /** The name that it got. */
    makeTest: { params: ofRecord, result: isString },
    /** Undefined: the user gave up. */
    save: { params: ofRecords, result: isNothing },
    /** Resolves when all were sent, or when the user gave up. */
    replay: { params: ofRecords, result: isNothing },
  },
  notifications: {
    filter: shape<{ readonly round: number; readonly filter: RecordNarrow }>(
      { round: isCount, filter: isRecordNarrow },
      {},
    ),
    copyBody: shape<{ readonly record: number; readonly side: BodySide }>(
      { record: isCount, side: word('request', 'reply') },
      {},
    ),
    copyRecords: ofRecords,
    showLogs: shape<{ readonly request: string }>({ request: isString }, {}),
    remedy: shape<{ readonly index: number }>({ index: isCount }, {}),
    cancelReplay: nothing,
    closeReplay: nothing,
    again: nothing,
  },
} as const satisfies Contract;
