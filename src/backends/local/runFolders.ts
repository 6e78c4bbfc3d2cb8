import { readdir, readFile, rm } from 'node:fs/promises';
import type { ServingPaths } from './paths';

/** How many runs of a serving keep their logs. */
const RUNS_KEPT = 5;

export interface RunFolder {
  readonly instance: string;
  readonly directory: string;
}

/** The folders of a serving's runs, oldest first. */
export async function runFolders(paths: ServingPaths): Promise<readonly RunFolder[]> {
  const names = await readdir(paths.runs).catch(() => []);
  const found = await Promise.all(
    names.map(async (instance) => {
      const { directory, state } = paths.run(instance);
      return { instance, directory, startedAt: await startOf(state) };
    }),
  );
  return found.sort((a, b) => a.startedAt - b.startedAt);
}

/** Takes away what old runs left. */
export async function tidyRuns(paths: ServingPaths, inUse: readonly string[]): Promise<void> {
  const old = (await runFolders(paths)).filter(({ instance }) => !inUse.includes(instance));
  for (const { directory } of old.slice(0, Math.max(0, old.length + inUse.length - RUNS_KEPT))) {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Milliseconds since 1970; a run that has just begun comes last. */
async function startOf(state: string): Promise<number> {
  const text = await readFile(state, 'utf8').catch(() => '');
  const found = /"startedAt":\s*"([^"]+)"/.exec(text)?.[1];
  const time = found === undefined ? Number.NaN : Date.parse(found);
  return Number.isNaN(time) ? Number.MAX_SAFE_INTEGER : time;
}
