import type { InferenceRecord } from '../../core/inferenceLog';
import { checkJson } from '../../core/jsonText';
import { ServingError } from '../../core/errors';
import { t } from '../../core/l10n';
import { toExpected } from '../requests/expected';
import type { SavedRequest } from '../requests/requestsText';
import { isTensors, toRequest, whyNotAgain } from './again';

/** Why no test can be made of a record; undefined where one can. */
export function whyNoTest(record: InferenceRecord): string | undefined {
  const { request, reply } = record;
  const notAgain = whyNotAgain(record);
  if (notAgain !== undefined) {
    return notAgain;
  }
  if (checkJson(request?.text ?? '') !== undefined) {
    return t('The request is no JSON.');
  }
  if (isTensors(record, request?.text ?? '')) {
    return t('A file of requests takes none of the Open Inference Protocol.');
  }
  return reply?.redacted ? t('Parts of the reply are redacted.') : undefined;
}

/** A record as a test: its request, and what was answered as what is expected. Without a reply, of its status only. */
export function toTest(record: InferenceRecord): SavedRequest {
  const request = toRequest(record);
  const why = whyNoTest(record);
  if (request === undefined || why !== undefined) {
    throw new ServingError('invalid', t('Could not make a test: {0}', why ?? t('The request was not kept.')));
  }
  const { verb, body } = request;
  const { status, reply } = record;
  const name = `${verb} ${new Date(record.time).toISOString().slice(0, 19).replace('T', ' ')}`;
  // An error tells the id of its request, which is another one each time: then its status has to do.
  const tells = status >= 400 && record.id !== '' && reply?.text?.includes(record.id);
  return { name, verb, body, expect: toExpected({ status, body: tells ? '' : (reply?.text ?? '') }) };
}
