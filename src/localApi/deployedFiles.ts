import { copyFile } from 'node:fs/promises';
import path from 'node:path';
import { readVersion } from '../app/models/modelFolder';
import { createScript, scriptName } from '../app/models/scaffold';
import { ServingError } from '../core/errors';
import type { Checked } from './checkDeployment';
import { problem } from './problem';

/** The script of a deployment without one: that of the model's folder, written where it is not there yet. */
export async function scriptOf(folder: string, { model }: Checked): Promise<string> {
  const version = await readVersion(folder, model.name, model.version);
  if (version === undefined) {
    throw problem(240006);
  }
  const name = scriptName(model.name);
  await createScript({ version, name }).catch((error: unknown) => {
    if (!(error instanceof ServingError && error.code === 'exists')) {
      throw error;
    }
  });
  return path.posix.join('Models', model.name, String(model.version), name);
}

/** A transformer is served from the model's folder: one of another place is copied there, by the name that Hopsworks gives it. */
export async function transformerOf(folder: string, { model, transformer }: Checked): Promise<string | undefined> {
  const directory = `Models/${model.name}/${model.version}/`;
  if (transformer === undefined || transformer.startsWith(directory)) {
    return transformer;
  }
  const copy = `${directory}transformer-${path.posix.basename(transformer)}`;
  await copyFile(path.join(folder, transformer), path.join(folder, copy));
  return copy;
}
