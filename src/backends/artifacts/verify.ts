import path from 'node:path';
import { t } from '../../core/l10n';
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
      return t('{0} is missing in it', packed.name);
    }
    found.delete(packed.name);
    const isTouched = file.bytes !== packed.bytes || String(file.modified) !== packed.packed;
    if (
      isTouched &&
      (file.bytes !== packed.bytes || (await hashes.of(file, { signal, onBytes: ignore })) !== packed.sha256)
    ) {
      return t(
        '{0} in it is not as it was packed (changed {1}, packed {2})',
        packed.name,
        timeText(file.modified),
        timeText(new Date(manifest.created)),
      );
    }
  }
  const [extra] = found.keys();
  return extra === undefined ? undefined : t('{0} was added to it', extra);
}

function ignore(): void {
  // Verifying tells no progress: nearly always nothing is read.
}
