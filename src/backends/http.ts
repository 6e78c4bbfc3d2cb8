import type { AxiosInstance, AxiosRequestConfig, AxiosResponse, AxiosStatic } from 'axios';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { isNodeError, messageOf, ServingError } from '../core/errors';
import { t } from '../core/l10n';
import { isOfDisk, readText, Stalled, writeBody } from './httpBody';
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
  /** Gets the reply as it comes, beside the whole of it at the end. */
  readonly onText?: (text: string) => void;
  /** Gets how many bytes of the body have gone, from none again with each try. */
  readonly onSent?: (bytes: number) => void;
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
/** Trying again changes nothing. */
const FINAL: readonly string[] = ['cancelled', 'certificate'];

/**
 * The one door to HTTP. Any answer resolves, whatever its status; rejects with `unreachable`, `certificate`, `timeout` or
 * `cancelled`. No error carries the request, whose headers may hold a key.
 */
export class Http {
  private client: Promise<Client> | undefined;

  send(request: HttpRequest): Promise<HttpResponse> {
    return this.tried(request, async ({ instance }) => {
      const started = performance.now();
      if (request.onText) {
        const answer = await instance.request<Readable>({ ...configOf(request), responseType: 'stream' });
        const body = await readText(answer.data, request.onText);
        return { ...headOf(answer), body, latencyMs: performance.now() - started };
      }
      const answer = await instance.request<string>(configOf(request));
      return { ...headOf(answer), body: answer.data, latencyMs: performance.now() - started };
    });
  }

  /**
   * Like `send`, but what a success brings goes into a file as it comes, and is not in the answer. `onBytes` gets what came,
   * and less than none when it has to come again. Rejects with what the disk says where that fails.
   */
  receive(request: HttpRequest, file: string, onBytes: (count: number) => void): Promise<HttpResponse> {
    return this.tried(request, async ({ instance }) => {
      const started = performance.now();
      const answer = await instance.request<Readable>({ ...configOf(request), responseType: 'stream' });
      const isSuccess = answer.status >= 200 && answer.status <= 299;
      const body = isSuccess ? '' : await text(answer.data);
      if (isSuccess) {
        await writeBody(answer.data, file, { onBytes, stallMs: request.timeout ?? 0, signal: request.signal });
      }
      return { ...headOf(answer), body, latencyMs: performance.now() - started };
    });
  }

  private async tried(request: HttpRequest, ask: (client: Client) => Promise<HttpResponse>): Promise<HttpResponse> {
    const tries = Math.max(1, request.retry?.tries ?? 1);
    for (let tried = 1; ; tried++) {
      let answer: HttpResponse | undefined;
      try {
        answer = await this.once(request, ask);
        if (tried >= tries || !PASSING.includes(answer.status)) {
          return answer;
        }
      } catch (error) {
        if (tried >= tries || !(error instanceof ServingError) || FINAL.includes(error.code)) {
          throw error;
        }
      }
      await pause(request, tried, answer?.headers['retry-after']);
    }
  }

  private async once(request: HttpRequest, ask: (client: Client) => Promise<HttpResponse>): Promise<HttpResponse> {
    this.client ??= load();
    const client = await this.client;
    try {
      return await ask(client);
    } catch (error) {
      throw isOfDisk(error) && !request.signal.aborted ? error : toError(client.axios, error, request);
    }
  }
}

function configOf(request: HttpRequest): AxiosRequestConfig {
  const { onSent } = request;
  return {
    method: request.method,
    url: request.url,
    data: typeof request.body === 'object' ? Buffer.from(request.body) : request.body,
    // Without a body axios would name a type for it all the same.
    headers: { ...request.headers, ...(request.body === undefined ? { 'content-type': false } : {}) },
    timeout: request.timeout ?? 0,
    signal: request.signal,
    ...(onSent
      ? {
          onUploadProgress: ({ loaded }: { loaded: number }) => {
            onSent(loaded);
          },
        }
      : {}),
    ...(request.route ? wayOf(request.route, request.url) : {}),
  };
}

function headOf({
  status,
  statusText,
  headers,
}: AxiosResponse): Pick<HttpResponse, 'status' | 'statusText' | 'headers'> {
  return {
    status,
    statusText,
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)])),
  };
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
    throw new ServingError('cancelled', t('The request was cancelled'), { cause: error });
  }
}

function toError({ isAxiosError, isCancel }: AxiosStatic, error: unknown, { url, signal }: HttpRequest): ServingError {
  const cause = bare(error);
  if (isCancel(error) || signal.aborted) {
    return new ServingError('cancelled', t('The request was cancelled'), { cause });
  }
  const { host } = new URL(url);
  const code = isAxiosError(error) || isNodeError(error) ? error.code : undefined;
  if (code === 'ECONNABORTED' || code === 'ETIMEDOUT' || error instanceof Stalled) {
    return new ServingError('timeout', t('{0} did not answer in time', host), { cause });
  }
  if (code === 'ECONNREFUSED') {
    return new ServingError('unreachable', t('Nothing answers at {0}', host), { cause });
  }
  if (code === 'ECONNRESET' || code === 'ERR_STREAM_PREMATURE_CLOSE') {
    return new ServingError(
      'unreachable',
      t('{0} closed the connection before it had answered: the server may have ended', host),
      { cause },
    );
  }
  if (isCertificateProblem(code)) {
    return new ServingError('certificate', t('The certificate of {0} is not trusted: {1}', host, messageOf(error)), {
      cause,
    });
  }
  return new ServingError('unreachable', t('Could not reach {0}: {1}', host, messageOf(error)), { cause });
}

/** What was thrown, without the request that axios hangs on it. */
function bare(error: unknown): Error {
  const kept = new Error(messageOf(error));
  return error instanceof Error && 'code' in error ? Object.assign(kept, { code: error.code }) : kept;
}
