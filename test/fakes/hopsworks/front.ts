import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const ROOT = '/hopsworks-api/api';

/** A request as it came. */
export interface Asked {
  readonly method: string;
  /** Without the root and the query. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  readonly bytes: Buffer;
  /** Path and query as they were sent. */
  readonly url: string;
}

export interface Answer {
  readonly status: number;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent as it is, in place of `body`. */
  readonly raw?: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
  /** `half`: cut off in the middle, `slow`: in small pieces with pauses. */
  readonly sent?: 'half' | 'slow';
}

/** `hangUp`: the connection is closed; `never`: nothing comes. */
export type Reply = Answer | 'hangUp' | 'never' | 'half';
/**
 * Decides about a request before the server does; a function gets what the server answered, so that what was asked for is
 * done and only the answer goes wrong.
 */
export type Fault = (asked: Asked) => Reply | ((answer: Answer) => Reply) | undefined;

export const failure = (status: number, errorCode: number, errorMsg: string, usrMsg?: string): Answer => ({
  status,
  body: { errorCode, errorMsg, ...(usrMsg === undefined ? {} : { usrMsg }) },
});

/** A fault for the first requests that match, as "METHOD path?query"; the "?" is there without a query, too. */
export function times(count: number, when: (call: string) => boolean, fault: ReturnType<Fault>): Fault {
  let left = count;
  return (asked) => {
    const call = callOf(asked);
    return when(call.includes('?') ? call : `${call}?`) && left-- > 0 ? fault : undefined;
  };
}

/** A request as "METHOD path?query", without the root. */
export function callOf({ method, path, query }: Asked): string {
  const asked = new URLSearchParams(query).toString();
  return `${method} ${path}${asked === '' ? '' : `?${asked}`}`;
}

/** The HTTP of a server of Hopsworks for tests: keeps what was asked, and lets go wrong what is told to. */
export abstract class Front {
  readonly asked: Asked[] = [];
  readonly faults: Fault[] = [];
  address = '';
  private server: Server | undefined;

  async listen(): Promise<this> {
    const server = createServer((request, response) => {
      // What is behind it may end first.
      this.serve(request, response).catch(() => request.socket.destroy());
    });
    this.server = server;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    this.address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return this;
  }

  async close(): Promise<void> {
    this.server?.closeAllConnections();
    await new Promise((resolve) => this.server?.close(resolve));
  }

  get calls(): readonly string[] {
    return this.asked.map(callOf);
  }

  protected abstract answer(asked: Asked): Answer | Promise<Answer>;

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) {
      chunks.push(chunk as Buffer);
    }
    const bytes = Buffer.concat(chunks);
    const url = new URL(request.url ?? '', 'http://x');
    const asked: Asked = {
      method: request.method ?? '',
      path: url.pathname.slice(ROOT.length),
      query: Object.fromEntries(url.searchParams),
      headers: request.headers,
      body: bytes.toString(),
      bytes,
      url: request.url ?? '',
    };
    this.asked.push(asked);
    let fault: ReturnType<Fault>;
    for (const each of this.faults) {
      fault ??= each(asked);
    }
    const own = (): Answer | Promise<Answer> =>
      url.pathname.startsWith(`${ROOT}/`) ? this.answer(asked) : { status: 404, raw: '<html>not here</html>' };
    const reply = typeof fault === 'function' ? fault(await own()) : (fault ?? (await own()));
    await send(reply, request, response);
  }
}

async function send(reply: Reply, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (reply === 'never') {
    return;
  }
  if (reply === 'hangUp') {
    request.socket.destroy();
    return;
  }
  const { status, body, raw, headers, sent } =
    reply === 'half' ? { status: 200, raw: '[{"id": 7, "na', sent: 'half' as const, ...noAnswer } : reply;
  const bytes = Buffer.from(raw ?? (body === undefined ? '' : JSON.stringify(body)));
  const length = sent === 'half' ? Math.max(1000, 2 * bytes.length) : bytes.length;
  response.writeHead(status, { 'content-type': 'application/json', ...headers, 'content-length': length });
  if (sent === undefined) {
    response.end(bytes);
    return;
  }
  const size = Math.max(1, Math.ceil(bytes.length / 8));
  for (let at = 0; at < bytes.length; at += size) {
    response.write(bytes.subarray(at, at + size));
    await sleep(sent === 'slow' ? 15 : 1);
  }
  if (sent === 'half') {
    request.socket.destroy();
  } else {
    response.end();
  }
}

const noAnswer = { body: undefined, headers: undefined };
