import type { LogLevel } from '../core/backend';
import { arrayOf, either, isBoolean, isCount, isNothing, isNumber, isString, shape, word } from './checks';
import type { Contract } from './contract';
import { isBatch } from './logBatch';
import { isViewRef } from './views/basics';
import type { TraceView } from './views/startup';
import type { ViewRef } from './views/basics';

export type { LogLevel };

/** A part of a message with colours of its own: from, to (not included), names of classes. */
export type StyledPart = readonly [number, number, string];

/** One line of a log. */
export interface LogEntry {
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly level: LogLevel;
  readonly logger: string;
  readonly message: string;
  readonly replica?: number;
  readonly request?: string;
  /** Everything else of the record. */
  readonly fields: Readonly<Record<string, unknown>>;
  readonly trace?: TraceView;
  /** Whether a run of the serving begins with this line. */
  readonly starts: boolean;
  /** Of which serving it is, where there are several. */
  readonly serving?: string;
  /** What a program wanted to be coloured. */
  readonly styles?: readonly StyledPart[];
}

/** What the panel is about, sent before the first lines and whenever it changes. */
export interface LogSubject {
  readonly ref: ViewRef;
  readonly name: string;
  /** Whether lines can still come. */
  readonly live: boolean;
  /** Whether it is about all servings. */
  readonly all: boolean;
  /** What the panel can be about, all servings first. */
  readonly choices: readonly LogChoice[];
}

export interface LogChoice {
  readonly ref: ViewRef;
  readonly label: string;
}

/** What the lines are narrowed to. */
export interface LogFilter {
  readonly request?: string;
  readonly replica?: number;
}

export type ExportTarget = 'file' | 'document' | 'clipboard';

export const isLogFilter = shape<LogFilter>({}, { request: isString, replica: isCount });

export const LOG_PANEL = {
  events: {
    subject: shape<LogSubject>(
      {
        ref: isViewRef,
        name: isString,
        live: isBoolean,
        all: isBoolean,
        choices: arrayOf(shape<LogChoice>({ ref: isViewRef, label: isString }, {})),
      },
      {},
    ),
    lines: isBatch,
    /** Reading failed; what is shown stays. */
    problem: shape<{ readonly message: string }>({ message: isString }, {}),
    narrow: isLogFilter,
  },
  requests: {
    /** Many lines go out in pieces. Undefined: the user gave up. */
    exportStart: {
      params: shape<{ readonly to: ExportTarget }>({ to: word('file', 'document', 'clipboard') }, {}),
      result: either(
        isNothing,
        shape<{ readonly id: number; readonly format: 'text' | 'ndjson' }>(
          { id: isCount, format: word('text', 'ndjson') },
          {},
        ),
      ),
    },
    exportPart: {
      params: shape<{ readonly id: number; readonly text: string }>({ id: isCount, text: isString }, {}),
      result: isNothing,
    },
    exportEnd: { params: shape<{ readonly id: number }>({ id: isCount }, {}), result: isNothing },
  },
  notifications: {
    openFile: shape<{ readonly file: string; readonly line: number }>({ file: isString, line: isNumber }, {}),
    copy: shape<{ readonly text: string }>({ text: isString }, {}),
    /** Reads the log again from its beginning. */
    again: shape<object>({}, {}),
    /** Another serving, or all. */
    choose: shape<{ readonly ref: ViewRef }>({ ref: isViewRef }, {}),
  },
} as const satisfies Contract;
