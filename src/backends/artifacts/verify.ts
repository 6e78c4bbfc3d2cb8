import path from 'node:path';
import { walk } from '../../files/walk';
import type { Hashes } from './hashes';
import type { Manifest } from './manifest';
import { timeText } from './times';

/**
 * What is wrong with a packed artifact, in words; undefined when it holds what was packed. Sizes and times first;
 * only a file whose time differs is read, as a copy or a checkout has other times.
 */
export async function checkArtifact(
  directory: string,
  manifest: Manifest,
  hashes: Hashes,
  signal: AbortSignal,
): Promise<string | undefined> {
  const skip = (name: string): boolean => path.posix.basename(name) === '__pycache__';
  const found = new Map((await walk(directory, { signal, skip })).map((file) => [file.name, file]));
  for (const packed of manifest.files) {
    const file = found.get(packed.name);
    if (file === undefined) {
      return `${packed.name} is missing in it`;
    }
    found.delete(packed.name);
    const isTouched = file.bytes !== packed.bytes || String(file.modified) !== packed.packed;
    if (
      isTouched &&
      (file.bytes !== packed.bytes || (await hashes.of(file, { signal, onBytes: ignore })) !== packed.sha256)
    ) {
      const times = `changed ${timeText(file.modified)}, packed ${timeText(new Date(manifest.created))}`;
      return `${packed.name} in it is not as it was packed (${times})`;
    }
  }
  const [extra] = found.keys();
  return extra === undefined ? undefined : `${extra} was added to it`;
}

function ignore(): void {
  // Verifying tells no progress: nearly always nothing is read.
}
