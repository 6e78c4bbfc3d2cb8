import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
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

/** What vsce would only walk through: it reads every folder before it asks what is left out. */
const aside = /^(\.git|\.cache|node_modules|\.\w+_cache)$/;

/**
 * Packs the extension in a folder as it is.
 * @param {string} folder
 * @param {string} path where the VSIX goes
 */
export async function packVsix(folder, path) {
  mkdirSync(cache, { recursive: true });
  const fresh = `${path}.${process.pid}`;
  const vsce = join(project, 'node_modules/@vscode/vsce/vsce');
  const args = [
    vsce,
    'package',
    '--no-dependencies',
    '--skip-license',
    '--allow-missing-repository',
    '--no-rewrite-relative-links',
    '-o',
    fresh,
  ];
  const copy = mkdtempSync(join(tmpdir(), 'vsix-'));
  try {
    for (const name of readdirSync(folder).filter((each) => !aside.test(each))) {
      cpSync(join(folder, name), join(copy, name), { recursive: true });
    }
    await run(process.execPath, args, { cwd: copy, logFile: join(cache, 'logs/vsce.log') });
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
  renameSync(fresh, path);
  return { path, bytes: statSync(path).size };
}
