import { createReadStream } from 'node:fs';
import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { isNodeError, messageOf, ServingError, toServingError } from '../core/errors';
import { inEnglish, t } from '../core/l10n';
import type { Logger } from '../core/log';
import { checkKey, isForeign, isOurHost } from './access';
import type { Certificate } from './certificate';
import { Problem, problem } from './problem';
import { findRoute, type Call, type Reply, type Route } from './router';

const ADDRESS = '127.0.0.1';
/** A chunk of an upload has 10 MiB. */
const MOST_BYTES = 64 * 1024 * 1024;
const OPEN_ROUTES = ['/hopsworks-api/api/variables/versions'];

export interface ListenerOptions {
  readonly routes: readonly Route[];
  /** What every path begins with. */
  readonly prefix: string;
  readonly key: string;
  /** Undefined: plain HTTP. */
  readonly certificate?: Certificate;
  /** Names of any kind lead here, as clients of older releases route by them. */
  readonly anyHost?: boolean;
  /** 0: one that is free. */
  readonly port: number;
  readonly log: Logger;
  readonly onAsked?: (asked: AskedFor) => void;
}

/** One request as it may be written down: without keys, bodies and queries. */
export interface AskedFor {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly milliseconds: number;
}

/** Answers on this computer only, and only whoever has the key. */
export class Listener {
  private readonly server: Server;

  constructor(private readonly options: ListenerOptions) {
    const { certificate } = options;
    const handle = (request: IncomingMessage, response: ServerResponse): void => {
      void this.handle(request, response);
    };
    this.server = certificate
      ? createHttpsServer({ cert: certificate.certificate, key: certificate.privateKey }, handle)
      : createHttpServer(handle);
  }

  /** Resolves with the port. */
  async listen(): Promise<number> {
    const { port } = this.options;
    try {
      await new Promise<void>((resolve, reject) => {
        this.server.once('error', reject);
        this.server.listen(port, ADDRESS, resolve);
      });
    } catch (error) {
      const isTaken = isNodeError(error) && error.code === 'EADDRINUSE';
      throw isTaken
        ? new ServingError('portInUse', t('Could not start the local Hopsworks API: port {0} is in use', port), {
            remedies: [{ kind: 'choosePort' }],
          })
        : toServingError(error, 'internal', t('Could not start the local Hopsworks API'));
    }
    return (this.server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.server.close(() => {
        resolve();
      });
      this.server.closeAllConnections();
    });
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const gone = new AbortController();
    const begun = performance.now();
    response.once('close', () => {
      gone.abort();
      this.options.onAsked?.({
        method: request.method ?? '',
        path: pathOf(request),
        status: response.statusCode,
        milliseconds: Math.round(performance.now() - begun),
      });
    });
    try {
      // Who asks is a program, which reads what Hopsworks says.
      await send(response, await inEnglish(() => this.reply(request, gone.signal)));
    } catch (error) {
      if (!response.headersSent) {
        const told = toProblem(error);
        if (told.status >= 500) {
          this.options.log.warn(`${request.method ?? ''} ${pathOf(request)}: ${messageOf(error)}`);
        }
        await send(response, { status: told.status, json: told.toJson() }).catch(() => undefined);
      } else {
        response.destroy();
      }
    }
  }

  private async reply(request: IncomingMessage, signal: AbortSignal): Promise<Reply> {
    const { routes, prefix, key, anyHost } = this.options;
    const path = pathOf(request);
    if (isForeign(request.headers) || (anyHost !== true && !isOurHost(request.headers.host))) {
      throw new Problem(
        403,
        120004,
        'Web application exception occurred',
        'Calls of pages of another origin are refused',
      );
    }
    const refused = OPEN_ROUTES.includes(path) ? undefined : checkKey(request.headers, key);
    if (refused !== undefined) {
      throw refused;
    }
    const found = path.startsWith(`${prefix}/`)
      ? findRoute(routes, request.method ?? 'GET', path.slice(prefix.length))
      : undefined;
    if (found === undefined || found === 'method') {
      throw new Problem(
        found === 'method' ? 405 : 404,
        120004,
        'Web application exception occurred',
        `There is no ${request.method ?? ''} ${path} in the local Hopsworks API`,
      );
    }
    const call: Call = {
      params: found.params,
      query: new URL(request.url ?? '/', 'http://localhost').searchParams,
      headers: request.headers,
      signal,
      body: () => readBody(request),
    };
    return found.handler(call);
  }
}

function pathOf({ url = '/' }: IncomingMessage): string {
  return url.split(/[?#]/, 1)[0] ?? '/';
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    length += piece.length;
    if (length > MOST_BYTES) {
      throw new Problem(
        413,
        120004,
        'Web application exception occurred',
        `A body has ${MOST_BYTES} bytes at the most`,
      );
    }
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

async function send(response: ServerResponse, { status, json, raw, file }: Reply): Promise<void> {
  response.statusCode = status;
  response.setHeader('cache-control', 'no-store');
  response.setHeader('x-content-type-options', 'nosniff');
  if (file !== undefined) {
    response.setHeader('content-type', 'application/octet-stream');
    response.setHeader('content-length', file.bytes);
    response.setHeader('content-disposition', `attachment; filename="${encodeURIComponent(file.name)}"`);
    await pipeline(createReadStream(file.path), response);
    return;
  }
  const body = raw?.body ?? (json === undefined ? undefined : JSON.stringify(json));
  if (body !== undefined) {
    response.setHeader('content-type', raw?.type ?? 'application/json');
    if (raw?.requestId !== undefined) {
      response.setHeader('x-request-id', raw.requestId);
    }
  }
  if (status !== 204) {
    response.setHeader('content-length', Buffer.byteLength(body ?? ''));
  }
  response.end(body);
}

/** Whatever goes wrong is told in Hopsworks' form. */
function toProblem(error: unknown): Problem {
  if (error instanceof Problem) {
    return error;
  }
  if (error instanceof ServingError) {
    switch (error.code) {
      case 'invalid':
        return problem(120001, error.message);
      case 'notFound':
        return problem(110018, error.message);
      default:
        return problem(120000, error.message);
    }
  }
  return problem(120000, messageOf(error));
}
