import { ServingError } from '../../core/errors';
import { t } from '../../core/l10n';
import type { Serving, ServingRef } from '../../core/serving';
import { externalUrl } from '../../platform/externalUri';
import type { PredictParams } from '../../protocol/views/console';
import type { RequestToCopy } from './copyAs';
import { endpointOf } from './openTarget';
import { toCopy } from './toCopy';

/** A request to copy, as the person's own computer reaches the serving; rejects where there is no endpoint. */
export async function askedRequest(
  ref: ServingRef,
  serving: Serving | undefined,
  params: PredictParams,
): Promise<RequestToCopy> {
  endpointOf(ref, serving);
  if (serving === undefined) {
    throw new ServingError('notFound', t('There is no serving named {0} any more', ref.name));
  }
  const request = toCopy(serving, params);
  return serving.kind === 'hopsworks' ? request : { ...request, url: await externalUrl(request.url) };
}
