import type { FileHandle } from 'node:fs/promises';

const BLOCK = 256 * 1024;
const LINE_BREAK = 10;

/**
 * Where the last lines of a file begin, read in blocks from its end: of a file of gigabytes only its end is looked at.
 * @returns how many lines there are from there on; with 0 lines wanted, the place after the last whole line
 */
export async function placeOfLast(
  handle: FileHandle,
  lines: number,
  signal: AbortSignal,
): Promise<{ readonly offset: number; readonly lines: number }> {
  const buffer = Buffer.allocUnsafe(BLOCK);
  let end = (await handle.stat()).size;
  /** Line breaks after `end`; the first of them ends the last whole line. */
  let breaks = 0;
  while (end > 0 && !signal.aborted) {
    const length = Math.min(BLOCK, end);
    const { bytesRead } = await handle.read(buffer, 0, length, end - length);
    if (bytesRead < length) {
      // It became shorter meanwhile: there is nothing to skip then.
      break;
    }
    for (let at = buffer.lastIndexOf(LINE_BREAK, length - 1); at >= 0; at = before(buffer, at)) {
      if (breaks === lines) {
        return { offset: end - length + at + 1, lines };
      }
      breaks += 1;
    }
    end -= length;
  }
  return { offset: 0, lines: breaks };
}

/** The line break before another one, in the same block. */
function before(buffer: Buffer, at: number): number {
  return at === 0 ? -1 : buffer.lastIndexOf(LINE_BREAK, at - 1);
}
