import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Stands between a test and the engine: it can be gone for that test alone, and it counts the requests. The address is
 * `unix://…`.
 */
export class Relay {
  /** First lines of the requests that were sent: `GET /v1.41/info HTTP/1.1`. */
  readonly requests: string[] = [];
  private readonly sockets = new Set<Socket>();
  private server: Server | undefined;

  private constructor(
    private readonly folder: string,
    private readonly engine: string,
  ) {}

  static async make(engine: string): Promise<Relay> {
    const relay = new Relay(await mkdtemp(join(tmpdir(), 'relay-')), engine.replace('unix://', ''));
    await relay.open();
    return relay;
  }

  get address(): string {
    return `unix://${this.path}`;
  }

  async open(): Promise<void> {
    const server = createServer((client) => {
      const engine = connect(this.engine);
      for (const [one, other] of [
        [client, engine],
        [engine, client],
      ] as const) {
        this.sockets.add(one);
        one.pipe(other);
        one.on('error', () => other.destroy());
        one.on('close', () => {
          this.sockets.delete(one);
          other.destroy();
        });
      }
      client.on('data', (data: Buffer) => {
        this.requests.push(...(data.toString('latin1').match(/^(GET|POST|PUT|DELETE|HEAD) \S+/gm) ?? []));
      });
    });
    this.server = server;
    await new Promise<void>((resolve) => {
      server.listen(this.path, resolve);
    });
  }

  /** All connections break and no new one is taken. */
  async close(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    this.sockets.forEach((socket) => socket.destroy());
    await new Promise<void>((resolve) => {
      if (server) {
        server.close(() => {
          resolve();
        });
      } else {
        resolve();
      }
    });
  }

  async dispose(): Promise<void> {
    await this.close();
    await rm(this.folder, { recursive: true, force: true });
  }

  private get path(): string {
    return join(this.folder, 'docker.sock');
  }
}
