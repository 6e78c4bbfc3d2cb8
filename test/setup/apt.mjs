// Debian packages, where this process may install them.
import { join } from 'node:path';
import { run } from './command.mjs';
import { withLock } from './lock.mjs';
import { cache, onPath } from './paths.mjs';
import { Unavailable } from './unavailable.mjs';

/**
 * @param {readonly string[]} packages
 * @param {{ what: string, log: (text: string) => void }} options `what` the packages are for, named in the reason
 */
export async function aptInstall(packages, { what, log }) {
  const byHand = `install ${packages.join(' ')} by hand`;
  if (!onPath('apt-get')) throw new Unavailable(`${what}: not found, and there is no apt-get here; ${byHand}`);
  if (process.getuid?.() !== 0) {
    throw new Unavailable(
      `${what}: not found, and only root may install it; run: sudo apt-get install ${packages.join(' ')}`,
    );
  }
  log(`installing ${packages.join(', ')} by apt-get`);
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  try {
    // One at a time: dpkg's own lock makes a second one fail.
    await withLock(join(cache, 'locks/apt'), async () => {
      await run('apt-get', ['update'], { env, logFile: join(cache, 'logs/apt-update.log') });
      const args = ['-o', 'DPkg::Lock::Timeout=120', 'install', '-y', '--no-install-recommends', ...packages];
      await run('apt-get', args, { env, logFile: join(cache, 'logs/apt-install.log') });
    });
  } catch (error) {
    throw new Unavailable(`${what}: apt-get could not install it; ${byHand}\n${messageOf(error)}`, { cause: error });
  }
}

/** @param {unknown} error */
const messageOf = (error) => (error instanceof Error ? error.message : String(error));
