// The Python environments of the bench, one per server, made by uv from the pins in requirements/.
import { fileURLToPath } from 'node:url';
import { run } from '../../setup/command.mjs';
import { ensurePythonEnvironment } from '../../setup/python-env.mjs';

const file = (/** @type {string} */ name) => fileURLToPath(new URL(`requirements/${name}.txt`, import.meta.url));

/**
 * The interpreter of an environment; rejects with Unavailable.
 * @param {string} name of a file in requirements/
 * @param {(text: string) => void} log
 */
export async function pythonOf(name, log) {
  // Linked files would be shared by all servers, and memory that is shared counts as a part only.
  process.env.UV_LINK_MODE = 'copy';
  // Ours runs with -B: without this its first starts would compile, and those of the peers not.
  process.env.UV_COMPILE_BYTECODE = '1';
  return (await ensurePythonEnvironment({ log, name: `bench-${name}`, requirements: file(name) })).path;
}

/**
 * Where XGBoost or PyTorch lie, for all servers at the end of their path.
 * @param {'xgboost' | 'torch'} name
 * @param {(text: string) => void} log
 */
export async function heavyFolder(name, log) {
  const python = await pythonOf(name, log);
  return (await run(python, ['-c', 'import sysconfig; print(sysconfig.get_path("purelib"))'])).trim();
}
