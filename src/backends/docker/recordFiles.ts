import { appendFile, mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ignoreMissing } from '../local/files';
import { INFERENCE_LOG_FILES } from '../local/inferenceLogLaunch';
import { fileName, numbersOf } from '../local/inferenceLogReader';

const NEWLINE = 0x0a;
const HEAD_BYTES = 256;

export interface RecordLimits {
  /** Of all files together. */
  readonly maxBytes: number;
  readonly maxHours: number;
}

/**
 * Adds whole lines to a local inference log, in files as a server writes and rotates them. One caller at a time.
 */
export async function appendRecords(folder: string, name: string, lines: Buffer, limits: RecordLimits): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, fileName(name, 0));
  const most = Math.floor(limits.maxBytes / INFERENCE_LOG_FILES);
  let size = await mended(file);
  if (size > 0 && (await isOld(file, limits.maxHours / INFERENCE_LOG_FILES))) {
    await rotate(folder, name);
    size = 0;
  }
  for (let at = 0; at < lines.length;) {
    const count = fitting(lines.subarray(at), most - size);
    if (count === 0 && size > 0) {
      await rotate(folder, name);
      size = 0;
      continue;
    }
    const end = count > 0 ? at + count : lines.indexOf(NEWLINE, at) + 1;
    await appendFile(file, lines.subarray(at, end), { mode: 0o600 });
    size += end - at;
    at = end;
  }
}

/** Bytes of the whole lines that there is room for. */
function fitting(lines: Buffer, room: number): number {
  return room >= lines.length ? lines.length : room <= 0 ? 0 : lines.subarray(0, room).lastIndexOf(NEWLINE) + 1;
}

/** Its size, once what a window that was killed left of a line is cut off. */
async function mended(file: string): Promise<number> {
  const handle = await open(file, 'r+').catch(ignoreMissing);
  try {
    let size = (await handle?.stat())?.size ?? 0;
    const byte = Buffer.alloc(1);
    while (handle !== undefined && size > 0) {
      await handle.read(byte, 0, 1, size - 1);
      if (byte[0] === NEWLINE) {
        break;
      }
      size--;
    }
    await handle?.truncate(size);
    return size;
  } finally {
    await handle?.close();
  }
}

/** Whether its first record is so old that no more belong to it. */
async function isOld(file: string, hours: number): Promise<boolean> {
  const handle = await open(file, 'r').catch(ignoreMissing);
  try {
    const buffer = Buffer.alloc(HEAD_BYTES);
    const { bytesRead = 0 } = (await handle?.read(buffer, 0, HEAD_BYTES, 0)) ?? {};
    const time = /"time":"([^"]+)"/.exec(buffer.toString('utf8', 0, bytesRead))?.[1];
    const began = Date.parse(time ?? '');
    return Date.now() - began > hours * 3_600_000;
  } finally {
    await handle?.close();
  }
}

async function rotate(folder: string, name: string): Promise<void> {
  const numbers = [...(await numbersOf(folder, name))].sort((a, b) => b - a);
  for (const number of numbers) {
    const path = join(folder, fileName(name, number));
    await (number + 1 >= INFERENCE_LOG_FILES
      ? rm(path, { force: true })
      : rename(path, join(folder, fileName(name, number + 1))));
  }
}
