import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { isCancelled, messageOf, ServingError } from '../../core/errors';
import type { Logger } from '../../core/log';
import type { RegistryExport, RegistryFile, Transfer } from '../../core/registry';
import type { HopsworksClient } from './client';
import type { Datasets } from './datasets';
import { FILES } from './downloadFiles';
import { isPassing, isTheir } from './failures';
import { modelPath, toModelBody, versionPath } from './registryView';
import { isFrom, type ServerFacts } from './request';
import { pause, type Timing } from './timing';
import { uploadFiles } from './uploadFiles';
import { ERROR, numberAt, textAt } from './wire';

interface ExportParts {
  /** What fails when it fails. */
  readonly what: string;
  readonly client: HopsworksClient;
  readonly datasets: Datasets;
  readonly projectId: number;
  readonly project: string;
  readonly facts: ServerFacts;
  readonly log: Logger;
  readonly timing: Pick<Timing, 'pollMs' | 'patienceMs'>;
  readonly chunkBytes?: number;
}

/** Each call has its own limit, so that these are for when there are very many. */
const CLEAN_MS = 120_000;
const REPLACE_MS = 900_000;
/** Clients keep these two beside the model's files, not among them. */
const BESIDE = ['input_example.json', 'model_schema.json'];

/**
 * The calls of the official client, in its order: folders, files, then the registry, which is asked until it knows the
 * version. A version that is replaced stays until everything is uploaded. Cancelled or failed: what was uploaded goes.
 */
export async function exportVersion(request: RegistryExport, transfer: Transfer, parts: ExportParts): Promise<void> {
  const { datasets, project, what } = parts;
  const { signal } = transfer;
  const model = modelPath(project, request.name);
  const target = versionPath(project, request.name, request.version);
  if ((await datasets.find(`/Projects/${project}/Models`, signal)) === undefined) {
    throw new ServingError('notFound', `${what}: the project ${project} has no dataset Models`);
  }
  const isNewModel = (await datasets.find(model, signal)) === undefined;
  if (isNewModel) {
    await datasets.makeFolder(model, signal);
  }
  const replaces = !isNewModel && request.overwrite && (await datasets.find(target, signal)) !== undefined;
  if (replaces) {
    await refuseUsed(request, parts, signal);
  }
  const folder = replaces ? `${model}/upload_${randomBytes(4).toString('hex')}` : target;
  let made = isNewModel ? model : undefined;
  try {
    await datasets.makeFolder(folder, signal);
    made ??= folder;
    await upload(request, folder, transfer, parts);
    signal.throwIfAborted();
    if (replaces) {
      await replace(request, folder, target, parts);
      made = undefined;
    }
    await register(request, parts);
  } catch (error) {
    if (isTheir(error, ERROR.folderExists) && made !== folder) {
      throw new ServingError('exists', `${what}: this version is there already; choose another number`, {
        cause: error,
      });
    }
    if (made !== undefined) {
      await clean(made, parts);
    }
    throw error;
  }
  await known(request, parts, signal);
}

/** A version that a serving answers with cannot be replaced: better said before everything is uploaded. */
async function refuseUsed({ name, version }: RegistryExport, parts: ExportParts, signal: AbortSignal): Promise<void> {
  const users = (await parts.client.servings(parts.projectId, signal)).filter((serving) => {
    const model = textAt(serving, 'modelName') ?? textAt(serving, 'modelPath')?.split('/').at(-1);
    return model === name && numberAt(serving, 'modelVersion') === version;
  });
  if (users.length > 0) {
    const names = users.map((each) => each.name).join(', ');
    throw new ServingError(
      'conflict',
      `${parts.what}: ${names} ${users.length === 1 ? 'serves' : 'serve'} it there. Delete that first, or choose another version`,
    );
  }
}

async function upload(
  { files }: RegistryExport,
  folder: string,
  transfer: Transfer,
  { datasets, facts, chunkBytes }: ExportParts,
): Promise<void> {
  const own = isFrom(facts, 4, 2) ? `${folder}/${FILES}` : folder;
  const folderOf = ({ name }: RegistryFile): string =>
    BESIDE.includes(name) ? folder : path.posix.join(own, path.posix.dirname(name));
  const folders = new Set<string>();
  for (const file of files) {
    for (let each = folderOf(file); each !== folder; each = path.posix.dirname(each)) {
      folders.add(each);
    }
  }
  if (own !== folder) {
    folders.add(own);
  }
  for (const each of [...folders].sort()) {
    await datasets.makeFolder(each, transfer.signal);
  }
  const placed = files.map((file) => ({ file, folder: folderOf(file) }));
  await uploadFiles(datasets, placed, transfer, chunkBytes);
}

