import type { LogEntry } from '../../src/protocol/logPanel';
import { asText } from '../common/trace';

/** A record as JSON: its fields, without its traceback. */
export function recordJson(entry: LogEntry): string {
  return JSON.stringify(plain(entry), undefined, 2);
}

/** A record as text: its fields as JSON, then its traceback. */
export function recordText(entry: LogEntry): string {
  const shown = recordJson(entry);
  return entry.trace === undefined ? shown : `${shown}\n${asText(entry.trace)}`;
}

/** A line as one line of JSON, its exception included. */
export function lineJson(entry: LogEntry): string {
  const { trace } = entry;
  return JSON.stringify({ ...plain(entry), ...(trace === undefined ? {} : { exception: trace }) });
}

function plain({ time, level, logger, serving, replica, request, message, fields }: LogEntry): object {
  return { time: new Date(time).toISOString(), level, logger, serving, replica, request, message, ...fields };
}

/** A line as text: date, time, level, serving, replica, request, message, traceback. */
export function lineText(entry: LogEntry): string {
  const at = new Date(entry.time);
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = `${String(at.getFullYear())}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  const clock = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${String(at.getMilliseconds()).padStart(3, '0')}`;
  const parts = [
    day,
    clock,
    entry.level,
    ...(entry.serving === undefined ? [] : [entry.serving]),
    entry.replica === undefined ? '-' : `r${String(entry.replica)}`,
    entry.request ?? '-',
    entry.message,
  ];
  return entry.trace === undefined ? parts.join(' ') : `${parts.join(' ')}\n${asText(entry.trace).trimEnd()}`;
}
