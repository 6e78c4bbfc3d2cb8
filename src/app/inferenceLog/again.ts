import { STREAM_TYPES, type InferenceRequest, type StreamForm } from '../../core/backend';
import type { InferenceRecord } from '../../core/inferenceLog';
import { t } from '../../core/l10n';
import { VERBS } from '../../core/serving';

/** Why the request of a record cannot be sent again; undefined where it can. */
export function whyNotAgain({ verb, protocol, request }: InferenceRecord): string | undefined {
  if (request === undefined) {
    return t('The request was not kept.');
  }
  if (request.redacted) {
    return t('Parts of the request are redacted.');
  }
  if (request.withheld !== undefined || request.text === undefined) {
    return request.base64 === undefined ? t('The request was withheld.') : t('The request is no text.');
  }
  if (protocol === 'app') {
    return t('Requests to an app of its own cannot be sent from here.');
  }
  return VERBS.some((each) => each === verb) ? undefined : t('Requests for {0} cannot be sent from here.', verb);
}

/** The request of a record, to be sent again as it came; undefined where it cannot be. */
export function toRequest(record: InferenceRecord): InferenceRequest | undefined {
  const verb = VERBS.find((each) => each === record.verb);
  const body = record.request?.text;
  if (verb === undefined || body === undefined || whyNotAgain(record) !== undefined) {
    return undefined;
  }
  const stream = streamOf(record.reply?.type);
  const protocol = isTensors(record, body) ? { protocol: 'v2' as const } : {};
  return { verb, body, ...protocol, ...(stream === undefined ? {} : { stream }) };
}

/** Whether it is a request of the Open Inference Protocol. A topic does not say so: its tensors do. */
export function isTensors({ protocol }: InferenceRecord, body: string): boolean {
  if (protocol !== undefined) {
    return protocol === 'v2';
  }
  try {
    const { inputs } = JSON.parse(body) as { readonly inputs?: unknown };
    return Array.isArray(inputs) && inputs.length > 0 && inputs.every(isTensor);
  } catch {
    return false;
  }
}

function isTensor(value: unknown): boolean {
  const { name, datatype, shape } = Object(value) as Readonly<Record<string, unknown>>;
  return typeof name === 'string' && typeof datatype === 'string' && Array.isArray(shape);
}

function streamOf(type = ''): StreamForm | undefined {
  return (['events', 'lines'] as const).find((form) => type.startsWith(STREAM_TYPES[form]));
}
