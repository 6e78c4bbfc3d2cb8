import { createWriteStream } from 'node:fs';
import { Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { isNodeError } from '../core/errors';
import { t } from '../core/l10n';

/** Nothing came for too long. */
export class Stalled extends Error {}

export interface WriteOptions {
  readonly onBytes: (count: number) => void;
  /** How long nothing may come, in milliseconds; 0: for ever. */
  readonly stallMs: number;
  readonly signal: AbortSignal;
}

/** Writes what comes into a file, from its beginning. Fails: what was counted is taken off again. */
export async function writeBody(
  body: Readable,
  file: string,
  { onBytes, stallMs, signal }: WriteOptions,
): Promise<void> {
  let count = 0;
  let timer: NodeJS.Timeout | undefined;
  const stalled = new AbortController();
  const wait = (): void => {
    clearTimeout(timer);
    timer =
      stallMs === 0
        ? undefined
        : setTimeout(() => {
            stalled.abort();
          }, stallMs);
  };
  const counter = new Transform({
    transform: (piece: Buffer, _encoding, done) => {
      count += piece.length;
      onBytes(piece.length);
      wait();
      done(null, piece);
    },
  });
  wait();
  try {
    await pipeline(body, counter, createWriteStream(file), { signal: AbortSignal.any([signal, stalled.signal]) });
  } catch (error) {
    onBytes(-count);
    throw stalled.signal.aborted && !signal.aborted ? new Stalled(t('nothing came any more')) : error;
  } finally {
    clearTimeout(timer);
  }
}

/** The whole text; `onText` gets each piece as it comes. */
export async function readText(body: Readable, onText: (text: string) => void): Promise<string> {
  const decoder = new TextDecoder();
  const pieces: string[] = [];
  const take = (text: string): void => {
    if (text !== '') {
      pieces.push(text);
      onText(text);
    }
  };
  for await (const piece of body) {
    take(decoder.decode(piece as Buffer, { stream: true }));
  }
  take(decoder.decode());
  return pieces.join('');
}

const DISK = ['ENOSPC', 'EDQUOT', 'EACCES', 'EPERM', 'EROFS', 'ENOENT', 'EISDIR', 'EMFILE', 'EIO', 'ENAMETOOLONG'];

/** Whether it was this computer's disk that failed, not the way to the server. */
export function isOfDisk(error: unknown): boolean {
  return (
    isNodeError(error) &&
    DISK.includes(error.code ?? '') &&
    (error.syscall === 'open' || error.syscall === 'write' || error.syscall === 'close')
  );
}
