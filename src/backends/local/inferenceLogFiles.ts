import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ignoreMissing } from './files';
import { limitsOf } from './inferenceLogLaunch';
import { fileName, numbersOf } from './inferenceLogReader';
import type { InferenceLogPaths } from './paths';
import { inferenceLogsDirectory } from './paths';
import type { InferenceLogSettings } from './ports';

const RECORDS = /\.ndjson(?:\.\d+)?$/;
const RETRIES = 10;
const RETRY_MS = 100;

/** The file that has the newest records. */
export async function newestFile({ folders, name }: InferenceLogPaths): Promise<string | undefined> {
  const files = await Promise.all(
    folders.map(async (folder) => {
      const numbers = await numbersOf(folder, name);
      const path = join(folder, fileName(name, Math.min(...numbers)));
      const info = numbers.length === 0 ? undefined : await stat(path).catch(ignoreMissing);
      return info && { path, at: info.mtimeMs };
    }),
  );
  return files.filter((file) => file !== undefined).sort((a, b) => b.at - a.at)[0]?.path;
}

/** Takes all records away; a server that writes goes on in a new file. */
export async function deleteRecords({ folders, name }: InferenceLogPaths): Promise<void> {
  for (const folder of folders) {
    for (const number of await numbersOf(folder, name)) {
      // On Windows a file that a server is just writing cannot be taken away.
      await rm(join(folder, fileName(name, number)), { force: true, maxRetries: RETRIES, retryDelay: RETRY_MS });
    }
  }
}

/** Takes away records that are older than they may get, also of servings that do not run any more. */
export async function tidyRecords(storage: string, settings: InferenceLogSettings | undefined): Promise<void> {
  const oldest = Date.now() - limitsOf(settings).maxHours * 3_600_000;
  const all = inferenceLogsDirectory(storage);
  for (const folder of (await readdir(all).catch(ignoreMissing)) ?? []) {
    const directory = join(all, folder);
    for (const each of [join(directory, 'containers'), directory]) {
      for (const file of ((await readdir(each).catch(ignoreMissing)) ?? []).filter((name) => RECORDS.test(name))) {
        const info = await stat(join(each, file)).catch(ignoreMissing);
        if (info !== undefined && info.mtimeMs < oldest) {
          await rm(join(each, file), { force: true });
        }
      }
    }
  }
}
