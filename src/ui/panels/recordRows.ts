import type { InferenceRecord, RecordedBody } from '../../core/inferenceLog';
import { t } from '../../core/l10n';
import { MARKS } from '../../protocol/recordBatch';
import type { RecordBatch } from '../../protocol/recordBatch';

/** Characters of a body that a row shows. */
const SHOWN = 160;
/** The wrapping that every request and reply has, and that says nothing. */
const WRAPPING = /^\s*\{\s*"(?:inputs|instances|predictions)"\s*:\s*/;

/** Records as the page lists them. @param base number of the first one */
export function toRecordBatch(first: boolean, base: number, records: readonly InferenceRecord[]): RecordBatch {
  const verbs = [...new Set(records.map(({ verb }) => verb))];
  return {
    first,
    base,
    times: records.map(({ time }) => time),
    statuses: records.map(({ status }) => status),
    latencies: records.map(({ latencyMs = -1 }) => latencyMs),
    requestBytes: records.map(({ request }) => request?.bytes ?? -1),
    replyBytes: records.map(({ reply }) => reply?.bytes ?? -1),
    verbs,
    verbAt: records.map(({ verb }) => verbs.indexOf(verb)),
    marks: records.map(toMarks),
    requests: records.map(({ request }) => beginning(request)),
    replies: records.map(({ reply }) => beginning(reply)),
  };
}

function toMarks({ request, reply, aborted }: InferenceRecord): number {
  const bodies = [request, reply];
  return (
    (bodies.some((body) => body?.redacted) ? MARKS.redacted : 0) +
    (bodies.some((body) => body?.withheld !== undefined) ? MARKS.withheld : 0) +
    (aborted ? MARKS.aborted : 0)
  );
}

function beginning(body: RecordedBody | undefined): string {
  if (body?.text === undefined) {
    return body?.base64 === undefined ? '' : t('binary, {0}', body.type ?? 'base64');
  }
  const part = body.text.slice(0, SHOWN * 2);
  const inner = part.replace(WRAPPING, '');
  const whole = inner !== part && body.text.length === part.length ? inner.replace(/\s*\}\s*$/, '') : inner;
  return whole.replace(/\s+/g, ' ').slice(0, SHOWN);
}
