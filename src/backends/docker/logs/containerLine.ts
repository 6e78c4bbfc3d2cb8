import type { LogLine } from '../../../core/backend';
import { isObject } from '../../../core/objects';
import { toLogLine } from '../../local/logLine';
import type { ContainerLogLine } from '../engine/port';
import { toGatewayLine } from './gatewayLine';

/** Knows for a file in a container which file of the workspace it is a copy of. */
export interface FileMap {
  fileOf(file: string): string;
}

export interface LineSource {
  readonly role: 'replica' | 'gateway';
  readonly replica?: number;
  readonly files: FileMap;
}

/** `  File "/serving/Models/iris/1/predict.py", line 3, in predict` */
const TRACE_PLACE = /(\bFile ")(\/[^"\n]+)(", line \d+)/g;

/** One line of a container's output as a line of the serving's log; undefined when it is not for it. Total. */
export function toLine(line: ContainerLogLine, source: LineSource): LogLine | undefined {
  const time = Date.parse(line.time);
  const at = Number.isNaN(time) ? Date.now() : time;
  if (source.role === 'gateway') {
    return toGatewayLine(line.text, at);
  }
  const replica = source.replica === undefined ? {} : { replica: source.replica };
  const record = serverRecord(line);
  if (record) {
    const { files } = source;
    return { ...record, ...replica, message: mapText(record.message, files), fields: mapFields(record.fields, files) };
  }
  if (line.text === '') {
    return undefined;
  }
  return {
    time: at,
    level: line.stream === 'stderr' ? 'ERROR' : 'INFO',
    logger: line.stream,
    ...replica,
    message: mapText(line.text, source.files),
    fields: { stream: line.stream },
  };
}

/** Only the server writes records, and only there: what else looks like one was printed by somebody's code. */
export function serverRecord({ stream, text }: ContainerLogLine): LogLine | undefined {
  return stream === 'stdout' && isRecord(text) ? toLogLine(text) : undefined;
}

function isRecord(text: string): boolean {
  if (!text.startsWith('{')) {
    return false;
  }
  try {
    const value = JSON.parse(text) as Readonly<Record<string, unknown>>;
    return ['time', 'level', 'logger', 'message'].every((name) => typeof value[name] === 'string');
  } catch {
    return false;
  }
}

function mapFields(fields: Readonly<Record<string, unknown>>, files: FileMap): Readonly<Record<string, unknown>> {
  const { exception } = fields;
  if (!isObject(exception) || !Array.isArray(exception.frames)) {
    return fields;
  }
  const frames = exception.frames.map((frame: unknown) =>
    isObject(frame) && typeof frame.file === 'string' ? { ...frame, file: files.fileOf(frame.file) } : frame,
  );
  return { ...fields, exception: { ...exception, frames } };
}

function mapText(text: string, files: FileMap): string {
  return text.includes('File "')
    ? text.replace(
        TRACE_PLACE,
        (_, before: string, file: string, after: string) => `${before}${files.fileOf(file)}${after}`,
      )
    : text;
}
