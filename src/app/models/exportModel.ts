import { mkdir, readdir, readFile, realpath, rename, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Operation } from '../../core/backend';
import { isNodeError, ServingError } from '../../core/errors';
import { t } from '../../core/l10n';
import type { ModelMetadata, ModelVersion } from '../../core/model';
import { checkModelName } from '../../core/names';
import { byteProgress } from '../../files/byteProgress';
import { copyFile, type CopyFile } from '../../files/copyFile';
import { copyTree } from '../../files/copyTree';
import { fileError } from '../../files/fileError';
import { makeScratch, removeEmpty } from '../../files/scratch';
import { isToolsOwn } from '../../files/toolsOwn';
import { findFile, type FoundFile, walk } from '../../files/walk';
import { finishInterrupted, replaceVersion, rememberTarget } from './exportSwap';
import { recogniseModel } from './modelFiles';
import { ARTIFACTS, MODELS, versionDirectory } from './modelFolder';
import { isForeign, MODEL_JSON, readUnknownFields, toMetadata, toModelJson } from './modelJson';

export interface ExportRequest {
  /** Absolute path of a file, or of a folder whose content is the model. */
  readonly source: string;
  /** The workspace folder that gets the model. */
  readonly folder: string;
  readonly name: string;
  readonly version: number;
  /** Whether a version that is there may be replaced. */
  readonly overwrite: boolean;
  /** What is not given is found: the framework from the files, the time of creation from the clock. */
  readonly metadata: ModelMetadata;
}

interface ExportParts {
  readonly copy: CopyFile;
  readonly now: () => Date;
}

/**
 * Copies a model into `Models/<name>/<version>/`, in one step for everyone who looks. Replacing a version keeps its
 * artifacts, unknown fields of its `model.json`, and Python and requirements files that the source does not bring.
 * Cancelled or failed: everything is as it was. Rejects with `exists` when the version is there and may not be
 * replaced, `invalid` for a name or source that cannot be, `notFound`, `disk`, `cancelled`.
 */
export async function exportModel(
  request: ExportRequest,
  operation: Operation,
  parts: ExportParts = { copy: copyFile, now: () => new Date() },
): Promise<ModelVersion> {
  const context = t('Export as {0} version {1}', request.name, request.version);
  try {
    await checkTarget(request, context);
    await checkSource(request, context);
    const files = await filesOf(request, operation.signal, context);
    return await exportFiles(request, files, operation, parts);
  } catch (error) {
    throw fileError(error, context, operation.signal);
  }
}

async function exportFiles(
  request: ExportRequest,
  files: readonly FoundFile[],
  operation: Operation,
  parts: ExportParts,
): Promise<ModelVersion> {
  return putVersion(request, operation.signal, async (content) => {
    const total = files.reduce((sum, file) => sum + file.bytes, 0);
    const onBytes = byteProgress(total, (message) => {
      operation.report({ stage: 'artifact', message });
    });
    await copyTree(files, content, { signal: operation.signal, onBytes, copy: parts.copy });
    return writeMetadata(request, content, parts.now());
  });
}

/**
 * Fills a folder and puts it into the place of a version, in one step for everyone who looks. Cancelled or failed:
 * everything is as it was.
 */
export async function putVersion(
  { folder, name, version }: Pick<ExportRequest, 'folder' | 'name' | 'version'>,
  signal: AbortSignal,
  fill: (content: string) => Promise<ModelMetadata>,
): Promise<ModelVersion> {
  const directory = versionDirectory(folder, name, version);
  await finishInterrupted(path.dirname(directory));
  const scratch = await makeScratch(path.dirname(directory), 'export');
  try {
    await rememberTarget(scratch.directory, version);
    const content = path.join(scratch.directory, 'content');
    await mkdir(content);
    const metadata = await fill(content);
    await keepScripts(directory, content);
    signal.throwIfAborted();
    await replaceVersion(content, directory, path.join(scratch.directory, 'previous'));
    return { name, version, folder, directory, metadata };
  } finally {
    await scratch.remove();
    // A model that was not there before must not stay as an empty folder.
    await removeEmpty(path.dirname(directory), path.join(folder, MODELS));
  }
}

/** Rejects a name or a number that cannot be, and a version that is there and may not be replaced. */
export async function checkTarget(
  { folder, name, version, overwrite }: Pick<ExportRequest, 'folder' | 'name' | 'version' | 'overwrite'>,
  context: string,
): Promise<void> {
  const wrong = checkModelName(name);
  if (wrong !== undefined) {
    throw new ServingError('invalid', `${context}: ${wrong}`);
  }
  if (!Number.isSafeInteger(version) || version < 1) {
    throw new ServingError('invalid', t('{0}: a version is a whole number from 1', context));
  }
  const names = await readdir(path.join(folder, MODELS)).catch(() => []);
  const other = names.find((each) => each !== name && each.toLowerCase() === name.toLowerCase());
  if (other !== undefined) {
    const reason = t(
      'there is a model named {0}, which many disks do not tell from {1}; use that name or another',
      other,
      name,
    );
    throw new ServingError('exists', `${context}: ${reason}`);
  }
  if (!overwrite && (await stat(versionDirectory(folder, name, version)).catch(() => undefined)) !== undefined) {
    throw new ServingError(
      'exists',
      t('{0}: this version is there already; replace it or choose another number', context),
    );
  }
}

