import type { InferenceRecord, RecordedBody } from '../../core/inferenceLog';
import { t } from '../../core/l10n';
import { whyNotAgain } from '../../app/inferenceLog/again';
import { whyNoTest } from '../../app/inferenceLog/recordTest';
import type { BodyView, RecordView } from '../../protocol/views/record';

/** Characters of a body that the page gets. */
const LONGEST = 200_000;

/** A record as the page shows it when it is opened. */
export function toRecordView(record: InferenceRecord): RecordView {
  const { id, serving, model, version, replica, path, headers, request, reply } = record;
  const notAgain = whyNotAgain(record);
  const notTest = whyNoTest(record);
  return {
    id,
    serving,
    model: version === undefined ? model : `${model} ${String(version)}`,
    headers,
    request: toBodyView(request),
    reply: toBodyView(reply),
    ...(replica === undefined ? {} : { replica }),
    ...(path === undefined ? {} : { path }),
    ...(notAgain === undefined ? {} : { notAgain }),
    ...(notTest === undefined ? {} : { notTest }),
  };
}

function toBodyView(body: RecordedBody | undefined): BodyView {
  if (body === undefined) {
    return { none: t('Not kept: the mode of the log leaves it out.'), notes: [] };
  }
  const { bytes, type, redacted } = body;
  const text = body.text ?? body.base64;
  return {
    bytes,
    notes: [...(redacted ? [t('redacted')] : []), ...(body.base64 === undefined ? [] : ['base64'])],
    ...(type === undefined ? {} : { type }),
    ...(text === undefined
      ? { none: t('Withheld: {0}', body.withheld ?? t('nothing of it is kept')) }
      : { text: text.slice(0, LONGEST) }),
    ...(text !== undefined && text.length > LONGEST ? { cutFrom: text.length } : {}),
  };
}
