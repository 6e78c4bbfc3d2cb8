import { chmod, mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Operation } from '../../core/backend';
import { isNodeError } from '../../core/errors';
import { t } from '../../core/l10n';
import { byteProgress } from '../../files/byteProgress';
import type { CopyFile } from '../../files/copyFile';
import { copyTree } from '../../files/copyTree';
import { leftovers, makeScratch } from '../../files/scratch';
import { findFile } from '../../files/walk';
import { type HashedFile, type Manifest, manifestFile, type PackedFile } from './manifest';

export interface Assembly {
  readonly files: readonly HashedFile[];
  readonly about: Pick<Manifest, 'label' | 'fingerprint' | 'script'>;
  /** Where the artifact's place is; the hidden folder is made there. */
  readonly parent: string;
  readonly copy: CopyFile;
  readonly operation: Operation;
  /** Moves the hidden folder, with `files/` and the manifest in it, to its place; returns where the files lie then. */
  readonly place: (scratch: string) => Promise<string>;
}

/** Copies the files into a hidden folder and has it placed in one step. Cancelled or failed: nothing is left behind. */
export async function assemble({ files, about, parent, copy, operation, place }: Assembly): Promise<string> {
  const { signal } = operation;
  for (const leftover of await leftovers(parent, 'pack')) {
    await rm(leftover, { recursive: true, force: true });
  }
  const scratch = await makeScratch(parent, 'pack');
  try {
    const content = path.join(scratch.directory, 'files');
    await mkdir(content);
    const onBytes = byteProgress(bytesIn(files), (message) => {
      operation.report({ stage: 'artifact', message: t('Copying {0}', message) });
    });
    await copyTree(files, content, { signal, onBytes, copy });
    const packed = await sealed(content, files);
    await writeManifest(content, { ...about, created: new Date().toISOString(), files: packed });
    signal.throwIfAborted();
    return await place(scratch.directory);
  } finally {
    await scratch.remove();
  }
}

export function bytesIn(files: readonly { readonly bytes: number }[]): number {
  return files.reduce((sum, file) => sum + file.bytes, 0);
}

export async function writeManifest(directory: string, manifest: Manifest): Promise<void> {
  await writeFile(manifestFile(directory), `${JSON.stringify(manifest, undefined, 2)}\n`);
}

/** Moves a folder to a place that must be free or empty; false when somebody else has put something there. */
export async function moveInto(scratch: string, place: string): Promise<boolean> {
  try {
    await rename(scratch, place);
    return true;
  } catch (error) {
    const isTaken = isNodeError(error) && ['ENOTEMPTY', 'EEXIST', 'EPERM', 'EACCES'].includes(error.code ?? '');
    if (isTaken && (await stat(place).catch(() => undefined)) !== undefined) {
      return false;
    }
    throw error;
  }
}

/** Makes the copies read-only, so that nobody edits them by mistake. */
async function sealed(content: string, files: readonly HashedFile[]): Promise<readonly PackedFile[]> {
  const packed: PackedFile[] = [];
  for (const { name, bytes, sha256, modified } of files) {
    const copy = path.join(content, name);
    await chmod(copy, 0o444);
    packed.push({
      name,
      bytes,
      sha256,
      modified: String(modified),
      packed: String((await findFile(copy, name)).modified),
    });
  }
  return packed;
}
