import type { LogLine } from '../../core/backend';
import { t } from '../../core/l10n';
import type { ScriptException, TraceFrame } from '../../core/serving';
import { arrayOf, isBoolean, isNumber, isString, shape } from '../../protocol/checks';
import type { LogEntry } from '../../protocol/logPanel';
import type { TraceView } from '../../protocol/views/startup';
import { baseName } from './paths';
import { toTerminalText } from './terminalText';

type WireException = Omit<ScriptException, 'frames'> & Partial<Pick<ScriptException, 'frames'>>;

const isException = shape<WireException>(
  { type: isString, text: isString },
  {
    frames: arrayOf(
      shape<TraceFrame>({ file: isString, line: isNumber, function: isString, source: isString, user: isBoolean }, {}),
    ),
  },
);

/** The server's first record of a run. */
const STARTS = /^Model server \S+ starts /;

/** Characters of a message, and of a request's id, that the page holds. */
const LONGEST = 1_000_000;
const LONGEST_REQUEST = 200;

/**
 * A log line as the log page takes it: the record's exception as a traceback, the rest as fields, nothing in it that
 * steers a terminal. Total. @param serving where there are several
 */
export function toLogEntry(line: LogLine, serving?: string): LogEntry {
  const { exception, ...fields } = line.fields;
  const trace = toTrace(exception);
  const { text, styles } = toTerminalText(cut(line.message));
  return {
    time: line.time,
    level: line.level,
    logger: line.logger,
    message: text,
    fields: plainFields(trace === undefined ? line.fields : fields),
    starts: startsRun(line),
    ...(line.replica === undefined ? {} : { replica: line.replica }),
    ...(line.request === undefined ? {} : { request: line.request.slice(0, LONGEST_REQUEST) }),
    ...(trace === undefined ? {} : { trace }),
    ...(styles === undefined ? {} : { styles }),
    ...(serving === undefined ? {} : { serving }),
  };
}

function cut(text: string): string {
  const more = text.length - LONGEST;
  return more > 0 ? t('{0} [{1} more characters]', text.slice(0, LONGEST), String(more)) : text;
}

function plainFields(fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  let plain: Record<string, unknown> | undefined;
  for (const [name, value] of Object.entries(fields)) {
    const text = typeof value === 'string' ? toTerminalText(cut(value)).text : value;
    if (text !== value) {
      // Most records have none of it: nothing is copied for them.
      plain ??= { ...fields };
      plain[name] = text;
    }
  }
  return plain ?? fields;
}

/** Whether a run of the serving, or of one of its replicas, begins with it. */
export function startsRun({ logger, message }: LogLine): boolean {
  return logger === 'server' && STARTS.test(message);
}

/** A record's exception, where it has the shape of one. */
export function toException(exception: unknown): ScriptException | undefined {
  return isException(exception) ? { ...exception, frames: exception.frames ?? [] } : undefined;
}

function toTrace(exception: unknown): TraceView | undefined {
  const found = toException(exception);
  return (
    found && {
      type: found.type,
      text: toTerminalText(found.text).text,
      frames: found.frames.map((frame) => ({
        file: frame.file,
        label: baseName(frame.file),
        line: frame.line,
        function: frame.function,
        source: frame.source,
        user: frame.user,
      })),
    }
  );
}
