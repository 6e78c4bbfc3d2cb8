// What every run of test/extension needs: the tests as one file, and the workspaces that they run in.
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cache, project } from '../setup/paths.mjs';

/**
 * The test module, as one file that the extension host can require.
 * @param {string} name of the run
 */
export async function bundleTests(name) {
  const { build } = await import('esbuild');
  const outfile = join(cache, 'extension-tests', name, 'index.js');
  await build({
    entryPoints: [join(project, 'test/extension/index.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    external: ['vscode'],
    mainFields: ['module', 'main'],
    sourcemap: 'inline',
    logLevel: 'warning',
  });
  return outfile;
}

/**
 * The sample as a folder; its name has blanks and more in it.
 * @param {string} work
 */
export function makeFolder(work) {
  const workspace = join(work, 'Modèle #1');
  mkdirSync(workspace);
  cpSync(join(project, 'media/sample'), workspace, { recursive: true });
  return workspace;
}

/**
 * A workspace of two folders.
 * @param {string} work
 */
export function makeSeveral(work) {
  const names = ['first', 'second folder'];
  for (const name of names) mkdirSync(join(work, name, 'Models'), { recursive: true });
  const file = join(work, 'several.code-workspace');
  writeFileSync(file, JSON.stringify({ folders: names.map((path) => ({ path })) }));
  return file;
}
