import type { Readable } from 'node:stream';
import { ServingError } from '../../../core/errors';
import { t } from '../../../core/l10n';
import { statusOf, toEngineError } from './errors';
import { limited } from './limit';
import type { EngineAddress } from './port';
import { JsonLines } from './progress';

const SHORT_MS = 30_000;

export type Query = Readonly<Record<string, unknown>>;
/** `dial` of docker-modem, which @types/dockerode does not tell all of. */
export type Send = (options: object, done: (error: Error | null, answer: unknown) => void) => void;

/** How the engine is asked: each call ends in time and with its signal, and fails as ours. */
export class EngineCalls {
  constructor(
    private readonly address: EngineAddress,
    private readonly send: Send,
  ) {}

  /** One short call: it ends after its time, with the signal, and rejects as ours. */
  async call<T>(
    what: string,
    signal: AbortSignal | undefined,
    work: (signal: AbortSignal) => Promise<T>,
    options: { readonly ms?: number; readonly fine?: readonly number[] } = {},
  ): Promise<T> {
    try {
      return await limited(what, signal, options.ms ?? SHORT_MS, work);
    } catch (error) {
      if (options.fine?.includes(statusOf(error) ?? 0)) {
        return undefined as T;
      }
      throw toEngineError(error, what, this.address);
    }
  }

  /** Undefined: the engine answers that there is no such thing. */
  async find<T>(
    what: string,
    signal: AbortSignal | undefined,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T | undefined> {
    return this.call<T | undefined>(what, signal, work, { fine: [404] });
  }

  /** A long answer. The signal ends the request itself, and with it what the engine does for it. */
  async stream(what: string, signal: AbortSignal, options: Query & { path: string }): Promise<Readable> {
    const cancelled = (): boolean => signal.aborted;
    if (cancelled()) {
      throw ServingError.cancelled(what);
    }
    const { method = 'GET', ...rest } = options;
    try {
      return await this.dial<Readable>({ ...rest, method: String(method), isStream: true, abortSignal: signal });
    } catch (error) {
      throw cancelled() ? ServingError.cancelled(what) : toEngineError(error, what, this.address);
    }
  }

  async *chunks(what: string, stream: Readable, signal: AbortSignal): AsyncGenerator<Buffer> {
    // A second listener: the first one is gone when the loop is left, and destroying may still tell of an error.
    stream.on('error', () => undefined);
    try {
      for await (const chunk of stream) {
        yield chunk as Buffer;
      }
    } catch (error) {
      throw signal.aborted ? ServingError.cancelled(what) : toEngineError(error, what, this.address);
    } finally {
      stream.destroy();
    }
  }

  async *messages<T>(what: string, stream: Readable, signal: AbortSignal): AsyncGenerator<T> {
    const lines = new JsonLines<T>();
    for await (const chunk of this.chunks(what, stream, signal)) {
      yield* lines.add(chunk);
    }
    yield* lines.end();
  }

  get<T>(path: string, options: Query, abortSignal: AbortSignal): Promise<T> {
    return this.dial<T>({ path, method: 'GET', options, abortSignal });
  }

  dial<T>(options: Query & { path: string; method: string }): Promise<T> {
    const full = { statusCodes: { 200: true, 404: 'not found', 500: 'server error' }, options: {}, ...options };
    return new Promise((resolve, reject) => {
      this.send(full, (error, answer) => {
        if (!error) {
          resolve(answer as T);
        } else {
          reject(error);
        }
      });
    });
  }
}

/** All bytes of a stream, when there are not too many. */
export async function bytesOf(stream: AsyncIterable<unknown>, largest: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += (chunk as Buffer).length;
    if (size > largest) {
      throw new Error(t('it is larger than {0} MB', largest / 1024 / 1024));
    }
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

/** The end of what lines say: so many characters at the most. */
export async function lastText(lines: AsyncIterable<{ readonly text: string }>, most: number): Promise<string> {
  let all = '';
  for await (const { text } of lines) {
    all = `${all}${text}\n`.slice(-most);
  }
  return all;
}
