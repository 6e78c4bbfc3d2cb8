import { readFile } from 'node:fs/promises';
import { isNodeError } from '../../core/errors';
import { replaceFile } from '../../files/replaceFile';

/** The JSON in a file; undefined when there is none or a crash left it unreadable. */
export async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as unknown;
  } catch (error) {
    if (error instanceof SyntaxError || (isNodeError(error) && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))) {
      return undefined;
    }
    throw error;
  }
}

/** Writes a file so that a reader sees the old text or the whole of the other, never a part. */
export async function writeJson(file: string, value: unknown): Promise<void> {
  await replaceFile(file, JSON.stringify(value, null, 1), 0o600);
}

/** Undefined where there is nothing at a path any more. */
export function ignoreMissing(error: unknown): undefined {
  if (isNodeError(error) && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) {
    return undefined;
  }
  throw error;
}
