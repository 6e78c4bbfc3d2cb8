import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { constants, createUnzip } from 'node:zlib';

/** The first bytes of a file, at most `limit`. */
export async function readHead(file: string, limit: number): Promise<Buffer> {
  const handle = await open(file, 'r');
  try {
    const buffer = Buffer.alloc(limit);
    let filled = 0;
    while (filled < limit) {
      const { bytesRead } = await handle.read(buffer, filled, limit - filled);
      if (bytesRead === 0) {
        break;
      }
      filled += bytesRead;
    }
    return buffer.subarray(0, filled);
  } finally {
    await handle.close();
  }
}

export type Compression = 'gzip' | 'zlib' | 'bz2' | 'xz' | 'lzma' | 'lz4';

const MAGIC: readonly (readonly [Compression, string])[] = [
  ['gzip', '1f8b'],
  ['bz2', '425a68'],
  ['xz', 'fd377a585a00'],
  ['lzma', '5d0000'],
  ['lz4', '04224d18'],
  ['zlib', '7801'],
  ['zlib', '785e'],
  ['zlib', '789c'],
  ['zlib', '78da'],
];

export function compressionOf(head: Buffer): Compression | undefined {
  const start = head.toString('hex', 0, 8);
  return MAGIC.find(([, magic]) => start.startsWith(magic))?.[0];
}

/** The first bytes of what a gzip or zlib file holds, at most about `limit`; fewer where the file is broken. */
export function readUnzippedHead(file: string, limit: number): Promise<Buffer> {
  return new Promise((resolve) => {
    const pieces: Buffer[] = [];
    let length = 0;
    const source = createReadStream(file);
    const unzip = createUnzip({ finishFlush: constants.Z_SYNC_FLUSH });
    const finish = (): void => {
      source.destroy();
      unzip.destroy();
      resolve(Buffer.concat(pieces));
    };
    source.on('error', finish);
    unzip.on('error', finish);
    unzip.on('end', finish);
    unzip.on('data', (piece: Buffer) => {
      pieces.push(piece);
      length += piece.length;
      if (length >= limit) {
        finish();
      }
    });
    source.pipe(unzip);
  });
}
