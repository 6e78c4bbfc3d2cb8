import { mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Operation } from '../../core/backend';

const LOOK_MS = 200;
/** The clock of some file systems is that much behind. */
const CLOCK_MS = 20;

/** Asks whoever works under the serving's lock, in whichever window, to give up; to be withdrawn once that is done. */
export async function requestCancel(file: string): Promise<{ withdraw(): Promise<void> }> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, '');
  return { withdraw: () => rm(file, { force: true }) };
}

/** Runs `work` with an operation that is also cancelled when the file is written after `since`, in milliseconds since 1970. */
export async function cancellable<T>(
  file: string,
  since: number,
  operation: Operation,
  work: (operation: Operation) => Promise<T>,
): Promise<T> {
  const asked = new AbortController();
  const timer = setInterval(() => {
    stat(file).then(
      ({ mtimeMs }) => {
        if (mtimeMs >= since - CLOCK_MS) {
          asked.abort();
        }
      },
      () => undefined,
    );
  }, LOOK_MS);
  try {
    return await work({
      ...operation,
      signal: AbortSignal.any([operation.signal, asked.signal]),
      report: (progress) => {
        operation.report(progress);
      },
    });
  } finally {
    clearInterval(timer);
  }
}
