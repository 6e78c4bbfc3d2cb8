// Python environments for tests and for the demo, made by uv in the cache and named by what is in them.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { run } from './command.mjs';
import { withLock } from './lock.mjs';
import { cache, project } from './paths.mjs';
import { ensurePython } from './python.mjs';
import { Unavailable } from './unavailable.mjs';
import { ensureUv } from './uv.mjs';

/**
 * @typedef {object} PythonEnvironment
 * @property {string} path its interpreter
 * @property {string} version such as 3.11.7
 * @property {string} folder
 */

/**
 * An environment with what is in a requirements file, or with the packages named.
 * @param {object} options
 * @param {(text: string) => void} options.log
 * @param {string} options.name a word for the folder
 * @param {import('./python.mjs').Python} [options.python] the default one when not given
 * @param {string} [options.requirements] a requirements file
 * @param {readonly string[]} [options.packages] such as scikit-learn==1.5.2
 * @returns {Promise<PythonEnvironment>}
 */
export async function ensurePythonEnvironment({ log, name, python, requirements, packages = [] }) {
  const base = python ?? (await ensurePython());
  const key = createHash('sha256')
    .update(JSON.stringify([base, packages]))
    .update(requirements ? readAll(requirements) : '')
    .digest('hex');
  const folder = join(cache, 'python', `${name}-${base.minor}-${key.slice(0, 12)}`);
  const path = join(folder, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
  const environment = { path, version: base.version, folder };
  const mark = join(folder, 'complete');
  if (existsSync(mark)) return environment;
  const uv = await ensureUv({ log });
  return withLock(`${folder}.lock`, async () => {
    if (existsSync(mark)) return environment;
    log(`making the Python ${base.version} environment ${name}`);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(join(cache, 'python'), { recursive: true });
    const what = requirements ? ['-r', requirements] : packages;
    const env = uv.env;
    const logFile = join(cache, 'logs', `python-${name}-${base.minor}.log`);
    try {
      await run(uv.path, ['venv', '--quiet', '--python', base.path, folder], { env, logFile });
      await run(uv.path, ['pip', 'install', '--python', path, ...what], { env, logFile, seconds: 900 });
    } catch (error) {
      const reason = error instanceof Error ? error.message : error;
      throw new Unavailable(`The Python ${base.version} environment ${name}: ${reason}`, { cause: error });
    }
    writeFileSync(mark, '');
    return environment;
  });
}

/**
 * A requirements file with those that it includes, which decide as well what an environment holds.
 * @param {string} file
 * @returns {string}
 */
function readAll(file) {
  const text = readFileSync(file, 'utf8');
  const included = [...text.matchAll(/^-r\s+(\S+)/gm)].map(([, name]) => readAll(join(dirname(file), name)));
  return [text, ...included].join('\n');
}

/**
 * The environment with the libraries that Predict scripts are made for; with `torch`, PyTorch as well.
 * @param {{ log: (text: string) => void, python: import('./python.mjs').Python, torch: boolean }} options
 */
export function ensureTemplatePython({ log, python, torch }) {
  const requirements = join(project, 'test/templates', torch ? 'requirements-torch.txt' : 'requirements.txt');
  return ensurePythonEnvironment({ log, name: torch ? 'templates-torch' : 'templates', python, requirements });
}

/**
 * The environment in which the server's tests run.
 * @param {{ log: (text: string) => void, python?: import('./python.mjs').Python }} options
 */
export function ensureTestPython({ log, python }) {
  const requirements = join(project, 'test/server/requirements.txt');
  return ensurePythonEnvironment({ log, name: 'test', requirements, ...(python && { python }) });
}
