import type { AxiosInstance, AxiosStatic } from 'axios';
import { messageOf, ServingError } from '../core/errors';

export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Milliseconds; 0: as long as it takes. */
  readonly timeout?: number;
  readonly signal: AbortSignal;
}

export interface HttpResponse {
  readonly status: number;
  readonly statusText: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Milliseconds from sending to the last byte. */
  readonly latencyMs: number;
}

/** The one door to HTTP. Any answer resolves, whatever its status; rejects with `unreachable`, `timeout` or `cancelled`. */
export class Http {
  private client: Promise<Client> | undefined;

  async send(request: HttpRequest): Promise<HttpResponse> {
    this.client ??= load();
    const { axios, instance } = await this.client;
    const started = performance.now();
    try {
      const answer = await instance.request<string>({
        method: request.method,
        url: request.url,
        data: request.body,
        headers: { ...request.headers },
        timeout: request.timeout ?? 0,
        signal: request.signal,
      });
      return {
        status: answer.status,
        statusText: answer.statusText,
        headers: Object.fromEntries(Object.entries(answer.headers).map(([name, value]) => [name, String(value)])),
        body: answer.data,
        latencyMs: performance.now() - started,
      };
    } catch (error) {
      throw toError(axios, error, request.url);
    }
  }
}

interface Client {
  readonly axios: AxiosStatic;
  readonly instance: AxiosInstance;
}

/** Loaded with the first request: it is half of what there would be to load when a window opens. */
async function load(): Promise<Client> {
  const { default: axios } = await import('axios');
  const instance = axios.create({
    // A proxy never knows the way to this computer's own servers.
    proxy: false,
    responseType: 'text',
    transformResponse: (data: unknown) => data,
    transformRequest: (data: unknown) => data,
    validateStatus: () => true,
    maxContentLength: Infinity,
    maxBodyLength: Infinity,
    maxRedirects: 0,
  });
  return { axios, instance };
}

function toError({ isAxiosError, isCancel }: AxiosStatic, error: unknown, url: string): ServingError {
  if (isCancel(error)) {
    return new ServingError('cancelled', 'The request was cancelled', { cause: error });
  }
  const { host } = new URL(url);
  const code = isAxiosError(error) ? error.code : undefined;
  if (code === 'ECONNABORTED' || code === 'ETIMEDOUT') {
    return new ServingError('timeout', `${host} did not answer in time`, { cause: error });
  }
  if (code === 'ECONNREFUSED') {
    return new ServingError('unreachable', `Nothing answers at ${host}`, { cause: error });
  }
  if (code === 'ECONNRESET') {
    return new ServingError(
      'unreachable',
      `${host} closed the connection before it had answered: the server may have ended`,
      { cause: error },
    );
  }
  return new ServingError('unreachable', `Could not reach ${host}: ${messageOf(error)}`, { cause: error });
}
