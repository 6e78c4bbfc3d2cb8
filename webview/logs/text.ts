import type { LogEntry } from '../../src/protocol/logPanel';
import { asText } from '../common/trace';
import type { Item } from './lines';

/** A record as text: its fields as JSON, then its traceback. */
export function recordText(entry: LogEntry): string {
  const { time: at, trace: view, level, logger, replica, request, message, fields } = entry;
  const shown = JSON.stringify(
    { time: new Date(at).toISOString(), level, logger, replica, request, message, ...fields },
    undefined,
    2,
  );
  return view === undefined ? shown : `${shown}\n${asText(view)}`;
}

/** A line as text: date, time, level, replica, request, message, traceback. */
function lineText(entry: LogEntry): string {
  const at = new Date(entry.time);
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = `${String(at.getFullYear())}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  const clock = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${String(at.getMilliseconds()).padStart(3, '0')}`;
  const parts = [
    day,
    clock,
    entry.level,
    entry.replica === undefined ? '-' : `r${String(entry.replica)}`,
    entry.request ?? '-',
    entry.message,
  ];
  return entry.trace === undefined ? parts.join(' ') : `${parts.join(' ')}\n${asText(entry.trace).trimEnd()}`;
}

/** The lines of a list as text, one under the other. */
export function linesText(items: readonly Item[]): string {
  return items.map((item) => (item.kind === 'line' ? `${lineText(item.entry)}\n` : '')).join('');
}
