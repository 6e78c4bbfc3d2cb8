import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { isCancelled, messageOf, ServingError } from '../../core/errors';
import { t } from '../../core/l10n';
import type { Logger } from '../../core/log';
import type { RegistryExport, RegistryFile, Transfer } from '../../core/registry';
import { CLEAN_MS, cleanFolder } from './cleanFolder';
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

/** Of what is gone already when it is asked for again. */
const RETRY = { tries: 3, firstMs: 400 } as const;
/** Each call has its own limit, so that this is for when there are very many. */
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
    throw new ServingError('notFound', t('{0}: the project {1} has no dataset Models', what, project));
  }
  const isNewModel = (await datasets.find(model, signal)) === undefined;
  const replaces = !isNewModel && request.overwrite && (await datasets.find(target, signal)) !== undefined;
  if (replaces) {
    await refuseUsed(request, parts, signal);
  }
  const folder = replaces ? `${model}/upload_${randomBytes(4).toString('hex')}` : target;
  let made: string | undefined;
  try {
    if (isNewModel) {
      await makeFolder(datasets, model, signal);
      made = model;
    }
    await makeFolder(datasets, folder, signal);
    made ??= folder;
    await upload(request, folder, transfer, parts);
    signal.throwIfAborted();
    if (replaces) {
      await removeOld(request, parts);
      made = undefined;
      await said(
        t('The version that was there is deleted; the new files are in {0} and {1}', folder, target),
        async () => {
          await takePlace(folder, target, parts);
          await register(request, parts);
        },
      );
    } else {
      await register(request, parts);
    }
  } catch (error) {
    if (isTheir(error, ERROR.folderExists) && made !== folder) {
      throw new ServingError('exists', t('{0}: this version is there already; choose another number', what), {
        cause: error,
      });
    }
    if (made !== undefined) {
      await cleanFolder(made, parts);
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
      users.length === 1
        ? t('{0}: {1} serves it there. Delete that first, or choose another version', parts.what, names)
        : t('{0}: {1} serve it there. Delete that first, or choose another version', parts.what, names),
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
    await makeFolder(datasets, each, transfer.signal);
  }
  const placed = files.map((file) => ({ file, folder: folderOf(file) }));
  await uploadFiles(datasets, placed, transfer, chunkBytes);
}

/** From here to the end it is short, and not to be cancelled. */
async function removeOld(request: RegistryExport, { client, projectId, what }: ExportParts): Promise<void> {
  const call = { what, scope: 'MODELREGISTRY', method: 'DELETE', path: modelAt(request, projectId) } as const;
  try {
    await client.json({ ...call, retry: RETRY }, AbortSignal.timeout(CLEAN_MS));
  } catch (error) {
    if (!isTheir(error, ERROR.noModel)) {
      throw error;
    }
  }
}

/** The new files take the place of the old ones. It goes on where it was when a call fails. */
async function takePlace(from: string, target: string, parts: ExportParts): Promise<void> {
  const { datasets } = parts;
  const signal = AbortSignal.timeout(REPLACE_MS);
  let isFree = false;
  await persistent(parts, signal, async () => {
    if (!isFree) {
      await datasets.remove(target, signal);
      isFree = true;
    }
    await ensureFolder(datasets, target, signal);
    await moveInto(datasets, from, target, signal);
    await datasets.remove(from, signal);
  });
}

/** Adds to an error what became of things. */
async function said(fate: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const known = error instanceof ServingError ? error : undefined;
    throw new ServingError(known?.code ?? 'unavailable', `${messageOf(error)}. ${fate}`, {
      cause: error,
      remedies: known?.remedies ?? [],
    });
  }
}

/** Some tries, as far as a later one may fare better. */
async function persistent(
  { timing, what }: ExportParts,
  signal: AbortSignal,
  work: () => Promise<void>,
): Promise<void> {
  for (let tried = 1; ; tried++) {
    try {
      await work();
      return;
    } catch (error) {
      if (tried >= RETRY.tries || !isPassing(error)) {
        throw error;
      }
      await pause(timing.pollMs * (0.5 + Math.random()), what, signal);
    }
  }
}

/** Not to be cancelled in the middle: one that comes after the clean-up would stay. */
async function makeFolder(datasets: Datasets, path: string, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  await datasets.makeFolder(path, AbortSignal.timeout(CLEAN_MS));
}

async function ensureFolder(datasets: Datasets, path: string, signal: AbortSignal): Promise<void> {
  try {
    await datasets.makeFolder(path, signal);
  } catch (error) {
    if (!isTheir(error, ERROR.folderExists)) {
      throw error;
    }
  }
}

/** What is in a folder, one by one; the folder of the files is made, as servers make something of its name. */
async function moveInto(datasets: Datasets, from: string, to: string, signal: AbortSignal): Promise<void> {
  for (const { name, isFolder } of (await datasets.list(from, signal)) ?? []) {
    if (isFolder && name === FILES) {
      await ensureFolder(datasets, `${to}/${name}`, signal);
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
  await persistent(parts, signal, async () => {
    try {
      await client.json(call, signal);
    } catch (error) {
      // An answer that was lost may have been a yes.
      if (!isPassing(error) || !(await isKnown(request, parts, signal).catch(() => false))) {
        throw error;
      }
      log.info(`${request.name} was registered, though the answer to it was lost: ${messageOf(error)}`);
    }
  });
}

/** The registry may take a while until it shows what was put there; whoever cancels now does not want to wait for it. */
async function known(request: RegistryExport, parts: ExportParts, signal: AbortSignal): Promise<void> {
  const { timing, what } = parts;
  const began = performance.now();
  try {
    while (!(await isKnown(request, parts, signal).catch(passed))) {
      if (performance.now() - began > timing.patienceMs) {
        throw new ServingError('timeout', t('{0}: it was uploaded, but the registry does not show it yet', what));
      }
      await pause(timing.pollMs, what, signal);
    }
  } catch (error) {
    if (!isCancelled(error)) {
      throw error;
    }
  }
}

/** A server in trouble is asked again. */
function passed(error: unknown): false {
  if (isPassing(error)) {
    return false;
  }
  throw error;
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
