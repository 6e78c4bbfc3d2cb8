import { lstat, readdir } from 'node:fs/promises';
import path from 'node:path';

/** Bytes of all files in a folder; what cannot be read counts as nothing. Links are not followed. */
export async function bytesIn(directory: string): Promise<number> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
  let bytes = 0;
  for (const entry of entries) {
    const file = path.join(directory, entry.name);
    if (entry.isDirectory()) {
      bytes += await bytesIn(file);
    } else if (entry.isFile()) {
      bytes += await lstat(file).then(
        ({ size }) => size,
        () => 0,
      );
    }
  }
  return bytes;
}
