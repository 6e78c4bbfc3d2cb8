import { existsSync, lstatSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './command.mjs';
import { withLock } from './lock.mjs';
import { npmCli } from './npm.mjs';
import { cache, project } from './paths.mjs';
import { Unavailable } from './unavailable.mjs';

/**
 * The project's packages, as the lock file has them.
 * @param {{ log: (text: string) => void }} options
 * @returns {Promise<{ path: string }>}
 */
export async function ensureNodeModules({ log }) {
  const path = join(project, 'node_modules');
  if (isFresh(path)) return { path };
  return withLock(join(cache, 'locks/node-modules'), async () => {
    if (isFresh(path)) return { path };
    // npm would empty the folder that the link leads to, and leave it so.
    if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink()) {
      throw new Unavailable(`${path} is a link and older than package-lock.json: run npm ci where it leads to`);
    }
    log('installing packages by npm ci');
    try {
      const args = [npmCli(), 'ci', '--no-audit', '--no-fund', '--loglevel=error'];
      await run(process.execPath, args, { cwd: project, logFile: join(cache, 'logs/npm-ci.log'), seconds: 900 });
    } catch (error) {
      throw new Unavailable(`The project's packages: ${error instanceof Error ? error.message : error}`, {
        cause: error,
      });
    }
    return { path };
  });
}

/**
 * npm writes its own copy of the lock file last, so an install that was cut short has none or an older one.
 * @param {string} path
 */
function isFresh(path) {
  const mark = join(path, '.package-lock.json');
  return existsSync(mark) && statSync(mark).mtimeMs >= statSync(join(project, 'package-lock.json')).mtimeMs;
}
