import type { LogLevel, LogLine } from '../../core/backend';

const LEVELS: readonly LogLevel[] = ['DEBUG', 'INFO', 'WARN', 'ERROR'];
const KNOWN = new Set(['time', 'level', 'logger', 'replica', 'request', 'message']);

/** One record of a server's log; text that is no record becomes the message of one. Total. */
export function toLogLine(text: string): LogLine {
  const record = parse(text);
  if (record === undefined) {
    return { time: Date.now(), level: 'INFO', logger: 'server', message: text, fields: {} };
  }
  const time = typeof record.time === 'string' ? Date.parse(record.time) : Number.NaN;
  return {
    time: Number.isNaN(time) ? Date.now() : time,
    level: LEVELS.find((level) => level === record.level) ?? 'INFO',
    logger: typeof record.logger === 'string' ? record.logger : 'server',
    ...(typeof record.replica === 'number' ? { replica: record.replica } : {}),
    ...(typeof record.request === 'string' ? { request: record.request } : {}),
    message: typeof record.message === 'string' ? record.message : '',
    fields: Object.fromEntries(Object.entries(record).filter(([name]) => !KNOWN.has(name))),
  };
}

function parse(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
