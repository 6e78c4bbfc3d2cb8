// Pythons that are installed here. Nothing is downloaded and nothing is installed into them.
import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { run } from './command.mjs';
import { onPath } from './paths.mjs';
import { Unavailable } from './unavailable.mjs';

/** The minor versions that the server is tested on, oldest first. */
export const testedPythons = ['3.9', '3.10', '3.11', '3.12', '3.13'];

/**
 * @typedef {object} Python
 * @property {string} minor such as 3.11
 * @property {string} version such as 3.11.7
 * @property {string} path the interpreter itself, not a shim and not a venv's link
 */

/**
 * One Python of each tested minor version that is here, oldest first.
 * @returns {Promise<Python[]>}
 */
export async function findPythons() {
  const found = (await Promise.all(candidates().map(ask))).filter((python) => python !== undefined);
  return testedPythons.flatMap((minor) => found.find((python) => python.minor === minor) ?? []);
}

/**
 * The Python that a person gets by default, else the newest tested one.
 * @returns {Promise<Python>}
 */
export async function ensurePython() {
  for (const file of [onPath('python3'), onPath('python')]) {
    const python = file && (await ask(file));
    if (python && testedPythons.includes(python.minor)) return python;
  }
  const newest = (await findPythons()).at(-1);
  if (!newest) {
    throw new Unavailable(
      `Python: none of ${testedPythons.join(', ')} was found; install one of them (with its venv package)`,
    );
  }
  return newest;
}

/** @returns {string[]} */
function candidates() {
  const pyenv = join(process.env.PYENV_ROOT ?? join(homedir(), '.pyenv'), 'versions');
  const versions = existsSync(pyenv) ? readdirSync(pyenv).sort().reverse() : [];
  const names = ['python3', 'python', ...testedPythons.map((minor) => `python${minor}`)];
  const files = [
    ...names.map((name) => onPath(name)),
    ...versions.map((version) => join(pyenv, version, 'bin/python')),
    ...names.map((name) => `/usr/bin/${name}`),
  ];
  return [...new Set(files.filter((file) => file !== undefined && existsSync(file)))].map(String);
}

/**
 * Asks the interpreter what it is; undefined when it does not run (pyenv's shims of versions that are not switched on).
 * @param {string} file
 * @returns {Promise<Python | undefined>}
 */
async function ask(file) {
  const script =
    'import sys; print("%d.%d.%d" % sys.version_info[:3]); print(getattr(sys, "_base_executable", sys.executable))';
  try {
    const [version = '', path = ''] = (await run(file, ['-I', '-c', script], { seconds: 20 })).trim().split(/\r?\n/);
    return { version, minor: version.split('.').slice(0, 2).join('.'), path: realpathSync(path) };
  } catch {
    return undefined;
  }
}
