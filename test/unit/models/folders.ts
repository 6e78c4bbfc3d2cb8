import { mkdir, mkdtemp, readdir, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll } from 'vitest';
import type { Operation, Progress } from '../../../src/core/backend';

const made: string[] = [];

afterAll(async () => {
  await Promise.all(made.splice(0).map((each) => rm(each, { recursive: true, force: true })));
});

/** A folder whose path has spaces and letters outside ASCII. */
export async function makeFolder(): Promise<string> {
  const folder = await realpath(await mkdtemp(path.join(tmpdir(), 'Modèles für 花 ')));
  made.push(folder);
  return folder;
}

/** Writes files by their path below a folder. */
export async function write(folder: string, files: Readonly<Record<string, string | Buffer>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(folder, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, content);
  }
}

/** Everything below a folder, folders included, hidden ones too; links are not followed. */
export async function everything(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'))
    .sort();
}

export function makeOperation(onReport?: (progress: Progress) => void): Operation & {
  readonly said: Progress[];
  cancel(): void;
} {
  const controller = new AbortController();
  const said: Progress[] = [];
  return {
    signal: controller.signal,
    said,
    report: (progress) => {
      said.push(progress);
      onReport?.(progress);
    },
    cancel: () => {
      controller.abort();
    },
  };
}

export const ENOSPC = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
