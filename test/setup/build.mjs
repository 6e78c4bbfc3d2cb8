import { delimiter, dirname, join } from 'node:path';
import { run } from './command.mjs';
import { withLock } from './lock.mjs';
import { cache, project } from './paths.mjs';
import { ensureNodeModules } from './node-modules.mjs';
import { ensureUv } from './uv.mjs';

/**
 * The extension, built into dist/. A build that fails is an error, not Unavailable: it is ours to mend.
 * @param {{ log: (text: string) => void, production?: boolean }} options
 * @returns {Promise<{ path: string }>}
 */
export async function ensureBuild({ log, production = false }) {
  await ensureNodeModules({ log });
  // The build fetches the server's Python parts by pip or uv, whichever it finds first.
  const uv = await ensureUv({ log });
  const env = { ...uv.env, PATH: `${process.env.PATH}${delimiter}${dirname(uv.path)}` };
  return withLock(join(cache, 'locks/build'), async () => {
    const args = [join(project, 'esbuild.mjs'), ...(production ? ['--production'] : [])];
    await run(process.execPath, args, { cwd: project, env, logFile: join(cache, 'logs/build.log') });
    return { path: join(project, 'dist') };
  });
}
