import type { InferenceRecord } from '../../core/inferenceLog';

/** A record as a line of NDJSON, its time as text; the bodies as they were kept. */
export function lineOf({ time, ...record }: InferenceRecord): string {
  return `${JSON.stringify({ time: new Date(time).toISOString(), ...record })}\n`;
}

/** The columns of a table of records, in all formats that have columns. */
export const COLUMNS = [
  { name: 'time', kind: 'time', of: ({ time }) => time },
  { name: 'id', kind: 'text', of: ({ id }) => id },
  { name: 'serving', kind: 'text', of: ({ serving }) => serving },
  { name: 'model', kind: 'text', of: ({ model }) => model },
  { name: 'version', kind: 'whole', of: ({ version }) => version },
  { name: 'replica', kind: 'whole', of: ({ replica }) => replica },
  { name: 'verb', kind: 'text', of: ({ verb }) => verb },
  { name: 'protocol', kind: 'text', of: ({ protocol }) => protocol },
  { name: 'path', kind: 'text', of: ({ path }) => path },
  { name: 'status', kind: 'whole', of: ({ status }) => status },
  { name: 'latency_ms', kind: 'number', of: ({ latencyMs }) => latencyMs },
  { name: 'request_bytes', kind: 'whole', of: ({ request }) => request?.bytes },
  { name: 'request', kind: 'text', of: ({ request }) => request?.text ?? request?.base64 },
  { name: 'request_withheld', kind: 'text', of: ({ request }) => request?.withheld },
  { name: 'reply_bytes', kind: 'whole', of: ({ reply }) => reply?.bytes },
  { name: 'reply_type', kind: 'text', of: ({ reply }) => reply?.type },
  { name: 'reply', kind: 'text', of: ({ reply }) => reply?.text ?? reply?.base64 },
  { name: 'reply_withheld', kind: 'text', of: ({ reply }) => reply?.withheld },
] as const satisfies readonly Column[];

export interface Column {
  readonly name: string;
  readonly kind: 'time' | 'text' | 'whole' | 'number';
  readonly of: (record: InferenceRecord) => string | number | undefined;
}

export const CSV_HEAD = `${COLUMNS.map(({ name }) => name).join(',')}\r\n`;

/** A record as a row of CSV (RFC 4180). */
export function rowOf(record: InferenceRecord): string {
  const cells = COLUMNS.map(({ kind, of }) => {
    const value = of(record);
    return cell(kind === 'time' && typeof value === 'number' ? new Date(value).toISOString() : value);
  });
  return `${cells.join(',')}\r\n`;
}

/** What a spreadsheet would take for a formula is text for it, too. */
function cell(value: string | number | undefined): string {
  if (typeof value !== 'string') {
    return value === undefined ? '' : String(value);
  }
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
