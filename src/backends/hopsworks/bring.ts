import { randomBytes } from 'node:crypto';
import { access } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Operation } from '../../core/backend';
import type { RemoteUpload, ServingDefinition } from '../../core/definition';
import { messageOf, ServingError, toServingError } from '../../core/errors';
import { t } from '../../core/l10n';
import type { Logger } from '../../core/log';
import type { ModelRef } from '../../core/model';
import type { Datasets } from './datasets';
import { isFrom, type ServerFacts } from './request';
import { uploadFiles } from './uploadFiles';

/** Registers a model version of this computer; what it gives takes that back. */
export type ModelUpload = (directory: string, model: ModelRef, operation: Operation) => Promise<() => Promise<void>>;

export interface BringParts {
  readonly datasets: Datasets;
  readonly project: string;
  readonly facts: ServerFacts;
  readonly log: Logger;
  readonly models?: ModelUpload;
}

export interface Brought {
  /** With the paths that its files have there now. */
  readonly definition: ServingDefinition;
  /** Never rejects. */
  takeBack(): Promise<void>;
  /** What it replaced goes; never rejects. */
  keep(): Promise<void>;
}

interface Deeds {
  /** What was done, the last one last: how it is taken back … */
  readonly undo: (() => Promise<void>)[];
  /** … and what is left to do once it counts. */
  readonly after: (() => Promise<void>)[];
}

const UNDO_MS = 30_000;

/** Brings what a definition is made from to the project. Cancelled or failed: nothing of it is there. */
async function bring(
  what: string,
  parts: BringParts,
  definition: ServingDefinition,
  operation: Operation,
): Promise<Brought> {
  const { remote } = definition;
  const { undo, after }: Deeds = { undo: [], after: [] };
  const all = async (deeds: Deeds['undo']): Promise<void> => {
    for (const each of deeds.splice(0).reverse()) {
      await each().catch((error: unknown) => {
        parts.log.warn(`${what}: what was uploaded could not be tidied up: ${messageOf(error)}`);
      });
    }
  };
  const takeBack = (): Promise<void> => all(undo);
  const keep = (): Promise<void> => all(after);
  if (remote?.upload === undefined) {
    return { definition, takeBack, keep };
  }
  const { upload, ...asked } = remote;
  try {
    if (upload.model !== undefined) {
      if (!parts.models) {
        throw new ServingError(
          'notFound',
          t(
            '{0}: {1} v{2} is not in the registry: export it first',
            what,
            definition.model.name,
            definition.model.version,
          ),
        );
      }
      undo.push(await parts.models(upload.model, definition.model, operation));
    }
    const paths: Partial<Record<keyof RemoteUpload, string>> = {};
    for (const role of ['script', 'transformer'] as const) {
      const file = upload[role];
      if (file !== undefined) {
        operation.report({ stage: 'artifact', message: t('uploading {0}', basename(file)) });
        paths[role] = await put(what, parts, definition.name, role, file, { undo, after }, operation);
      }
    }
    const { script, transformer } = paths;
    return {
      definition: {
        ...definition,
        ...(script === undefined ? {} : { script }),
        ...(transformer === undefined ? {} : { transformer }),
        remote: asked,
      },
      takeBack,
      keep,
    };
  } catch (error) {
    await takeBack();
    throw error;
  }
}

/** Work with what a definition is made from at its place; when it fails before it is taken, that is taken away again. */
export async function withFiles(
  what: string,
  parts: BringParts,
  definition: ServingDefinition,
  operation: Operation,
  work: (ready: ServingDefinition, onTaken: () => void) => Promise<void>,
): Promise<void> {
  const brought = await bring(what, parts, definition, operation);
  const sent = { isTaken: false };
  try {
    await work(brought.definition, () => {
      sent.isTaken = true;
    });
  } catch (error) {
    await (sent.isTaken ? brought.keep() : brought.takeBack());
    throw error;
  }
  await brought.keep();
}

