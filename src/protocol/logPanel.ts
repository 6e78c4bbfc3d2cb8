import type { LogLevel } from '../core/backend';
import { arrayOf, isBoolean, isCount, isNumber, isRecord, isString, shape, word } from './checks';
import type { Contract } from './contract';
import { isTrace } from './views/startup';
import { isViewRef } from './views/basics';
import type { TraceView } from './views/startup';
import type { ViewRef } from './views/basics';

export type { LogLevel };

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
}

/** What the panel is about, sent before the first lines and whenever it changes. */
export interface LogSubject {
  readonly ref: ViewRef;
  readonly name: string;
  /** Whether lines can still come. */
  readonly live: boolean;
}

/** What the lines are narrowed to. */
export interface LogFilter {
  readonly request?: string;
  readonly replica?: number;
}

const isEntry = shape<LogEntry>(
  {
    time: isNumber,
    level: word('DEBUG', 'INFO', 'WARN', 'ERROR'),
    logger: isString,
    message: isString,
    fields: isRecord,
    starts: isBoolean,
  },
  { replica: isCount, request: isString, trace: isTrace },
);
export const isLogFilter = shape<LogFilter>({}, { request: isString, replica: isCount });

export const LOG_PANEL = {
  events: {
    subject: shape<LogSubject>({ ref: isViewRef, name: isString, live: isBoolean }, {}),
    /** With `first`, the lines before are forgotten: the log is read again from its beginning. */
    lines: shape<{ readonly first: boolean; readonly lines: readonly LogEntry[] }>(
      { first: isBoolean, lines: arrayOf(isEntry) },
      {},
    ),
    /** Reading failed; what is shown stays. */
    problem: shape<{ readonly message: string }>({ message: isString }, {}),
    narrow: isLogFilter,
  },
  requests: {},
  notifications: {
    openFile: shape<{ readonly file: string; readonly line: number }>({ file: isString, line: isNumber }, {}),
    openText: shape<{ readonly text: string }>({ text: isString }, {}),
    copy: shape<{ readonly text: string }>({ text: isString }, {}),
    /** Reads the log again from its beginning. */
    again: shape<object>({}, {}),
  },
} as const satisfies Contract;
