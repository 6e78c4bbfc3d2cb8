import path from 'node:path';
import { ServingError } from '../../core/errors';
import type { ServingDefinition } from '../../core/definition';
import { t } from '../../core/l10n';
import type { ModelRef } from '../../core/model';
import { isToolsOwn } from '../../files/toolsOwn';
import { findFile, type FoundFile, walk } from '../../files/walk';

/** What a serving is packed from: parts of its definition. */
export type Packable = Pick<ServingDefinition, 'model' | 'script' | 'artifact'>;

/** Where the parts of a definition lie. */
export interface Sources {
  readonly version: string;
  readonly script: string;
  /** Path of the script in the artifact, with `/`. */
  readonly scriptName: string;
  readonly isScriptInVersion: boolean;
}

export const ARTIFACTS = 'Artifacts';
export function versionOf(folder: string, model: ModelRef): string {
  return path.join(folder, 'Models', model.name, String(model.version));
}

export function sourcesOf(folder: string, { model, script }: Packable): Sources {
  const version = versionOf(folder, model);
  const full = path.resolve(folder, script);
  const way = path.relative(version, full).split(path.sep).join('/');
  const isScriptInVersion = !way.startsWith('../') && !path.isAbsolute(way) && !way.startsWith(`${ARTIFACTS}/`);
  return { version, script: full, scriptName: isScriptInVersion ? way : path.basename(full), isScriptInVersion };
}

/**
 * The files to pack, by name: those of the model version without its artifacts, and the script. A script from outside
 * takes the place of a file of its name.
 */
export async function filesToPack(
  sources: Sources,
  context: string,
  signal: AbortSignal,
): Promise<readonly FoundFile[]> {
  const script = await findScript(sources, context);
  const files = await walk(sources.version, { signal, skip: isLeftOut });
  const others = files.filter((file) => file.name !== sources.scriptName);
  return [...others, script].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Saved requests lie beside the script and change nothing of what runs. */
export function isLeftOut(name: string): boolean {
  return name === ARTIFACTS || isToolsOwn(name) || name.endsWith('.requests.json');
}

async function findScript(sources: Sources, context: string): Promise<FoundFile> {
  try {
    return await findFile(sources.script, sources.scriptName);
  } catch (error) {
    throw new ServingError('notFound', t('{0}: there is no Predict script {1}', context, sources.script), {
      cause: error,
      remedies: [{ kind: 'openDefinition', field: 'script' }, { kind: 'createScript' }],
    });
  }
}
