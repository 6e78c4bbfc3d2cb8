import { createHash } from 'node:crypto';
import { open, readdir, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { InferenceLogPart } from '../../core/inferenceLog';
import { ignoreMissing } from './files';

const PART_BYTES = 4_000_000;
const CHUNK = 256 * 1024;
const HEAD_BYTES = 512;
const NEWLINE = 0x0a;
/** A rotation while the files are opened gives them higher numbers. */
const MORE_NUMBERS = 3;

/** How far a log was read: which of its files, known by how its first line begins, and the bytes of it. */
interface Position {
  readonly head: string;
  readonly offset: number;
}

/** By the place of the folder among those that are read. */
type Positions = Readonly<Record<string, Position>>;

/**
 * Reads whole lines of the files `NAME.ndjson`, and `NAME.ndjson.1` and so on before them, from where the last part
 * ended. What was taken away meanwhile is left out: it goes on with the oldest that is there.
 */
export async function readInferenceLog(
  folders: readonly string[],
  name: string,
  since: string | undefined,
  signal: AbortSignal,
): Promise<InferenceLogPart> {
  let positions = parsePositions(since);
  const parts: Buffer[] = [];
  let room = PART_BYTES;
  for (const [index, folder] of folders.entries()) {
    if (room <= 0) {
      break;
    }
    const read = await readOne(folder, name, positions[index], room, signal);
    parts.push(...read.lines);
    room -= read.lines.reduce((sum, each) => sum + each.length, 0);
    positions = { ...positions, ...(read.position ? { [index]: read.position } : {}) };
  }
  return { bytes: Buffer.concat(parts), next: JSON.stringify(positions) };
}

/** The files of one log, youngest first, as they are opened: what is rotated meanwhile is found twice, never missed. */
export async function openLogFiles(folder: string, name: string): Promise<readonly OpenLog[]> {
  const found: OpenLog[] = [];
  const last = Math.max(-1, ...(await numbersOf(folder, name)));
  for (let number = 0; last >= 0 && number <= last + MORE_NUMBERS; number++) {
    const path = join(folder, fileName(name, number));
    const handle = await open(path, 'r').catch(ignoreMissing);
    const head = handle && (await headOf(handle));
    if (handle !== undefined && head !== undefined && !found.some((each) => each.head === head)) {
      found.push({ handle, head, path });
    } else {
      await handle?.close();
    }
  }
  return found;
}

export interface OpenLog {
  readonly handle: FileHandle;
  /** Known by it, whatever the file is called by now. */
  readonly head: string;
  readonly path: string;
}

/** The numbers of its files: 0 is the one that is written; the higher, the older. */
export async function numbersOf(folder: string, name: string): Promise<readonly number[]> {
  const names = (await readdir(folder).catch(ignoreMissing)) ?? [];
  const own = `${name}.ndjson`;
  return names.flatMap((each) => {
    const number = each === own ? '0' : each.startsWith(`${own}.`) ? each.slice(own.length + 1) : '';
    return /^\d{1,4}$/.test(number) ? [Number(number)] : [];
  });
}

export function fileName(name: string, number: number): string {
  return number === 0 ? `${name}.ndjson` : `${name}.ndjson.${String(number)}`;
}

/** What a file is known by; undefined while it has no whole line. */
export function headIn(begin: Buffer): string | undefined {
  const bytes = begin.subarray(0, HEAD_BYTES);
  const end = bytes.indexOf(NEWLINE);
  return end < 0 && bytes.length < HEAD_BYTES
    ? undefined
    : createHash('sha256')
        .update(end < 0 ? bytes : bytes.subarray(0, end))
        .digest('hex')
        .slice(0, 32);
}

async function headOf(handle: FileHandle): Promise<string | undefined> {
  const buffer = Buffer.alloc(HEAD_BYTES);
  const { bytesRead } = await handle.read(buffer, 0, HEAD_BYTES, 0);
  return headIn(buffer.subarray(0, bytesRead));
}

interface Read {
  readonly lines: readonly Buffer[];
  readonly position?: Position;
}

async function readOne(
  folder: string,
  name: string,
  since: Position | undefined,
  most: number,
  signal: AbortSignal,
): Promise<Read> {
  const files = await openLogFiles(folder, name);
  try {
    const oldestFirst = [...files].reverse();
    const known = oldestFirst.findIndex(({ head }) => head === since?.head);
    const lines: Buffer[] = [];
    let position = since;
    let room = most;
    for (const [index, { handle, head }] of oldestFirst.slice(Math.max(0, known)).entries()) {
      let offset = index === 0 && known >= 0 ? (since?.offset ?? 0) : 0;
      while (room > 0) {
        signal.throwIfAborted();
        const bytes = await wholeLines(handle, offset, Math.min(room, CHUNK));
        if (bytes.length === 0) {
          break;
        }
        lines.push(bytes);
        offset += bytes.length;
        room -= bytes.length;
        position = { head, offset };
      }
      if (room <= 0) {
        break;
      }
    }
    return { lines, ...(position ? { position } : {}) };
  } finally {
    await Promise.all(files.map(({ handle }) => handle.close()));
  }
}

/** About so many bytes, up to the end of a line; more where one line has more. None: there is no whole line any more. */
async function wholeLines(handle: FileHandle, offset: number, about: number): Promise<Buffer> {
  for (let size = Math.max(about, 1024); ; size *= 2) {
    const buffer = Buffer.allocUnsafe(size);
    const { bytesRead } = await handle.read(buffer, 0, size, offset);
    const end = buffer.subarray(0, bytesRead).lastIndexOf(NEWLINE) + 1;
    if (end > 0 || bytesRead < size) {
      return buffer.subarray(0, end);
    }
  }
}

/** Total: what is no position of ours is none. */
function parsePositions(text: string | undefined): Positions {
  try {
    const value: unknown = JSON.parse(text ?? '{}');
    const entries = Object.entries(typeof value === 'object' && value !== null ? value : {});
    return Object.fromEntries(entries.filter((entry): entry is [string, Position] => isPosition(entry[1])));
  } catch {
    return {};
  }
}

function isPosition(value: unknown): value is Position {
  const { head, offset } = (value ?? {}) as Partial<Position>;
  return typeof head === 'string' && typeof offset === 'number' && Number.isSafeInteger(offset) && offset >= 0;
}
