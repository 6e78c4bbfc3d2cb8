import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { aptInstall } from './apt.mjs';
import { run } from './command.mjs';
import { withLock } from './lock.mjs';
import { cache, onPath } from './paths.mjs';
import { ensurePython } from './python.mjs';
import { Unavailable } from './unavailable.mjs';

const version = '0.13.8';
const folder = join(cache, 'uv');
const binary = join(folder, process.platform === 'win32' ? 'bin/uv.exe' : 'bin/uv');

/**
 * uv, from the PATH or by pip into the cache.
 * @param {{ log: (text: string) => void }} options
 * @returns {Promise<{ path: string, env: NodeJS.ProcessEnv }>} the binary, and what it has to be run with
 */
export async function ensureUv({ log }) {
  const there = onPath('uv') ?? (existsSync(binary) ? binary : undefined);
  const path = there ?? (await withLock(join(cache, 'locks/uv'), () => install(log)));
  return { path, env: await settingsOfPip() };
}

/** @param {(text: string) => void} log */
async function install(log) {
  if (existsSync(binary)) return binary;
  const python = await ensurePython();
  log(`installing uv ${version} by pip`);
  const fresh = `${folder}.${process.pid}`;
  const logFile = join(cache, 'logs/uv.log');
  const target = ['install', '--quiet', '--disable-pip-version-check', '--target', fresh, `uv==${version}`];
  try {
    const pip = await findPip(python.path, log);
    await run(pip, ['-m', 'pip', ...target], { logFile });
    mkdirSync(dirname(folder), { recursive: true });
    rmSync(folder, { recursive: true, force: true });
    renameSync(fresh, folder);
    return binary;
  } catch (error) {
    throw new Unavailable(`uv: ${error instanceof Error ? error.message : error}`, { cause: error });
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

/**
 * A Python with pip: the given one, else a venv of it, else Debian's with pip installed.
 * @param {string} python
 * @param {(text: string) => void} log
 */
async function findPip(python, log) {
  if (await succeeds(python, ['-m', 'pip', '--version'])) return python;
  const venv = join(cache, 'pip');
  const inVenv = join(venv, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
  if (await succeeds(inVenv, ['-m', 'pip', '--version'])) return inVenv;
  rmSync(venv, { recursive: true, force: true });
  if (await succeeds(python, ['-m', 'venv', venv])) return inVenv;
  await aptInstall(['python3-minimal', 'python3-pip'], { what: 'pip (to install uv)', log });
  return '/usr/bin/python3';
}

/**
 * @param {string} command
 * @param {readonly string[]} args
 */
async function succeeds(command, args) {
  try {
    await run(command, args, { seconds: 120 });
    return true;
  } catch {
    return false;
  }
}

/**
 * What the user told pip about indexes and certificates, in uv's words. What is set for uv itself wins.
 * @returns {Promise<NodeJS.ProcessEnv>}
 */
async function settingsOfPip() {
  const told = await pipConfig();
  /** @type {[string, string | undefined][]} */
  const wanted = [
    ['UV_DEFAULT_INDEX', told['index-url']],
    ['UV_INDEX', told['extra-index-url']],
    ['UV_FIND_LINKS', told['find-links']?.replaceAll(/\s+/g, ',')],
    ['UV_HTTP_TIMEOUT', told.timeout],
    ['SSL_CERT_FILE', told.cert],
  ];
  const env = Object.fromEntries(wanted.filter(([name, value]) => value && !process.env[name]));
  return { ...env, UV_PYTHON_DOWNLOADS: 'never', UV_NO_PROGRESS: '1', VIRTUAL_ENV: undefined };
}

/** @returns {Promise<Record<string, string>>} pip's settings by name, those from the environment last */
async function pipConfig() {
  /** @type {Record<string, string>} */
  const told = {};
  try {
    const { path } = await ensurePython();
    const text = await run(path, ['-m', 'pip', 'config', 'list', '--disable-pip-version-check'], { seconds: 60 });
    for (const [, scope, name, value] of text.matchAll(/^([\w:]+)\.([\w-]+)='(.*)'$/gm)) {
      if (name && value && ['global', 'install', ':env:'].includes(scope ?? '')) told[name] = value;
    }
  } catch {
    // No pip, so nothing was told to it.
  }
  return told;
}
