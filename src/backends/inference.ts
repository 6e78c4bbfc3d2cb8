import { STREAM_TYPES, type InferenceRequest, type InferenceResponse } from '../core/backend';
import type { Endpoint } from '../core/serving';
import type { Http, HttpResponse } from './http';

/** Sends a request to an endpoint, with its bearer token where it has one, and gives back whatever was answered. */
export async function infer(
  http: Http,
  endpoint: Endpoint,
  request: InferenceRequest,
  signal: AbortSignal,
  token?: string,
): Promise<InferenceResponse> {
  const answer = await http.send({
    method: 'POST',
    url: urlFor(endpoint, request),
    body: request.body,
    headers: {
      'content-type': 'application/json',
      ...(request.stream ? { accept: STREAM_TYPES[request.stream] } : {}),
      ...bearer(token),
    },
    ...(request.onText ? { onText: request.onText } : {}),
    signal,
  });
  return withRequestId(answer);
}

function urlFor({ url }: Endpoint, { verb, protocol }: InferenceRequest): string {
  return protocol === 'v2' ? `${url.replace('/v1/models/', '/v2/models/')}/infer` : `${url}:${verb}`;
}

/** Longer than that, and it is done without. */
const DOCUMENT_MS = 10_000;

/** The OpenAPI document of an endpoint; undefined where there is none. */
export async function openApiOf(http: Http, endpoint: Endpoint, signal: AbortSignal, token?: string): Promise<unknown> {
  const url = new URL('/openapi.json', endpoint.url).href;
  const { status, body } = await http.send({
    method: 'GET',
    url,
    headers: bearer(token),
    timeout: DOCUMENT_MS,
    signal,
  });
  if (status !== 200) {
    return undefined;
  }
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return undefined;
  }
}

function bearer(token: string | undefined): Readonly<Record<string, string>> {
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}

/** An answer with the server's id of the request, where it tells one. */
export function withRequestId(answer: HttpResponse): InferenceResponse {
  const requestId = answer.headers['x-request-id'];
  return { ...answer, ...(requestId === undefined ? {} : { requestId }) };
}

/** Where a model of this name answers; an address with colons is put in brackets. */
export function endpointOf(name: string, host: string, port: number): Endpoint {
  const shown = host.includes(':') ? `[${host}]` : host;
  return { host, port, url: `http://${shown}:${port}/v1/models/${name}` };
}
