import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { t } from '../../core/l10n';
import type { ModelFile } from '../../core/model';
import { isModelName, mayBeModel, type Recognised, recogniseFile } from './frameworks';

/** A file of a model, with what it is. */
export interface RecognisedFile extends Recognised {
  /** Path below the folder that was looked at, with `/`; empty for a file itself, or a folder that is the model. */
  readonly name: string;
}

const savedModel = (): Recognised => ({
  framework: 'TENSORFLOW',
  certain: true,
  why: t("a folder of TensorFlow's SavedModel"),
  form: 'folder',
});
/** Only so many files of open extensions are read, the largest first. */
const LOOKED_INTO = 8;

/** What a file or a folder holds: the model that counts when there are several. */
export async function recogniseModel(source: string): Promise<RecognisedFile> {
  const info = await stat(source);
  if (!info.isDirectory()) {
    return { name: '', ...(await recogniseFile(source)) };
  }
  const [first] = await modelFilesOf(source);
  return first ?? { name: '', framework: 'PYTHON', certain: false, why: t('no model file was found'), form: 'native' };
}

/**
 * The model files that lie directly in a folder, the one that counts first: what is certain before what only its
 * name speaks for, then the largest. Files of optimizers, tokenizers and metrics are not among them.
 */
export async function modelFilesOf(directory: string): Promise<readonly RecognisedFile[]> {
  const names = await readdir(directory);
  if (names.includes('saved_model.pb')) {
    return [{ name: '', ...savedModel() }];
  }
  const sized = (await Promise.all(names.map((name) => sizeOf(directory, name)))).filter((each) => each !== undefined);
  const bySize = sized.sort((a, b) => b.bytes - a.bytes || (a.name < b.name ? -1 : 1));
  const named = bySize.filter((file) => isModelName(file.name));
  const open = bySize.filter((file) => mayBeModel(file.name)).slice(0, LOOKED_INTO);
  const found = await Promise.all([
    ...named.map((file) => recognise(directory, file.name)),
    ...open.map(async (file) => {
      const recognised = await recognise(directory, file.name);
      return recognised?.certain === true && recognised.framework !== 'PYTHON' ? recognised : undefined;
    }),
    ...names.map((name) => savedModelIn(directory, name)),
  ]);
  const files = found.filter((each) => each !== undefined);
  return [...files.filter((each) => each.certain), ...files.filter((each) => !each.certain)];
}

/** What kind of file it is, by its name alone. */
export function kindOf(name: string): ModelFile['kind'] {
  const base = path.posix.basename(name);
  if (/\.(?:py|ipynb)$/i.test(base)) {
    return 'script';
  }
  if (/^(?:requirements.*\.txt|environment\.ya?ml|conda\.ya?ml|pyproject\.toml)$/i.test(base)) {
    return 'requirements';
  }
  if (/^(?:model|metrics|metadata|input_example|schema)\.json$/i.test(base) || base === 'MLmodel') {
    return 'metadata';
  }
  return isModelName(base) || base === 'saved_model.pb' ? 'model' : 'other';
}

async function recognise(directory: string, name: string): Promise<RecognisedFile | undefined> {
  try {
    return kindOf(name) === 'metadata' || /optimi[sz]er|scheduler/i.test(name)
      ? undefined
      : { name, ...(await recogniseFile(path.join(directory, name))) };
  } catch {
    return undefined;
  }
}

async function savedModelIn(directory: string, name: string): Promise<RecognisedFile | undefined> {
  const there =
    path.extname(name) === '' && (await stat(path.join(directory, name, 'saved_model.pb')).catch(() => undefined));
  return there ? { name, ...savedModel() } : undefined;
}

async function sizeOf(directory: string, name: string): Promise<{ name: string; bytes: number } | undefined> {
  const info = await stat(path.join(directory, name)).catch(() => undefined);
  return info?.isFile() === true ? { name, bytes: info.size } : undefined;
}