/** Short, and not to be cancelled: the old version goes, the new files take its place. */
async function replace(request: RegistryExport, from: string, target: string, parts: ExportParts): Promise<void> {
  const { client, datasets, projectId, what } = parts;
  const signal = AbortSignal.timeout(REPLACE_MS);
  try {
    const at = modelAt(request, projectId);
    await client.json({ what, scope: 'MODELREGISTRY', method: 'DELETE', path: at }, signal);
  } catch (error) {
    if (!isTheir(error, ERROR.noModel)) {
      throw error;
    }
  }
  try {
    await datasets.remove(target, signal);
    await datasets.makeFolder(target, signal);
    await moveInto(datasets, from, target, signal);
    await datasets.remove(from, signal);
  } catch (error) {
    throw new ServingError(
      'unavailable',
      `${messageOf(error)}. The version that was there is deleted; the new files are in ${from} and ${target}`,
      { cause: error },
    );
  }
}

/** What is in a folder, one by one; the folder of the files is made, as servers make something of its name. */
async function moveInto(datasets: Datasets, from: string, to: string, signal: AbortSignal): Promise<void> {
  for (const { name, isFolder } of (await datasets.list(from, signal)) ?? []) {
    if (isFolder && name === FILES) {
      await datasets.makeFolder(`${to}/${name}`, signal);
      await moveInto(datasets, `${from}/${name}`, `${to}/${name}`, signal);
    } else {
      await datasets.move(`${from}/${name}`, `${to}/${name}`, signal);
    }
  }
}

/** Not to be cancelled: nobody would know whether it is there. */
async function register(request: RegistryExport, parts: ExportParts): Promise<void> {
  const { client, projectId, project, facts, what, log } = parts;
  const signal = AbortSignal.timeout(CLEAN_MS);
  const body = toModelBody(request, project, facts);
  const call = { what, scope: 'MODELREGISTRY', method: 'PUT', path: modelAt(request, projectId), body } as const;
  try {
    await client.json(call, signal);
  } catch (error) {
    // An answer that was lost may have been a yes.
    if (!isPassing(error) || !(await isKnown(request, parts, signal).catch(() => false))) {
      throw error;
    }
    log.info(`${request.name} was registered, though the answer to it was lost: ${messageOf(error)}`);
  }
}

/** The registry may take a while until it shows what was put there; whoever cancels now does not want to wait for it. */
async function known(request: RegistryExport, parts: ExportParts, signal: AbortSignal): Promise<void> {
  const { timing, what } = parts;
  const began = performance.now();
  try {
    while (!(await isKnown(request, parts, signal))) {
      if (performance.now() - began > timing.patienceMs) {
        throw new ServingError('timeout', `${what}: it was uploaded, but the registry does not show it yet`);
      }
      await pause(timing.pollMs, what, signal);
    }
  } catch (error) {
    if (!isCancelled(error)) {
      throw error;
    }
  }
}

async function isKnown(request: RegistryExport, parts: ExportParts, signal: AbortSignal): Promise<boolean> {
  const call = {
    what: parts.what,
    scope: 'MODELREGISTRY',
    method: 'GET',
    path: modelAt(request, parts.projectId),
    query: { expand: 'trainingdatasets' },
  } as const;
  try {
    await parts.client.json(call, signal);
    return true;
  } catch (error) {
    if (isTheir(error, ERROR.noModel)) {
      return false;
    }
    throw error;
  }
}

function modelAt({ name, version }: RegistryExport, projectId: number): string {
  return `/project/${projectId}/modelregistries/${projectId}/models/${name}_${version}`;
}

async function clean(folder: string, { datasets, log, what }: ExportParts): Promise<void> {
  try {
    await datasets.remove(folder, AbortSignal.timeout(CLEAN_MS));
  } catch (error) {
    log.warn(`${what}, and what was uploaded to ${folder} is left there: ${messageOf(error)}`);
  }
}
