import { Agent, request } from 'node:http';
import { performance } from 'node:perf_hooks';

export interface LoadOptions {
  /** Of this computer; others are refused. */
  readonly url: string;
  /** It is the address of a container of an engine on this computer. */
  readonly isOfContainer?: boolean;
  /** Requests per second; they are sent at their times, however long the answers take. */
  readonly rate: number;
  readonly body?: string;
  /** After so long it ends by itself; 60 without it. */
  readonly seconds?: number;
  /** A request without an answer for so long has failed; 30,000 without it. */
  readonly timeoutMs?: number;
  /** What an answer with 200 has to be; without it, anything. */
  readonly isRight?: (body: string) => boolean;
}

export interface LoadResult {
  readonly sent: number;
  readonly ok: number;
  readonly failed: number;
  /** The first of them: `at 1204 ms: 503 after 3 ms`. */
  readonly failures: readonly string[];
  /** Milliseconds from the first request that failed to the last one that did, by when they were sent. */
  readonly failedFor: number;
  /** Milliseconds of the answered ones. */
  readonly p50: number;
  readonly p99: number;
  readonly slowest: number;
}

const OWN = /^(127\.\d+\.\d+\.\d+|\[::1\])$/;
const CONTAINERS = /^(10|172|192)\.\d+\.\d+\.\d+$/;
const MOST = { rate: 1000, seconds: 300, open: 4000, failures: 20 };

/** A client at a fixed rate, with connections that stay and no second tries: anything but 200 has failed. */
export class Load {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: Infinity, maxFreeSockets: 256 });
  private readonly began = performance.now();
  private readonly times: number[] = [];
  private readonly failures: { readonly at: number; readonly text: string }[] = [];
  private readonly timer: NodeJS.Timeout;
  private readonly target: URL;
  private ended = false;
  private sent = 0;
  private open = 0;
  private whenIdle: (() => void) | undefined;

  constructor(private readonly options: LoadOptions) {
    this.target = new URL(options.url);
    const { hostname, protocol } = this.target;
    if (protocol !== 'http:' || !(options.isOfContainer ? CONTAINERS : OWN).test(hostname)) {
      throw new Error(`only addresses of this computer are loaded: ${options.url}`);
    }
    if (!(options.rate > 0 && options.rate <= MOST.rate) || (options.seconds ?? 0) > MOST.seconds) {
      throw new Error(`at most ${MOST.rate} requests per second, for ${MOST.seconds} s`);
    }
    this.timer = setInterval(() => {
      this.send();
    }, 2);
  }

  /** Seconds since it began. */
  get seconds(): number {
    return (performance.now() - this.began) / 1000;
  }

  /** Requests that failed until now. */
  get failed(): number {
    return this.failures.length;
  }

  /** Resolves when the last answer is there. */
  async stop(): Promise<LoadResult> {
    this.ended = true;
    clearInterval(this.timer);
    if (this.open > 0) {
      await new Promise<void>((resolve) => {
        this.whenIdle = resolve;
      });
    }
    this.agent.destroy();
    const sorted = [...this.times].sort((a, b) => a - b);
    const at = (share: number): number => Math.round(10 * (sorted[Math.floor((sorted.length - 1) * share)] ?? 0)) / 10;
    const moments = this.failures.map((failure) => failure.at);
    return {
      sent: this.sent,
      ok: this.sent - this.failures.length,
      failed: this.failures.length,
      failures: this.failures.slice(0, MOST.failures).map(({ at: ms, text }) => `at ${Math.round(ms)} ms: ${text}`),
      failedFor: moments.length === 0 ? 0 : Math.round(Math.max(...moments) - Math.min(...moments)),
      p50: at(0.5),
      p99: at(0.99),
      slowest: at(1),
    };
  }

  private send(): void {
    const { rate, seconds = 60 } = this.options;
    if (this.seconds > seconds) {
      clearInterval(this.timer);
      return;
    }
    for (const due = Math.floor(this.seconds * rate); this.sent < due && !this.ended;) {
      this.sent++;
      if (this.open >= MOST.open) {
        this.failures.push({ at: performance.now() - this.began, text: `${MOST.open} are open` });
      } else {
        this.one();
      }
    }
  }

  private one(): void {
    const { body = '{"inputs":[1]}', timeoutMs = 30_000, isRight } = this.options;
    const began = performance.now();
    let settled = false;
    this.open++;
    const settle = (failure?: string): void => {
      if (settled) {
        return;
      }
      settled = true;
      const took = performance.now() - began;
      if (failure === undefined) {
        this.times.push(took);
      } else {
        this.failures.push({ at: began - this.began, text: `${failure} after ${Math.round(took)} ms` });
      }
      if (--this.open === 0) {
        this.whenIdle?.();
      }
    };
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const sent = request(this.target, { method: 'POST', agent: this.agent, headers, timeout: timeoutMs }, (reply) => {
      let text = '';
      reply.setEncoding('utf8').on('data', (part: string) => (text += part));
      reply.once('error', (error) => {
        settle(`answer broken off: ${error.message}`);
      });
      reply.once('end', () => {
        const wrong = reply.statusCode === 200 && isRight !== undefined && !isRight(text);
        settle(
          reply.statusCode === 200 && !wrong ? undefined : `${reply.statusCode ?? 0} ${text.slice(0, 200)}`.trim(),
        );
      });
    });
    sent.once('timeout', () => sent.destroy(new Error('no answer')));
    sent.once('error', (error: NodeJS.ErrnoException) => {
      settle(error.code ?? error.message);
    });
    sent.end(body);
  }
}
