import { STREAM_TYPES } from '../../core/backend';
import type { Serving } from '../../core/serving';
import type { PredictParams } from '../../protocol/views/console';
import type { RequestToCopy } from './copyAs';

/** What the request is sent to, and what it has to bring: a token of its own, or the API key where it is on Hopsworks. */
export function toCopy(
  { kind, definition, run, remote }: Serving,
  { verb, body, route, stream }: PredictParams,
): RequestToCopy {
  const accept = stream === undefined ? {} : { accept: STREAM_TYPES[stream] };
  const direct = route === 'direct' ? remote?.direct : undefined;
  const version = route === 'version' ? `/versions/${String(definition.model.version)}` : '';
  const url = `${direct?.url ?? `${run?.endpoint?.url ?? ''}${version}`}:${verb}`;
  if (kind === 'hopsworks') {
    return { url, body, ...accept, token: 'HOPSWORKS_API_KEY', scheme: 'ApiKey', host: direct?.hostHeader };
  }
  return { url, body, ...accept, token: definition.token };
}
