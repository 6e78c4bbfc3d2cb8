import { createReadStream } from 'node:fs';
import { open, readdir, rename, rm, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { crc32, createDeflateRaw } from 'node:zlib';
import { isToolsOwn } from '../files/toolsOwn';
import { argument } from './problem';

/** The plain form of a zip archive counts in 32 bits, and its files in 16. */
const MOST_BYTES = 0xffff_ffff;
const MOST_FILES = 0xffff;
const VERSION = 20;
/** Sizes come after the data; names are UTF-8. */
const FLAGS = 0x0808;
const DEFLATED = 8;

interface Packed {
  readonly name: Buffer;
  readonly at: number;
  readonly crc: number;
  readonly packed: number;
  readonly bytes: number;
}

/** Packs a folder under its own name, or a file: never a link. The archive is there once it is whole. */
export async function zip(from: string, archive: string): Promise<void> {
  const temporary = `${archive}.${process.pid}.tmp`;
  const target = new Target(await open(temporary, 'w'));
  try {
    for (const name of await filesOf(from)) {
      await target.add(name, path.join(path.dirname(from), name));
    }
    await target.end();
  } catch (error) {
    await target.close();
    await rm(temporary, { force: true });
    throw error;
  }
  await target.close();
  await rename(temporary, archive);
}

/** Paths below the folder that `from` lies in. */
async function filesOf(from: string): Promise<readonly string[]> {
  const above = path.dirname(from);
  const found = await readdir(from, { recursive: true, withFileTypes: true }).catch(() => undefined);
  if (found === undefined) {
    return [path.basename(from)];
  }
  const files = found.filter((entry) => entry.isFile() && !entry.name.startsWith('.') && !isToolsOwn(entry.name));
  return files.map((entry) => path.relative(above, path.join(entry.parentPath, entry.name))).sort();
}

class Target {
  private readonly all: Packed[] = [];
  private at = 0;

  constructor(private readonly handle: FileHandle) {}

  async add(name: string, file: string): Promise<void> {
    const bytesOfName = Buffer.from(name.split(path.sep).join('/'));
    const entry = { name: bytesOfName, at: this.at, crc: 0, packed: 0, bytes: 0 };
    await this.write(Buffer.concat([header(0x0403_4b50, entry, []), bytesOfName]));
    const begin = this.at;
    const source = createReadStream(file);
    source.on('data', (piece) => {
      entry.crc = crc32(piece, entry.crc);
      entry.bytes += piece.length;
    });
    const deflated = createDeflateRaw();
    source.on('error', (error) => deflated.destroy(error));
    for await (const piece of source.pipe(deflated) as AsyncIterable<Buffer>) {
      await this.write(piece);
    }
    entry.packed = this.at - begin;
    await this.write(numbers([4, 0x0807_4b50], [4, entry.crc], [4, entry.packed], [4, entry.bytes]));
    this.all.push(entry);
    if (entry.bytes > MOST_BYTES || this.at > MOST_BYTES || this.all.length > MOST_FILES) {
      throw argument('The local API packs 4 GiB and 65,535 files at the most');
    }
  }

  /** The list of all that is in it. */
  async end(): Promise<void> {
    const begin = this.at;
    for (const entry of this.all) {
      const rest = [
        [2, 0],
        [2, 0],
        [2, 0],
        [4, 0],
        [4, entry.at],
      ] as const;
      await this.write(Buffer.concat([header(0x0201_4b50, entry, rest), entry.name]));
    }
    const count = this.all.length;
    await this.write(
      numbers([4, 0x0605_4b50], [2, 0], [2, 0], [2, count], [2, count], [4, this.at - begin], [4, begin], [2, 0]),
    );
  }

  async close(): Promise<void> {
    await this.handle.close();
  }

  private async write(bytes: Buffer): Promise<void> {
    await this.handle.write(bytes);
    this.at += bytes.length;
  }
}

type Field = readonly [bytes: 2 | 4, value: number];

/** What stands before a file, and for it in the list. */
function header(mark: number, { name, crc, packed, bytes }: Packed, rest: readonly Field[]): Buffer {
  const isListed = rest.length > 0;
  return numbers(
    [4, mark],
    ...(isListed ? ([[2, VERSION]] as const) : []),
    [2, VERSION],
    [2, FLAGS],
    [2, DEFLATED],
    // 1 January 1980, the first day that there is.
    [2, 0],
    [2, 0x21],
    [4, crc],
    [4, packed],
    [4, bytes],
    [2, name.length],
    [2, 0],
    ...rest,
  );
}

function numbers(...fields: readonly Field[]): Buffer {
  return Buffer.concat(
    fields.map(([bytes, value]) => {
      const field = Buffer.alloc(bytes);
      field.writeUIntLE(value % 2 ** (8 * bytes), 0, bytes);
      return field;
    }),
  );
}
