import type { LogLine } from '../../core/backend';
import { arrayOf, isBoolean, isNumber, isRecord, isString, shape } from '../../protocol/checks';
import type { LogEntry } from '../../protocol/logPanel';
import type { TraceView } from '../../protocol/views/startup';
import { baseName } from './paths';

interface WireException {
  readonly type: string;
  readonly text: string;
  readonly frames?: readonly { file: string; line: number; function: string; source: string; user: boolean }[];
}

const isException = shape<WireException>(
  { type: isString, text: isString },
  {
    frames: arrayOf(
      shape<{ file: string; line: number; function: string; source: string; user: boolean }>(
        { file: isString, line: isNumber, function: isString, source: isString, user: isBoolean },
        {},
      ),
    ),
  },
);

/** The server's first record of a run. */
const STARTS = /^Model server \S+ starts /;

/** A log line as the log page takes it: the record's exception as a traceback, the rest as fields. Total. */
export function toLogEntry(line: LogLine): LogEntry {
  const { exception, ...fields } = line.fields;
  const trace = toTrace(exception);
  return {
    time: line.time,
    level: line.level,
    logger: line.logger,
    message: line.message,
    fields: trace === undefined ? line.fields : fields,
    starts: line.logger === 'server' && STARTS.test(line.message),
    ...(line.replica === undefined ? {} : { replica: line.replica }),
    ...(line.request === undefined ? {} : { request: line.request }),
    ...(trace === undefined ? {} : { trace }),
  };
}

function toTrace(exception: unknown): TraceView | undefined {
  if (!isRecord(exception) || !isException(exception)) {
    return undefined;
  }
  return {
    type: exception.type,
    text: exception.text,
    frames: (exception.frames ?? []).map((frame) => ({
      file: frame.file,
      label: baseName(frame.file),
      line: frame.line,
      function: frame.function,
      source: frame.source,
      user: frame.user,
    })),
  };
}
