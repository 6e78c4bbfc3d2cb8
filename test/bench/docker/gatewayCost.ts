import { connect, type Socket } from 'node:net';
import { GatewayPlace } from '../../docker/gatewayPlace';
import { image, NEVER, testEngine } from '../../docker/place';
import type { DockerBench } from './parts';

/** What there may be on top of the answer itself. */
const GOAL_MS = 0.3;
const BODY = '{"inputs":[[5.1,3.5,1.4,0.2]]}';

/**
 * What the gateway adds for one client: the same replica by the published port and at its own address, in turns, over
 * connections that stay.
 */
export async function gatewayCost({ figure, median, log, quick }: DockerBench): Promise<void> {
  const engine = await testEngine();
  const place = new GatewayPlace(engine);
  try {
    if (!(await engine.inspectImage(image))) {
      await engine.pullImage(image, () => undefined, NEVER);
    }
    await place.begin();
    const replica = await place.replica();
    await place.ready(replica);
    const [address = ''] = await place.addresses([replica]);
    const direct = await Client.connect(address, 8080);
    const published = await Client.connect('127.0.0.1', Number(new URL(await place.url()).port));
    const { rounds, requests } = quick ? { rounds: 3, requests: 300 } : { rounds: 9, requests: 1000 };
    const times: Record<'direct' | 'published' | 'added', number[]> = { direct: [], published: [], added: [] };
    await direct.measure(200);
    await published.measure(200);
    for (let round = 0; round < rounds; round++) {
      const own: number[] = [];
      const through: number[] = [];
      for (let turn = 0; turn < 10; turn++) {
        own.push(...(await direct.measure(requests / 10)));
        through.push(...(await published.measure(requests / 10)));
      }
      times.direct.push(median(own));
      times.published.push(median(through));
      times.added.push(median(through) - median(own));
    }
    direct.end();
    published.end();
    const ms = (values: readonly number[]): string => `${median(values).toFixed(3)} ms`;
    log(`p50 of the replica itself ${ms(times.direct)}, through the gateway ${ms(times.published)}`);
    figure({ name: 'p50 that the gateway adds, one client', unit: 'ms', values: times.added, below: GOAL_MS });
  } finally {
    await place.end();
    engine.dispose();
  }
}

/** One connection, one request at a time. */
class Client {
  private got = Buffer.alloc(0);
  private answered: (() => void) | undefined;
  private failed: ((error: Error) => void) | undefined;
  private readonly wire: Buffer;

  private constructor(private readonly socket: Socket) {
    const head = `POST /ready HTTP/1.1\r\nhost: bench\r\ncontent-length: ${Buffer.byteLength(BODY)}\r\n\r\n`;
    this.wire = Buffer.from(head + BODY);
    socket.on('data', (part) => {
      this.got = Buffer.concat([this.got, part]);
      if (isWhole(this.got)) {
        this.answered?.();
      }
    });
    socket.on('error', (error) => this.failed?.(error));
    socket.on('close', () => this.failed?.(new Error('the connection was closed')));
  }

  static async connect(host: string, port: number): Promise<Client> {
    const socket = connect({ host, port, noDelay: true });
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.once('connect', resolve);
      socket.setTimeout(10_000, () => socket.destroy(new Error(`nothing answers at ${host}:${port}`)));
    });
    return new Client(socket);
  }

  /** Milliseconds of each of so many requests. */
  async measure(requests: number): Promise<readonly number[]> {
    const times: number[] = [];
    for (let sent = 0; sent < requests; sent++) {
      const began = performance.now();
      await new Promise<void>((resolve, reject) => {
        this.got = Buffer.alloc(0);
        this.answered = resolve;
        this.failed = reject;
        this.socket.write(this.wire);
      });
      times.push(performance.now() - began);
      if (!this.got.subarray(0, 12).equals(Buffer.from('HTTP/1.1 200'))) {
        throw new Error(this.got.toString('latin1', 0, 200));
      }
    }
    return times;
  }

  end(): void {
    this.failed = undefined;
    this.socket.destroy();
  }
}

function isWhole(bytes: Buffer): boolean {
  const head = bytes.indexOf('\r\n\r\n');
  const length = /\r\ncontent-length: *(\d+)/i.exec(bytes.toString('latin1', 0, Math.max(head, 0)))?.[1];
  return head >= 0 && length !== undefined && bytes.length >= head + 4 + Number(length);
}
