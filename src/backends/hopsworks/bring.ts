import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Operation } from '../../core/backend';
import type { RemoteUpload, ServingDefinition } from '../../core/definition';
import { messageOf, ServingError, toServingError } from '../../core/errors';
import type { Logger } from '../../core/log';
import type { ModelRef } from '../../core/model';
import type { ProjectFiles } from './files';
import { isFrom, type ServerFacts } from './request';

/** Registers a model version of this computer; what it gives takes that back. */
export type ModelUpload = (directory: string, model: ModelRef, operation: Operation) => Promise<() => Promise<void>>;

export interface BringParts {
  readonly files: ProjectFiles;
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
}

const UNDO_MS = 30_000;

/** Brings what a definition is made from to the project. Cancelled or failed: nothing of it is there. */
export async function bring(
  what: string,
  parts: BringParts,
  definition: ServingDefinition,
  operation: Operation,
): Promise<Brought> {
  const { remote } = definition;
  const undo: (() => Promise<void>)[] = [];
  const takeBack = async (): Promise<void> => {
    for (const each of undo.splice(0).reverse()) {
      await each().catch((error: unknown) => {
        parts.log.warn(`${what}: what was uploaded could not be taken back: ${messageOf(error)}`);
      });
    }
  };
  if (remote?.upload === undefined) {
    return { definition, takeBack };
  }
  const { upload, ...asked } = remote;
  try {
    if (upload.model !== undefined) {
      if (!parts.models) {
        throw new ServingError(
          'notFound',
          `${what}: ${definition.model.name} v${definition.model.version} is not in the registry: export it first`,
        );
      }
      undo.push(await parts.models(upload.model, definition.model, operation));
    }
    const paths: Partial<Record<keyof RemoteUpload, string>> = {};
    for (const role of ['script', 'transformer'] as const) {
      const file = upload[role];
      if (file !== undefined) {
        operation.report({ stage: 'artifact', message: `uploading ${basename(file)}` });
        paths[role] = await put(what, parts, definition.name, role, file, undo, operation.signal);
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
    };
  } catch (error) {
    await takeBack();
    throw error;
  }
}

const FOLDERS = { script: 'predictor', transformer: 'transformer' } as const;

/** Where the official client puts the scripts of a deployment, in releases that have no place for them: into Resources. */
function folderOf(name: string, role: keyof typeof FOLDERS, facts: ServerFacts): string {
  return isFrom(facts, 5, 0) ? `Deployments/${name}/resources/${FOLDERS[role]}` : `Resources/${name}/${FOLDERS[role]}`;
}

async function put(
  what: string,
  { files, facts, project }: BringParts,
  name: string,
  role: keyof typeof FOLDERS,
  file: string,
  undo: (() => Promise<void>)[],
  signal: AbortSignal,
): Promise<string> {
  const content = await readFile(file).catch((error: unknown) => {
    throw toServingError(error, 'script', `${what}: could not read ${file}`);
  });
  const folder = folderOf(name, role, facts);
  const path = `${folder}/${basename(file)}`;
  const limited = (): AbortSignal => AbortSignal.timeout(UNDO_MS);
  let outermost: string | undefined;
  const onMade = (made: string): void => {
    // A dataset that others may have put something into by now stays.
    if (outermost === undefined && made.includes('/')) {
      outermost = made;
      undo.push(() => files.remove(made, limited()));
    }
  };
  await files.makeFolder(folder, onMade, signal);
  const before = outermost === undefined ? await files.read(path, signal) : undefined;
  if (before === undefined || before !== content.toString('utf8')) {
    undo.push(async () => {
      await files.remove(path, limited());
      if (before !== undefined) {
        await files.upload(folder, basename(file), Buffer.from(before), limited());
      }
    });
    if (before !== undefined) {
      await files.remove(path, signal);
    }
    await files.upload(folder, basename(file), content, signal);
  }
  return `/Projects/${project}/${path}`;
}
