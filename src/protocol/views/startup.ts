import { arrayOf, isBoolean, isNumber, isString, shape, word } from '../checks';
import { isRemedy, isTextPart } from './basics';
import type { RemedyView, TextPart } from './basics';

export interface StageView {
  readonly name: string;
  readonly label: string;
  readonly note?: string;
  readonly state: 'done' | 'running' | 'failed' | 'later';
  readonly startedAt?: number;
  readonly seconds?: number;
}

export interface FrameView {
  readonly file: string;
  /** The file without its folders. */
  readonly label: string;
  readonly line: number;
  readonly function: string;
  readonly source: string;
  readonly user: boolean;
}

export interface TraceView {
  readonly type: string;
  readonly text: string;
  readonly frames: readonly FrameView[];
}

export interface FailureView {
  readonly message: string;
  readonly at?: number;
  /** The first is the primary button; sent back by its place in this list. */
  readonly remedies: readonly RemedyView[];
  readonly trace?: TraceView;
}

export interface StartupView {
  readonly startedAt: number;
  readonly endedAt?: number;
  readonly stages: readonly StageView[];
  /** Beside the running stage: "Installing scikit-learn", "42 %". */
  readonly message?: string;
  readonly failure?: FailureView;
}

/** When it was well last, and what is not as it was then. */
export interface LastGoodView {
  readonly note: readonly TextPart[];
  readonly text: string;
  readonly canCompare: boolean;
}

export const isLastGood = shape<LastGoodView>({ note: arrayOf(isTextPart), text: isString, canCompare: isBoolean }, {});

export const isFrame = shape<FrameView>(
  { file: isString, label: isString, line: isNumber, function: isString, source: isString, user: isBoolean },
  {},
);

export const isTrace = shape<TraceView>({ type: isString, text: isString, frames: arrayOf(isFrame) }, {});

const isFailure = shape<FailureView>(
  { message: isString, remedies: arrayOf(isRemedy) },
  { at: isNumber, trace: isTrace },
);

export const isStartup = shape<StartupView>(
  {
    startedAt: isNumber,
    stages: arrayOf(
      shape<StageView>(
        { name: isString, label: isString, state: word('done', 'running', 'failed', 'later') },
        { note: isString, startedAt: isNumber, seconds: isNumber },
      ),
    ),
  },
  { endedAt: isNumber, message: isString, failure: isFailure },
);
