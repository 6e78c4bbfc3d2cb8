import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { t } from '../core/l10n';
import type { CopyFile } from './copyFile';
import { findFile, type FoundFile, sameStamp } from './walk';

export interface CopyTreeOptions {
  readonly signal: AbortSignal;
  readonly onBytes: (count: number) => void;
  readonly copy: CopyFile;
}

/** A file was written to while it was read: what was read is neither the old nor the other content. */
export class ChangedWhileRead extends Error {
  constructor(readonly file: string) {
    super(t('{0} was changed while it was read: try again when it is complete', file));
    this.name = 'ChangedWhileRead';
  }
}

/** Copies files to their names below a folder. Rejects with ChangedWhileRead when one is no longer as it was found. */
export async function copyTree(files: readonly FoundFile[], to: string, options: CopyTreeOptions): Promise<void> {
  const made = new Set<string>();
  for (const file of files) {
    const target = path.join(to, file.name);
    const parent = path.dirname(target);
    if (!made.has(parent)) {
      await mkdir(parent, { recursive: true });
      made.add(parent);
    }
    await options.copy(file.path, target, { signal: options.signal, onBytes: options.onBytes });
    if (!sameStamp(file, await findFile(file.path, file.name))) {
      throw new ChangedWhileRead(file.path);
    }
  }
}
