import type { InferenceRecord, RecordedBody } from '../../core/inferenceLog';
import { t } from '../../core/l10n';
import { isObject } from '../../core/objects';

/** Records of some lines, and how many lines were none. */
export interface ParsedLines {
  readonly records: readonly InferenceRecord[];
  readonly broken: number;
}

type Fields = Readonly<Record<string, unknown>>;

/** Whole lines of a serving's local log. A line that is no record is counted and passed over. */
export function parseLines(bytes: Uint8Array): ParsedLines {
  const lines = new TextDecoder().decode(bytes).split('\n');
  const given = lines.filter((line) => line.trim() !== '');
  const records = given.map(toRecord).filter((record) => record !== undefined);
  return { records, broken: given.length - records.length };
}

/** What is told of lines that could not be read; none where all could be. */
export function troublesOf(broken: number): readonly string[] {
  return broken === 0 ? [] : [t('{0} lines of the log are no records and were left out', broken)];
}

function toRecord(line: string): InferenceRecord | undefined {
  const fields = parsed(line);
  const time = typeof fields?.time === 'string' ? Date.parse(fields.time) : Number.NaN;
  if (fields === undefined || Number.isNaN(time) || typeof fields.status !== 'number') {
    return undefined;
  }
  const request = toBody(fields.request);
  const reply = toBody(fields.reply);
  return {
    time,
    id: textOf(fields.id),
    serving: textOf(fields.serving),
    model: textOf(fields.model),
    ...numberOf('version', fields.version),
    ...numberOf('replica', fields.replica),
    verb: textOf(fields.verb),
    ...(typeof fields.protocol === 'string' ? { protocol: fields.protocol } : {}),
    ...(typeof fields.path === 'string' ? { path: fields.path } : {}),
    status: fields.status,
    ...numberOf('latencyMs', fields.ms),
    ...(fields.aborted === true ? { aborted: true } : {}),
    headers: textsOf(fields.headers),
    ...(request === undefined ? {} : { request }),
    ...(reply === undefined ? {} : { reply }),
  };
}

function toBody(value: unknown): RecordedBody | undefined {
  if (!isObject(value)) {
    return undefined;
  }
  const { bytes, text, base64, withheld, redacted, type } = value;
  return {
    bytes: typeof bytes === 'number' ? bytes : 0,
    ...(typeof text === 'string' ? { text } : {}),
    ...(typeof base64 === 'string' ? { base64 } : {}),
    ...(typeof withheld === 'string' ? { withheld } : {}),
    ...(redacted === undefined || redacted === false ? {} : { redacted: true }),
    ...(typeof type === 'string' && type !== '' ? { type } : {}),
  };
}

function parsed(line: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
}

function numberOf<K extends string>(name: K, value: unknown): Partial<Record<K, number>> {
  return typeof value === 'number' ? ({ [name]: value } as Partial<Record<K, number>>) : {};
}

function textsOf(value: unknown): Readonly<Record<string, string>> {
  const all = isObject(value) ? Object.entries(value) : [];
  return Object.fromEntries(all.flatMap(([name, each]) => (typeof each === 'string' ? [[name, each]] : [])));
}
