import { mkdirSync, readFileSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ensureBuild } from './build.mjs';
import { run } from './command.mjs';
import { cache, project } from './paths.mjs';

/**
 * The packed extension, from a production build.
 * @param {{ log: (text: string) => void }} options
 * @returns {Promise<{ path: string, bytes: number }>}
 */
export async function ensureVsix({ log }) {
  await ensureBuild({ log, production: true });
  const { name, version } = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8'));
  return packVsix(project, join(cache, `${name}-${version}.vsix`));
}

/**
 * Packs the extension in a folder as it is.
 * @param {string} folder
 * @param {string} path where the VSIX goes
 */
export async function packVsix(folder, path) {
  mkdirSync(cache, { recursive: true });
  const fresh = `${path}.${process.pid}`;
  const vsce = join(project, 'node_modules/@vscode/vsce/vsce');
  const args = [vsce, 'package', '--no-dependencies', '--skip-license', '-o', fresh];
  await run(process.execPath, args, { cwd: folder, logFile: join(cache, 'logs/vsce.log') });
  renameSync(fresh, path);
  return { path, bytes: statSync(path).size };
}
