import { access, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Operation } from '../../core/backend';

const LOOK_MS = 250;

/** Asks whoever works under the serving's lock, in whichever window, to give up. */
export async function requestCancel(file: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, '');
}

/** Runs `work` with an operation that is also cancelled when the file appears. */
export async function cancellable<T>(
  file: string,
  operation: Operation,
  work: (operation: Operation) => Promise<T>,
): Promise<T> {
  await rm(file, { force: true });
  const asked = new AbortController();
  const timer = setInterval(() => {
    access(file).then(
      () => {
        asked.abort();
      },
      () => undefined,
    );
  }, LOOK_MS);
  try {
    return await work({
      signal: AbortSignal.any([operation.signal, asked.signal]),
      report: (progress) => {
        operation.report(progress);
      },
    });
  } finally {
    clearInterval(timer);
    await rm(file, { force: true });
  }
}
