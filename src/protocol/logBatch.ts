import { arrayOf, isBoolean, isCount, isNumber, isString, shape } from './checks';
import type { Check } from './checks';
import type { LogEntry, LogLevel, StyledPart } from './logPanel';

/**
 * Lines on their way to the page, by columns: a few long lists and texts are sent, checked and kept at a fraction of
 * what a record each would cost.
 */
export interface LogBatch {
  /** The lines before are forgotten: the log is read again from its beginning. */
  readonly first: boolean;
  /** Milliseconds since 1970. */
  readonly times: readonly number[];
  /** One letter for each line, see `LEVEL_LETTERS`. */
  readonly levels: string;
  /** Places of lines with which a run begins. */
  readonly starts: readonly number[];
  readonly names: readonly string[];
  /** Places in `names`. */
  readonly loggers: readonly number[];
  readonly servings: readonly number[];
  /** 0: none; else its number and one. */
  readonly replicas: readonly number[];
  /** What is searched, one line after the other: request, message and exception, each with a line break after it. */
  readonly text: string;
  readonly textEnds: readonly number[];
  readonly requestLengths: readonly number[];
  readonly messageLengths: readonly number[];
  /** JSON of everything else, see `LineDetails`; empty where there is nothing else. */
  readonly details: string;
  readonly detailEnds: readonly number[];
}

/** What is only looked at when a line is drawn or opened. */
export interface LineDetails {
  readonly f?: Readonly<Record<string, unknown>>;
  readonly t?: LogEntry['trace'];
  readonly s?: readonly StyledPart[];
}

export const LEVEL_LETTERS = 'DIWE';
export const LEVELS: readonly LogLevel[] = ['DEBUG', 'INFO', 'WARN', 'ERROR'];

const isBatchShape = shape<LogBatch>(
  {
    first: isBoolean,
    times: arrayOf(isNumber),
    levels: isString,
    starts: arrayOf(isCount),
    names: arrayOf(isString),
    loggers: arrayOf(isCount),
    servings: arrayOf(isCount),
    replicas: arrayOf(isCount),
    text: isString,
    textEnds: arrayOf(isCount),
    requestLengths: arrayOf(isCount),
    messageLengths: arrayOf(isCount),
    details: isString,
    detailEnds: arrayOf(isCount),
  },
  {},
);

export const isBatch: Check<LogBatch> = (value): value is LogBatch =>
  isBatchShape(value) &&
  [
    value.loggers,
    value.servings,
    value.replicas,
    value.textEnds,
    value.requestLengths,
    value.messageLengths,
    value.detailEnds,
    value.levels,
  ].every(({ length }) => length === value.times.length);

/** Entries as one batch. */
export function toBatch(first: boolean, entries: readonly LogEntry[]): LogBatch {
  const names = new Map<string, number>();
  const name = (text: string): number => {
    const known = names.get(text) ?? names.size;
    names.set(text, known);
    return known;
  };
  const texts: string[] = [];
  const details: string[] = [];
  const ends = { text: 0, details: 0 };
  const columns = entries.map((entry) => {
    const { request = '', message, trace } = entry;
    const text = `${request}\n${message}\n${trace === undefined ? '' : `${trace.type}: ${trace.text}\n`}`;
    const more = detailsOf(entry);
    texts.push(text);
    details.push(more);
    ends.text += text.length;
    ends.details += more.length;
    return { ...ends, logger: name(entry.logger), serving: name(entry.serving ?? ''), request: request.length };
  });
  return {
    first,
    times: entries.map(({ time }) => time),
    levels: entries.map(({ level }) => level.charAt(0)).join(''),
    starts: entries.flatMap(({ starts }, at) => (starts ? [at] : [])),
    loggers: columns.map(({ logger }) => logger),
    servings: columns.map(({ serving }) => serving),
    names: [...names.keys()],
    replicas: entries.map(({ replica }) => (replica === undefined ? 0 : replica + 1)),
    text: texts.join(''),
    textEnds: columns.map(({ text }) => text),
    requestLengths: columns.map(({ request }) => request),
    messageLengths: entries.map(({ message }) => message.length),
    details: details.join(''),
    detailEnds: columns.map((each) => each.details),
  };
}

function detailsOf({ fields, trace, styles }: LogEntry): string {
  const hasFields = Object.keys(fields).length > 0;
  if (!hasFields && trace === undefined && styles === undefined) {
    return '';
  }
  const details: LineDetails = {
    ...(hasFields ? { f: fields } : {}),
    ...(trace === undefined ? {} : { t: trace }),
    ...(styles === undefined ? {} : { s: styles }),
  };
  return JSON.stringify(details);
}