async function checkSource({ source, folder, name, version }: ExportRequest, context: string): Promise<void> {
  const from = await realpath(source);
  const to = await realPlace(versionDirectory(folder, name, version));
  if (contains(to, from)) {
    throw new ServingError(
      'invalid',
      t('{0}: {1} lies in that version already; choose another version', context, source),
    );
  }
  if (contains(from, to)) {
    const reason = t("{0} holds the folder {1} itself; choose the folder with the model's files only", source, MODELS);
    throw new ServingError('invalid', `${context}: ${reason}`);
  }
}

/** The real path that a path has, or will have once it is made. */
async function realPlace(place: string): Promise<string> {
  try {
    return await realpath(place);
  } catch (error) {
    if (!isNodeError(error) || error.code !== 'ENOENT' || place === path.dirname(place)) {
      throw error;
    }
    return path.join(await realPlace(path.dirname(place)), path.basename(place));
  }
}

function contains(outer: string, inner: string): boolean {
  const way = path.relative(outer, inner);
  return way === '' || !(way === '..' || way.startsWith(`..${path.sep}`) || path.isAbsolute(way));
}

async function filesOf(
  { source, folder, name }: ExportRequest,
  signal: AbortSignal,
  context: string,
): Promise<readonly FoundFile[]> {
  const info = await stat(source);
  if (!info.isDirectory()) {
    // XGBoost's own examples save as model.json: the name is taken by the metadata, so the model gets another one.
    const isTaken = path.basename(source) === MODEL_JSON && (await isForeign(source));
    return [await findFile(source, isTaken ? `${name}.json` : path.basename(source))];
  }
  const isVersion = contains(await realPlace(path.join(folder, MODELS)), await realpath(source));
  const skip = (name: string): boolean => isToolsOwn(name) || (isVersion && name === ARTIFACTS);
  const files = await walk(source, { signal, skip });
  if (files.length === 0) {
    throw new ServingError('invalid', t('{0}: there is no file in {1}', context, source));
  }
  if (files.some((file) => file.name.startsWith(`${ARTIFACTS}/`))) {
    const reason = t(
      '{0} has a folder named {1}, where a version keeps the artifacts of its servings',
      source,
      ARTIFACTS,
    );
    throw new ServingError('invalid', t('{0}: {1}; rename it', context, reason));
  }
  const taken = files.find((file) => file.name === MODEL_JSON);
  if (taken !== undefined && (await isForeign(taken.path))) {
    const reason = t('{0} is not the metadata of a model version, which {1} is the name for', taken.path, MODEL_JSON);
    throw new ServingError('invalid', t('{0}: {1}; rename it', context, reason), {
      remedies: [{ kind: 'openFile', file: taken.path }],
    });
  }
  return files;
}

async function writeMetadata(request: ExportRequest, content: string, now: Date): Promise<ModelMetadata> {
  const file = path.join(content, MODEL_JSON);
  const previous = path.join(versionDirectory(request.folder, request.name, request.version), MODEL_JSON);
  const [brought, kept] = await Promise.all([readText(file), readText(previous)]);
  const framework = request.metadata.framework ?? (await recogniseModel(content)).framework;
  const description = toMetadata(kept).description;
  const metadata: ModelMetadata = {
    ...(description !== undefined && { description }),
    ...toMetadata(brought),
    created: now.toISOString(),
    framework,
    ...request.metadata,
  };
  const unknownFields = { ...(await readUnknownFields(previous)), ...(await readUnknownFields(file)) };
  await writeFile(file, toModelJson(metadata, unknownFields));
  return metadata;
}

function readText(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch(() => undefined);
}

/** Copies the Python and requirements files of the version that is replaced, where no file of that name came. */
async function keepScripts(directory: string, content: string): Promise<void> {
  const names = await readdir(directory).catch(() => []);
  const brought = new Set(await readdir(content));
  for (const name of names.filter((each) => /\.py$|^requirements.*\.txt$/i.test(each) && !brought.has(each))) {
    await writeFile(path.join(content, name), await readFile(path.join(directory, name)));
  }
}

/** Takes a version away; with its last version the model. Rejects with `disk` when a file is in use. */
export async function deleteVersion(version: ModelVersion): Promise<void> {
  const parent = path.dirname(version.directory);
  try {
    const scratch = await makeScratch(parent, 'delete');
    try {
      await rename(version.directory, path.join(scratch.directory, 'content'));
    } finally {
      await scratch.remove();
    }
    await removeEmpty(parent, path.dirname(parent));
  } catch (error) {
    throw fileError(error, t('Delete {0} version {1}', version.name, version.version));
  }
}
