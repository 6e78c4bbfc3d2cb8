import type { Connection, ConnectionKeys } from '../../core/connection';
import { ServingError } from '../../core/errors';
import { t } from '../../core/l10n';
import type { Http, HttpRequest, HttpResponse, HttpRetry } from '../http';
import type { HttpRoute } from '../httpRoute';
import { ServerClock } from './clock';
import { brokenAnswer, toFailure } from './failures';
import { API_PATH, parsed, type Scope } from './wire';

export interface ClientParts {
  readonly http: Pick<Http, 'send' | 'receive'>;
  readonly connection: Connection;
  /** Asked with each call; what it gives is not kept. */
  readonly keys: ConnectionKeys;
  /** Rejects when the certificates of the connection cannot be read. */
  readonly route: () => Promise<HttpRoute>;
}

export interface Call {
  /** What fails when it fails: "Could not list the servings". */
  readonly what: string;
  readonly scope: Scope;
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  /** In place of the path: elsewhere than below the API. */
  readonly url?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  /** Text and bytes go as they are, anything else as JSON. */
  readonly body?: unknown;
  /** What the body is, where it is no JSON. */
  readonly type?: string;
  /** Milliseconds; 0: as long as it takes. */
  readonly timeout?: number;
  /** What only reads is sent again without it. */
  readonly retry?: HttpRetry;
  /** Gets how many bytes of the body have gone. */
  readonly onSent?: (bytes: number) => void;
}

const TIMEOUT_MS = 30_000;
const RETRY = { tries: 3, firstMs: 400 } as const;

/**
 * Sends calls to Hopsworks and reads what it answers. The key goes into the header of the request and nowhere else; where
 * an answer repeats it, it is taken out.
 */
export class HopsworksCalls {
  /** Of the server, by what it answered last. */
  readonly clock = new ServerClock();

  constructor(protected readonly parts: ClientParts) {}

  /** Any call, for whether it is allowed. */
  async json(call: Call, signal: AbortSignal): Promise<unknown> {
    return this.read(call.what, call.scope, await this.send(call, signal));
  }

  /** Writes a file of the project to one of this computer. */
  async download(call: Call, file: string, onBytes: (count: number) => void, signal: AbortSignal): Promise<void> {
    const answer = await this.asked(call, signal, (request) => this.parts.http.receive(request, file, onBytes));
    if (answer.status < 200 || answer.status > 299) {
      throw toFailure(call.what, answer, this.parts.connection, call.scope);
    }
  }

  /** What an answer of success holds; undefined: nothing. */
  read(what: string, scope: Scope, answer: HttpResponse): unknown {
    if (answer.status < 200 || answer.status > 299) {
      throw toFailure(what, answer, this.parts.connection, scope);
    }
    if (answer.body.trim() === '') {
      return undefined;
    }
    const value = parsed(answer.body);
    if (value === undefined) {
      throw brokenAnswer(what, t('no JSON'), this.parts.connection);
    }
    return value;
  }

  /** Whatever is answered; to be read by `read`, or by its status. */
  async send(call: Call, signal: AbortSignal): Promise<HttpResponse> {
    return this.asked(call, signal, (request) => this.parts.http.send(request));
  }

  protected async asked(
    { what, method, path, url, headers, query, body, type, timeout, retry, onSent }: Call,
    signal: AbortSignal,
    ask: (request: HttpRequest) => Promise<HttpResponse>,
  ): Promise<HttpResponse> {
    const { connection, keys, route } = this.parts;
    const secret = (await keys.get(connection.id))?.trim();
    if (secret === undefined || secret === '') {
      throw new ServingError(
        'signedOut',
        t('{0}: nobody is signed in to {1} at {2}', what, connection.project, connection.address),
        {
          remedies: [{ kind: 'signIn', connection: connection.id }],
        },
      );
    }
    const asked = query ? `?${new URLSearchParams(query).toString()}` : '';
    try {
      const answer = await ask({
        method,
        url: url ?? `${connection.address}${API_PATH}${path}${asked}`,
        headers: {
          accept: 'application/json',
          ...headers,
          authorization: `ApiKey ${secret}`,
          ...(body === undefined ? {} : { 'content-type': type ?? 'application/json' }),
        },
        ...(body === undefined ? {} : { body: isPlain(body) ? body : JSON.stringify(body) }),
        timeout: timeout ?? TIMEOUT_MS,
        route: await route(),
        ...(retry ? { retry } : method === 'GET' ? { retry: RETRY } : {}),
        ...(onSent ? { onSent } : {}),
        signal,
      });
      this.clock.note(answer.headers.date, Date.now());
      return withoutKey(answer, secret);
    } catch (error) {
      throw reached(error, what, connection);
    }
  }
}

function isPlain(body: unknown): body is string | Uint8Array {
  return typeof body === 'string' || body instanceof Uint8Array;
}

/** An answer that repeats the key, as some pages of errors do, must not carry it into a message or a log. */
function withoutKey(answer: HttpResponse, key: string): HttpResponse {
  const secret = key.slice(key.indexOf('.') + 1);
  const hide = (text: string): string => (secret === '' ? text : text.replaceAll(key, '***').replaceAll(secret, '***'));
  return {
    ...answer,
    body: hide(answer.body),
    statusText: hide(answer.statusText),
    headers: Object.fromEntries(Object.entries(answer.headers).map(([name, value]) => [name, hide(value)])),
  };
}

function reached(error: unknown, what: string, { id }: Connection): unknown {
  if (!(error instanceof ServingError) || error.code === 'cancelled') {
    return error;
  }
  const kind = error.code === 'unreachable' || error.code === 'certificate' ? 'editConnection' : 'testConnection';
  return new ServingError(error.code, `${what}: ${error.message}`, {
    cause: error.cause,
    remedies: [...error.remedies, { kind, connection: id }],
  });
}
