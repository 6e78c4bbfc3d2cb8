import { createReadStream } from 'node:fs';
import { lstat, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline, Readable, Transform } from 'node:stream';
import { createGzip } from 'node:zlib';
import { t } from '../../../core/l10n';
import type { BuildEntry } from './port';

const BLOCK = 512;
/** The largest size that the header can hold in octal digits. */
const LARGEST_OCTAL = 8 ** 11 - 1;

interface Member {
  readonly path: string;
  readonly type: 'file' | 'folder' | 'link';
  readonly mode: number;
  readonly size?: number;
  readonly content?: Uint8Array;
  readonly from?: string;
  readonly target?: string;
}

/** How much of a context was sent until now. */
export interface Sent {
  /** As it was sent. */
  bytes: number;
  /** Of its files. */
  content: number;
}

/**
 * The build context as a tar (POSIX pax), compressed on request: on one computer that takes longer than it saves. Owner,
 * group and time are always the same, and so is the order, so that the engine's cache takes equal files for equal. Files
 * of this computer are read as they are sent.
 */
export function buildContext(entries: readonly BuildEntry[], compressed: boolean, sent: Sent): Readable {
  const tar = Readable.from(tarOf(entries, sent), { objectMode: false });
  const count = new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      sent.bytes += chunk.length;
      done(null, chunk);
    },
  });
  // A failure (or an abort of the receiver) ends all; the receiver sees it as the error of the stream.
  return compressed
    ? pipeline(tar, createGzip({ level: 1 }), count, () => undefined)
    : pipeline(tar, count, () => undefined);
}

export async function* tarOf(
  entries: readonly BuildEntry[],
  tally: Pick<Sent, 'content'> = { content: 0 },
): AsyncGenerator<Buffer> {
  const sent = new Set<string>();
  for (const entry of entries) {
    for await (const member of membersOf(entry)) {
      yield* folders(member.path, sent);
      if (!sent.has(member.path)) {
        sent.add(member.path);
        tally.content += member.size ?? 0;
        yield* send(member);
      }
    }
  }
  yield Buffer.alloc(2 * BLOCK);
}

/** Some engines want each folder before what lies in it. */
function* folders(path: string, sent: Set<string>): Generator<Buffer> {
  const parts = path.split('/').slice(0, -1);
  for (let count = 1; count <= parts.length; count++) {
    const folder = parts.slice(0, count).join('/');
    if (!sent.has(folder)) {
      sent.add(folder);
      yield* headers({ path: folder, type: 'folder', mode: 0o755 });
    }
  }
}

async function* membersOf(entry: BuildEntry): AsyncGenerator<Member> {
  const path = entry.path.replaceAll('\\', '/').replace(/^\.?\/+|\/+$/g, '');
  if ('content' in entry) {
    const content = Buffer.from(entry.content as Uint8Array);
    yield { path, type: 'file', mode: entry.mode ?? 0o644, size: content.length, content };
    return;
  }
  yield* walk(path, entry.from);
}

async function* walk(path: string, from: string): AsyncGenerator<Member> {
  const found = await lstat(from);
  if (found.isSymbolicLink()) {
    yield { path, type: 'link', mode: 0o777, target: (await readlink(from)).replaceAll('\\', '/') };
  } else if (found.isDirectory()) {
    if (path !== '') {
      yield { path, type: 'folder', mode: 0o755 };
    }
    for (const name of (await readdir(from)).sort()) {
      yield* walk(path === '' ? name : `${path}/${name}`, join(from, name));
    }
  } else if (found.isFile()) {
    // Windows has no executable bit; the rest of the mode is the umask of whoever unpacked it.
    yield { path, type: 'file', mode: found.mode & 0o100 ? 0o755 : 0o644, size: found.size, from };
  }
}

async function* send(member: Member): AsyncGenerator<Buffer> {
  yield* headers(member);
  if (member.type !== 'file') {
    return;
  }
  const size = member.size ?? 0;
  if (member.content) {
    yield Buffer.from(member.content);
  } else if (member.from !== undefined && size > 0) {
    let read = 0;
    // No more than the header says, however the file grows meanwhile.
    for await (const chunk of createReadStream(member.from, { end: size - 1, highWaterMark: 256 * 1024 })) {
      read += (chunk as Buffer).length;
      yield chunk as Buffer;
    }
    if (read < size) {
      throw new Error(t('{0} got shorter while it was sent', member.from));
    }
  }
  yield Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK);
}

/** The header, after one of pax for what does not fit into it. */
function* headers(member: Member): Generator<Buffer> {
  const name = member.type === 'folder' ? `${member.path}/` : member.path;
  const records = [
    ...(Buffer.byteLength(name) > 100 || !isPlain(name) ? [record('path', name)] : []),
    ...(member.target !== undefined && (Buffer.byteLength(member.target) > 100 || !isPlain(member.target))
      ? [record('linkpath', member.target)]
      : []),
    ...((member.size ?? 0) > LARGEST_OCTAL ? [record('size', String(member.size))] : []),
  ];
  if (records.length > 0) {
    const body = Buffer.concat(records);
    yield header('PaxHeader', 'x', 0o644, body.length, '');
    yield body;
    yield Buffer.alloc((BLOCK - (body.length % BLOCK)) % BLOCK);
  }
  const flag = { file: '0', folder: '5', link: '2' }[member.type];
  yield header(name, flag, member.mode, Math.min(member.size ?? 0, LARGEST_OCTAL), member.target ?? '');
}

function isPlain(text: string): boolean {
  return /^[\x20-\x7e]*$/.test(text);
}

/** `length key=value\n`, with a length that counts its own digits. */
function record(key: string, value: string): Buffer {
  const rest = ` ${key}=${value}\n`;
  const bytes = Buffer.byteLength(rest);
  const length = [1, 2, 3, 4, 5]
    .map((digits) => bytes + digits)
    .find((total) => String(total).length === total - bytes);
  return Buffer.from(`${length ?? bytes}${rest}`);
}

/** https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html, "ustar Interchange Format". */
function header(name: string, flag: string, mode: number, size: number, target: string): Buffer {
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, at: number, digits: number): void => {
    block.write(`${value.toString(8).padStart(digits, '0')}\0`, at, 'latin1');
  };
  block.write(name, 0, 100, 'utf8');
  octal(mode, 100, 7);
  octal(0, 108, 7);
  octal(0, 116, 7);
  octal(size, 124, 11);
  octal(0, 136, 11);
  block.write('        ', 148, 'latin1');
  block.write(flag, 156, 'latin1');
  block.write(target, 157, 100, 'utf8');
  block.write('ustar\x0000', 257, 'latin1');
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}

/** The content of the first file of a tar; undefined: there is none. The engine packs whatever is asked for. */
export function firstFile(tar: Buffer): Buffer | undefined {
  for (let at = 0; at + BLOCK <= tar.length;) {
    const flag = tar.toString('latin1', at + 156, at + 157);
    const size = parseInt(tar.toString('latin1', at + 124, at + 136), 8);
    if (flag === '' || flag === '\0' ? tar.readUInt8(at) === 0 : false) {
      return undefined;
    }
    if (flag === '0' || flag === '\0') {
      return tar.subarray(at + BLOCK, at + BLOCK + size);
    }
    at += BLOCK + Math.ceil((Number.isNaN(size) ? 0 : size) / BLOCK) * BLOCK;
  }
  return undefined;
}
