import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { installHost } from '../host/install-host.mjs';
import { run } from './command.mjs';
import { ensureCompiler } from './compiler.mjs';
import { npmCli } from './npm.mjs';
import { cache } from './paths.mjs';
import { Unavailable } from './unavailable.mjs';

/** code-server with the VS Code that engines.vscode names as the lowest. */
export const lowestHost = '4.100.3';

const folder = join(cache, 'hosts');

/**
 * A VS Code host.
 * @param {'lowest' | 'newest'} which
 * @param {{ log: (text: string) => void }} options
 * @returns {Promise<{ path: string, version: string, vscode: string }>} its folder, code-server's and VS Code's version
 */
export async function ensureHost(which, { log }) {
  if (process.platform !== 'linux') {
    throw new Unavailable(
      `A VS Code host: code-server runs on Linux only, this is ${process.platform}; use npm run test:electron`,
    );
  }
  const wanted = which === 'lowest' ? lowestHost : await newestVersion();
  const path = join(folder, wanted);
  if (!existsSync(join(path, 'host.json'))) await ensureCompiler({ log });
  try {
    const { version, vscode } = await installHost(wanted, path, { log });
    return { path, version, vscode };
  } catch (error) {
    throw new Unavailable(`VS Code host ${wanted}: ${error instanceof Error ? error.message : error}`, {
      cause: error,
    });
  }
}

/** What npm calls the latest; without npm's answer the newest that is installed. */
async function newestVersion() {
  try {
    const args = [npmCli(), 'view', 'code-server', 'version', '--loglevel=silent'];
    const version = /\d+\.\d+\.\d+/.exec(await run(process.execPath, args, { seconds: 60 }))?.[0];
    if (version) return version;
    throw new Error('npm gave no version');
  } catch (error) {
    const newest = installed().at(-1);
    if (newest) return newest;
    throw new Unavailable(`The newest VS Code host: ${error instanceof Error ? error.message : error}`, {
      cause: error,
    });
  }
}

/** Versions that are installed completely and are not the lowest, oldest first. */
function installed() {
  return (existsSync(folder) ? readdirSync(folder) : [])
    .filter((version) => version !== lowestHost && existsSync(join(folder, version, 'host.json')))
    .sort((one, other) => one.localeCompare(other, 'en', { numeric: true }));
}
