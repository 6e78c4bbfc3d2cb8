import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a registry does to whoever asks. */
export type Manner = 'login' | 'forbids' | 'busy' | 'broken' | 'silent';

const CODES = {
  login: [401, 'UNAUTHORIZED', 'authentication required'],
  forbids: [403, 'DENIED', 'requested access to the resource is denied'],
  busy: [429, 'TOOMANYREQUESTS', 'You have reached your pull rate limit'],
  broken: [500, 'UNKNOWN', 'the storage is away'],
} as const;

/** A registry on 127.0.0.1 before another one: it lets through who has logged in, and nobody in another manner. */
export class GuardedRegistry {
  manner: Manner = 'login';
  /** How many were refused, and how many let through. */
  refused = 0;
  passed = 0;

  private constructor(
    private readonly server: Server,
    /** As the names of its images begin. */
    readonly host: string,
    private readonly behind: string,
    private readonly login: string,
  ) {
    server.on('request', (asked: IncomingMessage, reply: ServerResponse) => {
      this.answer(asked, reply);
    });
  }

  /** `behind`: host and port of the registry that has the images; `login`: `user:password`. */
  static async open(behind: string, login: string): Promise<GuardedRegistry> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    return new GuardedRegistry(server, `127.0.0.1:${String(port)}`, behind, login);
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  private answer(asked: IncomingMessage, reply: ServerResponse): void {
    const { manner } = this;
    if (manner === 'silent') {
      return;
    }
    const given = Buffer.from(asked.headers.authorization?.replace(/^Basic /, '') ?? '', 'base64').toString();
    if (manner === 'login' && given === this.login) {
      this.passed++;
      this.pass(asked, reply);
      return;
    }
    this.refused++;
    const [status, code, message] = CODES[manner];
    const challenge = manner === 'login' ? { 'www-authenticate': 'Basic realm="registry"' } : {};
    reply.writeHead(status, { 'content-type': 'application/json', ...challenge });
    reply.end(JSON.stringify({ errors: [{ code, message }] }));
  }

  private pass(asked: IncomingMessage, reply: ServerResponse): void {
    const { authorization: _, ...headers } = asked.headers;
    const sent = request(`http://${this.behind}${asked.url ?? ''}`, { method: asked.method, headers }, (answer) => {
      reply.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(reply);
    });
    sent.once('error', () => reply.destroy());
    sent.end();
  }
}
