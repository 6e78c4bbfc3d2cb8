// The demo's workspace: the sample's files and a model trained here and now.
import { cpSync, existsSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../setup/command.mjs';
import { project } from '../setup/paths.mjs';
import { ensurePythonEnvironment } from '../setup/python-env.mjs';

export const sampleFolder = join(project, 'media/sample');
export const modelFile = 'iris_knn.pkl';
export const scriptFile = 'irisflowerclassifier.py';
export const modelName = 'irisflowerclassifier';
/** Three flowers from the iris data, one of each species. */
export const request = {
  inputs: [
    [5.1, 3.5, 1.4, 0.2],
    [6.2, 2.9, 4.3, 1.3],
    [7.7, 3.0, 6.1, 2.3],
  ],
};

/**
 * A fresh copy of the sample. A folder of the user's own is added to and nothing in it is removed.
 * @param {{ folder: string, own: boolean, sample?: string }} options `own`: the user named the folder
 * @returns {Promise<string>}
 */
export async function makeWorkspace({ folder, own, sample = sampleFolder }) {
  if (!existsSync(sample)) throw new Error(`The demo's workspace could not be made: there is no ${sample}`);
  if (!own) rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  cpSync(sample, folder, { recursive: true, force: !own, errorOnExist: false });
  return folder;
}

/**
 * The managed environment in which the model is trained and served.
 * @param {{ log: (text: string) => void, sample?: string }} options
 */
export function ensureDemoPython({ log, sample = sampleFolder }) {
  const requirements = join(sample, 'requirements.txt');
  const what = existsSync(requirements) ? { requirements } : { packages: ['scikit-learn', 'joblib'] };
  return ensurePythonEnvironment({ log, name: 'demo', ...what });
}

/**
 * The workspace's servings run on the interpreter that trained the model; a file of the user's own is left as it is.
 * @param {{ folder: string, python: string }} options
 */
export function useInterpreter({ folder, python }) {
  const file = join(folder, '.vscode/settings.json');
  if (existsSync(file)) return;
  mkdirSync(join(folder, '.vscode'), { recursive: true });
  writeFileSync(file, `${JSON.stringify({ 'modelServing.python.path': python }, null, 2)}\n`);
}

/**
 * Trains the model as the user would, by the workspace's own train.py.
 * @param {{ python: string, folder: string }} options
 * @returns {Promise<{ file: string, bytes: number, output: string }>}
 */
export async function trainModel({ python, folder }) {
  const output = await run(python, ['-B', 'train.py'], { cwd: folder, seconds: 300 });
  const file = join(folder, modelFile);
  if (!existsSync(file))
    throw new Error(`The model could not be trained: train.py ended well and wrote no ${modelFile}`);
  return { file, bytes: statSync(file).size, output };
}
