import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DEFAULTS, type ServingDefinition } from '../../core/definition';
import type { DefinitionFile, DefinitionFiles } from '../definitions/definitionFiles';
import { readRun, type RunRecord } from './ledger';
import type { Wanted } from './observation';
import { servingsDirectory } from './paths';

/** What the files ask for, by name; what runs without a file any more is there, too. */
export async function wantedServings(
  definitions: DefinitionFiles,
  storage: string,
): Promise<ReadonlyMap<string, Wanted>> {
  const wanted = new Map<string, Wanted>();
  for (const file of await definitions.list()) {
    if (file.definition?.backend === 'docker') {
      continue;
    }
    const name = servingNameOf(file);
    const isSecond = wanted.has(name);
    const problem = isSecond ? `Another file defines a serving named ${name}, too` : file.issues[0]?.message;
    const key = isSecond ? file.stem : name;
    wanted.set(key, {
      definition: file.definition && !isSecond ? file.definition : unreadable(key),
      file: file.file,
      ...(problem === undefined ? {} : { problem: `Its definition is not right: ${problem}` }),
    });
  }
  for (const run of await runsOf(storage, (file) => readRun(file).catch(() => undefined))) {
    if (!wanted.has(run.definition.name) && run.endedAt === undefined) {
      wanted.set(run.definition.name, { definition: run.definition });
    }
  }
  return wanted;
}

/** The last run of each serving that was started on this computer. Rejects when one cannot be read. */
export function lastRuns(storage: string): Promise<readonly RunRecord[]> {
  return runsOf(storage, readRun);
}

async function runsOf(
  storage: string,
  read: (file: string) => Promise<RunRecord | undefined>,
): Promise<readonly RunRecord[]> {
  const directory = servingsDirectory(storage);
  const names = await readdir(directory).catch(() => []);
  const runs = await Promise.all(names.map((name) => read(join(directory, name, 'ledger.json'))));
  return runs.filter((run) => run !== undefined);
}

export function servingNameOf(file: DefinitionFile): string {
  return file.definition?.name ?? file.stem;
}

/** What stands for a definition that cannot be read, so that its serving can be shown and mended. */
function unreadable(name: string): ServingDefinition {
  return { ...DEFAULTS, name, model: { name: '', version: 0 }, script: '' };
}
