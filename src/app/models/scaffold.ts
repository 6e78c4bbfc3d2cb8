import { stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { isNodeError, ServingError } from '../../core/errors';
import { t } from '../../core/l10n';
import type { Framework, ModelVersion } from '../../core/model';
import { fileError } from '../../files/fileError';
import { modelFilesOf, type RecognisedFile } from './modelFiles';
import { isModuleInUse } from './moduleNames';
import { kerasScript } from './templates/keras';
import { lightgbmScript } from './templates/lightgbm';
import { onnxScript } from './templates/onnx';
import { plainScript } from './templates/plain';
import { sklearnScript } from './templates/sklearn';
import type { TemplateInput } from './templates/template';
import { torchScript } from './templates/torch';
import { xgboostScript } from './templates/xgboost';

export interface Script {
  readonly text: string;
  /** Where to go on: in `predict`. Both from 0. */
  readonly cursor: { readonly line: number; readonly column: number };
}

export interface ScriptRequest {
  readonly version: ModelVersion;
  /** Name of the file; made from the model's name when undefined. */
  readonly name?: string;
}

export interface CreatedScript extends Script {
  /** Absolute path. */
  readonly file: string;
}

/** The Predict script for a model. `framework`: what its files or its `model.json` say. */
export function makeScript(model: string, framework: Framework, files: readonly RecognisedFile[]): Script {
  const file = files.find((each) => each.framework === framework) ?? files[0];
  const text = textOf(framework, { model, file: file?.name ?? '', form: file?.form ?? 'native' });
  const lines = text.split('\n');
  const method = lines.findIndex((line) => line.includes('def predict('));
  const body = lines.findIndex((line, index) => index > method && /^\s+(?!#)\S/.test(line));
  return { text, cursor: { line: body, column: (lines[body] ?? '').search(/\S/) } };
}

/**
 * Writes a Predict script beside the model. Never replaces a file: rejects with `exists`, naming a name that is free.
 * Other codes: `invalid` for a name that is no Python file's, `notFound`, `disk`.
 */
export async function createScript({ version, name }: ScriptRequest): Promise<CreatedScript> {
  const context = t('Predict script of {0} version {1}', version.name, version.version);
  const chosen = name ?? scriptName(version.name);
  const file = path.join(version.directory, chosen);
  try {
    checkScriptName(chosen, context);
    const files = await modelFilesOf(version.directory);
    const framework =
      files[0]?.certain === true ? files[0].framework : (version.metadata.framework ?? files[0]?.framework);
    const script = makeScript(version.name, framework ?? 'PYTHON', files);
    await writeFile(file, script.text, { flag: 'wx' });
    return { file, ...script };
  } catch (error) {
    if (isNodeError(error) && error.code === 'EEXIST') {
      const free = await freeScriptName(version.directory, chosen);
      throw new ServingError('exists', t('{0}: {1} is there already; {2} is free', context, file, free), {
        remedies: [{ kind: 'openFile', file }],
      });
    }
    throw fileError(error, context);
  }
}

/** The name of a model's script: never that of a module which the script could need, as it would hide it. */
export function scriptName(model: string): string {
  return isModuleInUse(model) ? `predict_${model}.py` : `${model}.py`;
}

/** The first of `name.py`, `name_2.py` … that is free in a folder. */
export async function freeScriptName(directory: string, name: string): Promise<string> {
  const base = path.basename(name, '.py');
  for (let number = 1; ; number++) {
    const candidate = number === 1 ? `${base}.py` : `${base}_${number}.py`;
    if ((await stat(path.join(directory, candidate)).catch(() => undefined)) === undefined) {
      return candidate;
    }
  }
}

function checkScriptName(name: string, context: string): void {
  if (!/^\w[\w .-]*\.py$/u.test(name)) {
    throw new ServingError('invalid', t('{0}: {1} is no name of a Python file, such as predict.py', context, name));
  }
  if (isModuleInUse(path.basename(name, '.py'))) {
    throw new ServingError('invalid', t('{0}: {1} would hide the module of that name; choose another', context, name));
  }
}

function textOf(framework: Framework, input: TemplateInput): string {
  const isEstimator = input.form === 'pickle';
  switch (framework) {
    case 'SKLEARN':
      return sklearnScript(input);
    case 'XGBOOST':
      return isEstimator ? sklearnScript(input, 'XGBoost') : xgboostScript(input);
    case 'LIGHTGBM':
      return isEstimator ? sklearnScript(input, 'LightGBM') : lightgbmScript(input);
    case 'TORCH':
      return torchScript(input);
    case 'ONNX':
      return onnxScript(input);
    case 'TENSORFLOW':
      return kerasScript(input);
    case 'PYTHON':
      return plainScript(input);
  }
}
