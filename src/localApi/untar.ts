import { createReadStream } from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import path from 'node:path';
import { createGunzip } from 'node:zlib';
import { argument, Problem, problem } from './problem';

const BLOCK = 512;
/** Names that need more than a header has room for. */
const MOST_NAME_BYTES = 64 * 1024;

interface Entry {
  readonly name: string;
  readonly type: string;
  readonly bytes: number;
}

/** Unpacks a `.tar.gz` into the folder of its name beside it: files and folders, never a link, never out of the folder. */
export async function untar(archive: string): Promise<void> {
  const source = createReadStream(archive);
  const unzipped = createGunzip();
  source.on('error', (error) => unzipped.destroy(error));
  const pieces = new Pieces(source.pipe(unzipped) as AsyncIterable<Buffer>);
  const folder = archive.replace(/\.(tar\.gz|tgz)$/, '');
  try {
    await mkdir(folder, { recursive: true });
    let longName: string | undefined;
    for (
      let header = await pieces.take(BLOCK);
      header && !header.every((byte) => byte === 0);
      header = await pieces.take(BLOCK)
    ) {
      const entry = toEntry(header, longName);
      longName = undefined;
      if (entry.type === 'L' || entry.type === 'x') {
        longName = nameIn(entry, await pieces.content(entry.bytes, MOST_NAME_BYTES));
      } else if (entry.type === '0' || entry.type === '\0') {
        await writeEntry(placeOf(folder, entry.name), entry.bytes, pieces);
      } else {
        if (entry.type === '5') {
          await mkdir(placeOf(folder, entry.name), { recursive: true });
        }
        await pieces.skip(entry.bytes);
      }
    }
  } catch (error) {
    throw error instanceof Problem ? error : problem(110043, `${path.basename(archive)} is no whole tar.gz`);
  } finally {
    source.destroy();
    unzipped.destroy();
  }
}

async function writeEntry(place: string, bytes: number, pieces: Pieces): Promise<void> {
  await mkdir(path.dirname(place), { recursive: true });
  const handle = await open(place, 'w');
  try {
    for await (const piece of pieces.some(bytes)) {
      await handle.write(piece);
    }
  } finally {
    await handle.close();
  }
}

function placeOf(folder: string, name: string): string {
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  if (name.startsWith('/') || parts.some((part) => part === '..' || /[\\\0]/.test(part))) {
    throw argument(`The archive names ${name}, which is not below its folder`);
  }
  return path.join(folder, ...parts);
}

function toEntry(header: Buffer, longName: string | undefined): Entry {
  const text = (from: number, length: number): string =>
    header.toString('utf8', from, from + length).replace(/\0[\s\S]*$/, '');
  const prefix = text(257, 5) === 'ustar' ? text(345, 155) : '';
  const bytes = Number.parseInt(text(124, 12).trim() || '0', 8);
  if (!Number.isSafeInteger(bytes)) {
    throw new Error('no size');
  }
  const short = text(0, 100);
  return {
    name: longName ?? (prefix ? `${prefix}/${short}` : short),
    type: header.toString('latin1', 156, 157),
    bytes,
  };
}

/** The name of the next entry, as GNU or as POSIX writes a long one; undefined where it is about something else. */
function nameIn({ type }: Entry, content: Buffer): string | undefined {
  const text = content.toString('utf8');
  return type === 'L' ? text.replace(/\0[\s\S]*$/, '') : /^\d+ path=(.*)$/m.exec(text)?.[1];
}

/** Bytes of a stream, by number. */
class Pieces {
  private readonly iterator: AsyncIterator<Buffer>;
  private rest: Buffer = Buffer.alloc(0);

  constructor(stream: AsyncIterable<Buffer>) {
    this.iterator = stream[Symbol.asyncIterator]();
  }

  /** Undefined at the end. */
  async take(bytes: number): Promise<Buffer | undefined> {
    while (this.rest.length < bytes) {
      const next = await this.iterator.next();
      if (next.done === true) {
        return undefined;
      }
      this.rest = Buffer.concat([this.rest, next.value]);
    }
    const taken = this.rest.subarray(0, bytes);
    this.rest = this.rest.subarray(bytes);
    return taken;
  }

  /** The content of an entry piece by piece, and then over what fills its last block. */
  async *some(bytes: number): AsyncGenerator<Buffer> {
    for (let left = bytes; left > 0;) {
      if (this.rest.length === 0) {
        const next = await this.iterator.next();
        if (next.done === true) {
          throw new Error('cut off');
        }
        this.rest = next.value;
      }
      const piece = this.rest.subarray(0, left);
      this.rest = this.rest.subarray(piece.length);
      left -= piece.length;
      yield piece;
    }
    await this.take((BLOCK - (bytes % BLOCK)) % BLOCK);
  }

  async content(bytes: number, most: number): Promise<Buffer> {
    if (bytes > most) {
      throw new Error('too long');
    }
    const found: Buffer[] = [];
    for await (const piece of this.some(bytes)) {
      found.push(piece);
    }
    return Buffer.concat(found);
  }

  async skip(bytes: number): Promise<void> {
    for await (const _piece of this.some(bytes)) {
      // Nothing of it is wanted.
    }
  }
}
