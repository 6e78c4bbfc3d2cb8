// Runs the main job in plain Node, for those whose own VS Code opens afterwards.
import { execFile } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { cache, project } from '../setup/paths.mjs';
import { modelFile, modelName, scriptFile } from './workspace.mjs';

/**
 * @param {object} options
 * @param {string} options.workspace
 * @param {string} options.python the interpreter that trained the model
 * @param {string} options.data the user data folder of the editor that will open
 * @param {unknown} options.request
 * @returns {Promise<readonly { step: string, seconds: number, what: string }[]>}
 */
export async function serveHeadless({ workspace, python, data, request }) {
  const outfile = join(cache, 'demo/serve.cjs');
  mkdirSync(join(cache, 'demo'), { recursive: true });
  await build({
    entryPoints: [join(project, 'test/demo/serve.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    mainFields: ['module', 'main'],
    logLevel: 'warning',
  });
  const storage = join(data, 'User/globalStorage/model-serving.model-serving');
  const args = [outfile, workspace, storage, join(project, 'dist/server'), python, modelFile, scriptFile, modelName];
  const { stdout } = await promisify(execFile)(process.execPath, [...args, JSON.stringify(request)]);
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}
