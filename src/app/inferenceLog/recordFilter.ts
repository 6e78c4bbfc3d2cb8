import type { InferenceRecord, RecordedBody } from '../../core/inferenceLog';
import { holdsFor, isProblem, parseExpression } from '../../core/recordExpression';

/** What a record was answered with. */
export type StatusClass = 'ok' | '4xx' | '5xx';

/** What records are narrowed to; without a field, to nothing of it. */
export interface RecordFilter {
  /** In whatever case, in request, reply, headers, path or id. */
  readonly text?: string;
  readonly off: readonly StatusClass[];
  /** Milliseconds since 1970. */
  readonly from?: number;
  readonly to?: number;
  /** Over the JSON of request and reply. */
  readonly path?: string;
}

export function statusClass(status: number): StatusClass {
  return status >= 500 ? '5xx' : status >= 400 ? '4xx' : 'ok';
}

/** Whether a record is shown; cheap questions come first. A path that is wrong narrows nothing. */
export function toSieve({ text = '', off, from, to, path = '' }: RecordFilter): (record: InferenceRecord) => boolean {
  const expression = path.trim() === '' ? undefined : parseExpression(path);
  const asked = expression === undefined || isProblem(expression) ? undefined : expression;
  const wanted = text.trim().toLowerCase();
  return (record) =>
    !off.includes(statusClass(record.status)) &&
    (from === undefined || record.time >= from) &&
    (to === undefined || record.time <= to) &&
    (wanted === '' || has(record, wanted)) &&
    (asked === undefined || holdsFor(asked, documentsOf(record)));
}

function has({ id, path, request, reply, headers }: InferenceRecord, wanted: string): boolean {
  return (
    [id, path, request?.text, reply?.text].some((text) => text?.toLowerCase().includes(wanted)) ||
    Object.entries(headers).some(([name, value]) => `${name}: ${value}`.toLowerCase().includes(wanted))
  );
}

function documentsOf({ request, reply }: InferenceRecord): readonly unknown[] {
  return [request, reply].map(toDocument);
}

function toDocument(body: RecordedBody | undefined): unknown {
  try {
    return body?.text === undefined ? undefined : JSON.parse(body.text);
  } catch {
    return undefined;
  }
}
