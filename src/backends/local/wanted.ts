import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DEFAULTS, type LocalBackendKind, type ServingDefinition } from '../../core/definition';
import { t } from '../../core/l10n';
import type { Serving } from '../../core/serving';
import type { DefinitionFile, DefinitionFiles } from '../definitions/definitionFiles';
import { readRun, type RunRecord } from './ledger';
import { servingsDirectory, ServingPaths, type Storages } from './paths';

/** What is wanted of a serving, as its file says it. */
export interface Wanted {
  readonly definition: ServingDefinition;
  readonly file?: string;
  /** What is wrong in the file. */
  readonly problem?: string;
  /** It is on its way here or has just left: its file names another backend. */
  readonly isMoving?: true;
}

/** What the files ask for, by name; what runs without a file any more is there, too. */
export async function wantedServings(
  definitions: DefinitionFiles,
  storage: string,
  isOurs: (file: DefinitionFile) => Promise<boolean>,
): Promise<ReadonlyMap<string, Wanted>> {
  const wanted = new Map<string, Wanted>();
  for (const file of await definitions.list()) {
    if (!(await isOurs(file))) {
      continue;
    }
    const name = servingNameOf(file);
    const isSecond = wanted.has(name);
    const problem = isSecond ? t('Another file defines a serving named {0}, too', name) : file.issues[0]?.message;
    const key = isSecond ? file.stem : name;
    wanted.set(key, {
      definition: file.definition && !isSecond ? file.definition : unreadable(key),
      file: file.file,
      ...(problem === undefined ? {} : { problem: t('Its definition is not right: {0}', problem) }),
    });
  }
  for (const run of await runsOf(storage, (file) => readRun(file).catch(() => undefined))) {
    if (!wanted.has(run.definition.name) && run.endedAt === undefined) {
      wanted.set(run.definition.name, { definition: run.definition });
    }
  }
  return wanted;
}

/**
 * Which backend a file belongs to. One that cannot be read belongs to the one that ran it last, else to the one that
 * needs nothing but Python.
 */
export async function backendOf(file: DefinitionFile, storages: Storages): Promise<LocalBackendKind> {
  const named = file.definition?.backend ?? (file.draft?.backend === 'docker' ? 'docker' : undefined);
  if (named === 'process' || named === 'docker') {
    return named;
  }
  const [process, docker] = await Promise.all(
    [storages.process, storages.docker].map((storage) =>
      readRun(new ServingPaths(storage, servingNameOf(file)).ledger).catch(() => undefined),
    ),
  );
  return docker !== undefined && (process === undefined || process.startedAt < docker.startedAt) ? 'docker' : 'process';
}

/** The last run of each serving that was started on this computer. Rejects when one cannot be read. */
export function lastRuns(storage: string): Promise<readonly RunRecord[]> {
  return runsOf(storage, readRun);
}

/** Names of the servings of which a start was written down and no end of it. */
export async function halfDone(storage: string): Promise<readonly string[]> {
  const runs = await runsOf(storage, (file) => readRun(file).catch(() => undefined));
  return runs
    .filter(
      ({ preparing, successor, replaced }) => preparing === true || successor !== undefined || replaced !== undefined,
    )
    .map(({ definition }) => definition.name);
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

/** What a serving says of its definition. */
export function ofDefinition({ file, isMoving }: Wanted): Pick<Serving, 'definitionFile' | 'isOrphan'> {
  if (file !== undefined) {
    return { definitionFile: file };
  }
  return isMoving ? {} : { isOrphan: true };
}

/** The file that a serving of this name has, or would be written to; names differ by more than case. */
export function fileNamed(name: string, files: readonly DefinitionFile[]): DefinitionFile | undefined {
  const low = name.toLowerCase();
  return files.find((file) => [servingNameOf(file), file.stem].some((each) => each.toLowerCase() === low));
}

export function servingNameOf(file: DefinitionFile): string {
  return file.definition?.name ?? file.stem;
}

/** What stands for a definition that cannot be read, so that its serving can be shown and mended. */
function unreadable(name: string): ServingDefinition {
  return { ...DEFAULTS, name, model: { name: '', version: 0 }, script: '' };
}