/** Where a script of a serving may lie, what its run has first. */
export function scriptPlaces(
  { name, model, artifact, ...definition }: ServingDefinition,
  role: 'script' | 'transformer',
  project: string,
  facts: ServerFacts,
): readonly string[] {
  const script = definition[role] ?? '';
  const root = `/Projects/${project}`;
  const file = basename(script);
  const version = `${root}/Models/${model.name}/${model.version}`;
  return [
    ...(script.includes('/') ? [script.startsWith('/') ? script : `${root}/${script}`] : []),
    ...(typeof artifact === 'number' && artifact > 0
      ? [`${version}/Artifacts/${artifact}/${role === 'script' ? 'predictor' : 'transformer'}-${file}`]
      : []),
    `${root}/${folderOf(name, role, facts)}/${file}`,
    `${version}/${file}`,
    `${version}/Files/${file}`,
  ];
}

/** Takes away the script that was brought for a serving, and its folders as far as nothing else is in them. */
export async function removeScript(
  datasets: Datasets,
  file: string,
  role: 'script' | 'transformer',
  { name, project, facts }: { readonly name: string; readonly project: string; readonly facts: ServerFacts },
  signal: AbortSignal,
): Promise<void> {
  const folder = `/Projects/${project}/${folderOf(name, role, facts)}`;
  const path = `${folder}/${basename(file)}`;
  if ((await datasets.find(path, signal)) === undefined) {
    return;
  }
  await datasets.remove(path, signal);
  for (const each of [...ancestors(folder)].slice(1).reverse()) {
    if ((await datasets.list(each, signal))?.length === 0) {
      await datasets.remove(each, signal);
    }
  }
}

const FOLDERS = { script: 'predictor', transformer: 'transformer' } as const;

/** Where the official client puts the scripts of a deployment, in releases that have no place for them: into Resources. */
function folderOf(name: string, role: keyof typeof FOLDERS, facts: ServerFacts): string {
  return isFrom(facts, 5, 0) ? `Deployments/${name}/resources/${FOLDERS[role]}` : `Resources/${name}/${FOLDERS[role]}`;
}

async function put(
  what: string,
  { datasets, facts, project }: BringParts,
  name: string,
  role: keyof typeof FOLDERS,
  file: string,
  { undo, after }: Pick<Deeds, 'undo' | 'after'>,
  operation: Operation,
): Promise<string> {
  await access(file).catch((error: unknown) => {
    throw toServingError(error, 'script', t('{0}: could not read {1}', what, file));
  });
  const { signal } = operation;
  const limited = (): AbortSignal => AbortSignal.timeout(UNDO_MS);
  const folder = `/Projects/${project}/${folderOf(name, role, facts)}`;
  const path = `${folder}/${basename(file)}`;
  let isNew = false;
  for (const each of [...ancestors(folder)]) {
    if ((await datasets.find(each, signal)) === undefined) {
      await datasets.makeFolder(each, signal);
      // A dataset that others may have put something into by now stays.
      if (!isNew && each.split('/').length > 4) {
        isNew = true;
        undo.push(() => datasets.remove(each, limited()));
      }
    }
  }
  if (!isNew && (await datasets.find(path, signal)) !== undefined) {
    const aside = `${path}.${randomBytes(4).toString('hex')}.before`;
    await datasets.move(path, aside, signal);
    undo.push(() => datasets.move(aside, path, limited()));
    after.push(() => datasets.remove(aside, limited()));
  }
  undo.push(() => datasets.remove(path, limited()));
  const tell = (message: string): void => {
    operation.report({ stage: 'artifact', message: `${basename(file)}, ${message}` });
  };
  await uploadFiles(datasets, [{ file: { name: basename(file), path: file }, folder }], { signal, tell });
  return path;
}

/** A folder below the project with those above it, the outermost first. */
function ancestors(folder: string): readonly string[] {
  const pieces = folder.split('/');
  return pieces.map((_piece, index) => pieces.slice(0, index + 1).join('/')).slice(3);
}
