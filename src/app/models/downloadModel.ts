import { readFile, rename, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ServingError } from '../../core/errors';
import { t } from '../../core/l10n';
import type { Framework, ModelMetadata, ModelRef, ModelVersion } from '../../core/model';
import type { Registry, RegistryVersion, Transfer } from '../../core/registry';
import { fileError } from '../../files/fileError';
import { checkTarget, putVersion } from './exportModel';
import { recogniseModel } from './modelFiles';
import { isForeign, MODEL_JSON, readUnknownFields, toMetadata, toModelJson } from './modelJson';

export interface DownloadRequest {
  readonly registry: Registry;
  readonly from: RegistryVersion;
  /** The workspace folder that gets the model. */
  readonly folder: string;
  readonly version: number;
  /** Whether a version that is there may be replaced; its artifacts and scripts stay, as with an export. */
  readonly overwrite: boolean;
}

/** Those that the registry has a word for; it calls all others Python. */
const REGISTRY_HAS: readonly Framework[] = ['SKLEARN', 'TORCH', 'TENSORFLOW', 'PYTHON'];

/**
 * Writes a version of a registry into `Models/<name>/<version>/`, in one step for everyone who looks. Cancelled or failed:
 * everything is as it was.
 */
export async function downloadModel(request: DownloadRequest, transfer: Transfer): Promise<ModelVersion> {
  const { registry, from, folder, version } = request;
  const target = { folder, name: from.name, version, overwrite: request.overwrite };
  const context = t('Download {0} version {1}', from.name, from.version);
  try {
    await checkTarget(target, context);
    return await putVersion(target, transfer.signal, async (content) => {
      await registry.download(from, content, transfer);
      return describe(content, from);
    });
  } catch (error) {
    throw fileError(error, context, transfer.signal);
  }
}

/** One that is known by its name only, to the same number. */
export async function downloadNamed(
  registry: Registry,
  { name, version }: ModelRef,
  folder: string,
  transfer: Transfer,
): Promise<ModelVersion> {
  const from = (await registry.versions(name, transfer.signal)).find((each) => each.version === version);
  if (!from) {
    throw new ServingError(
      'notFound',
      t('Could not download {0} version {1}: the registry has it no more', name, version),
    );
  }
  return downloadModel({ registry, from, folder, version, overwrite: false }, transfer);
}

/** What the registry says, and what the model's own `model.json` says beside that. */
async function describe(content: string, from: RegistryVersion): Promise<ModelMetadata> {
  const file = path.join(content, MODEL_JSON);
  if (await isThere(file)) {
    const other = path.join(content, `${from.name}.json`);
    if ((await isForeign(file)) && !(await isThere(other))) {
      // A model of that name, such as XGBoost writes: the name is taken by the metadata.
      await rename(file, other);
    }
  }
  const brought = toMetadata(await readFile(file, 'utf8').catch(() => undefined));
  const { description, metrics, created } = from;
  const metadata: ModelMetadata = {
    ...brought,
    framework: await frameworkOf(content, from, brought),
    ...(description === undefined ? {} : { description }),
    ...(Object.keys(metrics).length === 0 ? {} : { metrics }),
    ...(brought.created === undefined && created ? { created: created.toISOString() } : {}),
  };
  await writeFile(file, toModelJson(metadata, await readUnknownFields(file)));
  return metadata;
}

async function frameworkOf(content: string, from: RegistryVersion, brought: ModelMetadata): Promise<Framework> {
  const said = REGISTRY_HAS.find((each) => each === from.framework);
  return said !== undefined && said !== 'PYTHON'
    ? said
    : (brought.framework ?? (await recogniseModel(content)).framework);
}

async function isThere(file: string): Promise<boolean> {
  return (await stat(file).catch(() => undefined)) !== undefined;
}
