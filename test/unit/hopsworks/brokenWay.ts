import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What goes wrong with a request on its way. */
export type Breaks =
  /** The connection ends before anything is passed on. */
  | 'before'
  /** It is passed on, and the answer is lost. */
  | 'after'
  /** Half of the answer comes. */
  | 'half'
  /** It is passed on when somebody says so. */
  | Promise<void>
  /** Something else answers. */
  | { readonly status: number; readonly body: unknown };

export interface Passed {
  readonly method: string;
  readonly path: string;
  readonly type: string | undefined;
  readonly body: Buffer;
}

/** A way to a server, on which requests can break. */
export class BrokenWay {
  readonly passed: Passed[] = [];
  /** Says whether a request breaks. */
  breaks: (asked: Passed) => Breaks | undefined = () => undefined;
  address = '';
  private server: Server | undefined;

  async open(port: number): Promise<this> {
    this.server = createServer((asked, answer) => {
      void this.pass(asked, answer, port).catch(() => answer.destroy());
    });
    await new Promise<void>((resolve) => this.server?.listen(0, '127.0.0.1', resolve));
    this.address = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
    return this;
  }

  /** "METHOD path", decoded and without what all begin with. */
  get calls(): readonly string[] {
    return this.passed.map(({ method, path }) => {
      const short = path.replace('/hopsworks-api/api', '').replace('/project/1/', '');
      return `${method} ${decodeURIComponent(short)}`;
    });
  }

  async close(): Promise<void> {
    this.server?.closeAllConnections();
    await new Promise((resolve) => this.server?.close(resolve));
  }

  private async pass(asked: IncomingMessage, answer: ServerResponse, port: number): Promise<void> {
    const pieces: Buffer[] = [];
    for await (const piece of asked) {
      pieces.push(piece as Buffer);
    }
    const { method = '', url: path = '', headers } = asked;
    const one: Passed = { method, path, type: headers['content-type'], body: Buffer.concat(pieces) };
    this.passed.push(one);
    const breaks = this.breaks(one);
    if (breaks === 'before') {
      asked.socket.destroy();
      return;
    }
    if (typeof breaks === 'object' && 'status' in breaks) {
      answer.writeHead(breaks.status, { 'content-type': 'application/json' }).end(JSON.stringify(breaks.body));
      return;
    }
    if (breaks instanceof Promise) {
      await breaks;
    }
    const told = await new Promise<IncomingMessage>((resolve, reject) => {
      const next = request(
        { host: '127.0.0.1', port, method: one.method, path: one.path, headers: asked.headers },
        resolve,
      );
      next.on('error', reject);
      next.end(one.body);
    });
    const back: Buffer[] = [];
    for await (const piece of told) {
      back.push(piece as Buffer);
    }
    const body = Buffer.concat(back);
    if (breaks === 'after') {
      asked.socket.destroy();
      return;
    }
    answer.writeHead(told.statusCode ?? 500, told.headers);
    if (breaks === 'half') {
      answer.write(body.subarray(0, body.length / 2));
      setTimeout(() => asked.socket.destroy(), 20);
      return;
    }
    answer.end(body);
  }
}
