import type { AxiosInstance, AxiosRequestConfig, AxiosStatic } from 'axios';
import { setTimeout as sleep } from 'node:timers/promises';
import { isCancelled, messageOf, ServingError } from '../core/errors';
import { agentOf, isCertificateProblem, proxyOf, type HttpRoute } from './httpRoute';

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly url: string;
  readonly body?: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  /** Milliseconds; 0: as long as it takes. */
  readonly timeout?: number;
  /** Whom to trust and which way to take; without it: straight there. The same object each time keeps connections. */
  readonly route?: HttpRoute;
  /** Only for what may be sent twice without harm; without it nothing is sent again. */
  readonly retry?: HttpRetry;
  readonly signal: AbortSignal;
}

export interface HttpRetry {
  /** How often it is sent at the most, the first time included. */
  readonly tries: number;
  /** Milliseconds before the second try; twice as long before each further one, and by chance less. */
  readonly firstMs: number;
}

export interface HttpResponse {
  readonly status: number;
  readonly statusText: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Milliseconds from sending to the last byte. */
  readonly latencyMs: number;
}

/** Answers of something in between, or of one that has too much to do: the next try may fare better. */
const PASSING = [429, 502, 503, 504];
const LONGEST_PAUSE_MS = 10_000;

/**
 * The one door to HTTP. Any answer resolves, whatever its status; rejects with `unreachable`, `certificate`, `timeout` or
 * `cancelled`. No error carries the request, whose headers may hold a key.
 */
export class Http {
  private client: Promise<Client> | undefined;

  async send(request: HttpRequest): Promise<HttpResponse> {
    const tries = Math.max(1, request.retry?.tries ?? 1);
    for (let tried = 1; ; tried++) {
      let answer: HttpResponse | undefined;
      try {
        answer = await this.once(request);
        if (tried >= tries || !PASSING.includes(answer.status)) {
          return answer;
        }
      } catch (error) {
        if (tried >= tries || isCancelled(error) || (error instanceof ServingError && error.code === 'certificate')) {
          throw error;
        }
      }
      await pause(request, tried, answer?.headers['retry-after']);
    }
  }

  private async once(request: HttpRequest): Promise<HttpResponse> {
    this.client ??= load();
    const { axios, instance } = await this.client;
    const started = performance.now();
    try {
      const answer = await instance.request<string>({
        method: request.method,
        url: request.url,
        data: typeof request.body === 'object' ? Buffer.from(request.body) : request.body,
        // Without a body axios would name a type for it all the same.
        headers: { ...request.headers, ...(request.body === undefined ? { 'content-type': false } : {}) },
        timeout: request.timeout ?? 0,
        signal: request.signal,
        ...(request.route ? wayOf(request.route, request.url) : {}),
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

function wayOf(route: HttpRoute, url: string): AxiosRequestConfig {
  const proxy = proxyOf(route, url);
  return { httpsAgent: agentOf(route), ...(proxy ? { proxy } : {}) };
}

async function pause({ retry, signal }: HttpRequest, tried: number, asked: string | undefined): Promise<void> {
  const own = (retry?.firstMs ?? 0) * 2 ** (tried - 1) * (0.5 + Math.random() / 2);
  const seconds = Number(asked);
  const ms = asked !== undefined && Number.isFinite(seconds) && seconds >= 0 ? Math.max(own, seconds * 1000) : own;
  try {
    await sleep(Math.min(ms, LONGEST_PAUSE_MS), undefined, { signal });
  } catch (error) {
    throw new ServingError('cancelled', 'The request was cancelled', { cause: error });
  }
}

function toError({ isAxiosError, isCancel }: AxiosStatic, error: unknown, url: string): ServingError {
  const cause = bare(error);
  if (isCancel(error)) {
    return new ServingError('cancelled', 'The request was cancelled', { cause });
  }
  const { host } = new URL(url);
  const code = isAxiosError(error) ? error.code : undefined;
  if (code === 'ECONNABORTED' || code === 'ETIMEDOUT') {
    return new ServingError('timeout', `${host} did not answer in time`, { cause });
  }
  if (code === 'ECONNREFUSED') {
    return new ServingError('unreachable', `Nothing answers at ${host}`, { cause });
  }
  if (code === 'ECONNRESET') {
    return new ServingError(
      'unreachable',
      `${host} closed the connection before it had answered: the server may have ended`,
      { cause },
    );
  }
  if (isCertificateProblem(code)) {
    return new ServingError('certificate', `The certificate of ${host} is not trusted: ${messageOf(error)}`, { cause });
  }
  return new ServingError('unreachable', `Could not reach ${host}: ${messageOf(error)}`, { cause });
}

/** What was thrown, without the request that axios hangs on it. */
function bare(error: unknown): Error {
  const kept = new Error(messageOf(error));
  return error instanceof Error && 'code' in error ? Object.assign(kept, { code: error.code }) : kept;
}
