import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isNodeError, toServingError } from '../core/errors';
import { t } from '../core/l10n';

/** Copies the sample workspace into a folder of its own below `into`: `iris`, else `iris2` … Gives that folder. */
export async function copySample(sample: string, into: string): Promise<string> {
  for (let n = 1; ; n++) {
    const folder = join(into, n === 1 ? 'iris' : `iris${n}`);
    try {
      await mkdir(folder);
      await cp(sample, folder, { recursive: true });
      return folder;
    } catch (error) {
      if (!(isNodeError(error) && error.code === 'EEXIST')) {
        throw toServingError(error, 'disk', t('Could not make the sample in {0}', into));
      }
    }
  }
}
