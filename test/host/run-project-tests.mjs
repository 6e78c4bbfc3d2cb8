#!/usr/bin/env node
// node test/host/run-project-tests.mjs [lowest|newest] — bundles test/extension/index.ts and runs it with the built
// extension inside the extension host. Its last line is "N passed, N failed, N skipped".
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureBuild } from '../setup/build.mjs';
import { ensureChromium } from '../setup/chromium.mjs';
import { ensureHost } from '../setup/hosts.mjs';
import { cache, project } from '../setup/paths.mjs';
import { ensureTestPython } from '../setup/python-env.mjs';
import { packVsix } from '../setup/vsix.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const which = process.argv[2] === 'lowest' ? 'lowest' : 'newest';
const log = (/** @type {string} */ text) => console.log(`  ${text}`);

if (!existsSync(join(project, 'dist/extension.js'))) await ensureBuild({ log });
process.env.CHROMIUM = (await ensureChromium({ log })).path;
const { path: dir } = await ensureHost(which, { log });
const { path: python, version } = await ensureTestPython({ log });
const { runExtensionTests } = await import('./run-extension-tests.mjs');

const work = mkdtempSync(join(tmpdir(), 'extension-tests-'));
try {
  const { path: pythonExtension } = await packVsix(join(here, 'python-stub'), join(work, 'python.vsix'));
  const tests = await bundle();
  const total = { passed: 0, failed: 0, skipped: 0 };
  for (const workspace of [makeFolder(), makeSeveral()]) {
    const result = await runExtensionTests({
      ...{ dir, workspace, tests },
      extension: project,
      extensions: [pythonExtension],
      settings: { 'pythonStub.environments': [{ path: python, version, env: 'test' }] },
      env: { MODEL_SERVING_TEST_PYTHON: python },
      seconds: 400,
    });
    if (result.reason) console.error(result.reason);
    total.passed += result.passed;
    total.skipped += result.skipped;
    // A run that ended badly without naming a test still has to be seen as failed.
    total.failed += result.code && !result.failed ? 1 : result.failed;
  }
  console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
  process.exitCode = total.failed ? 1 : 0;
} finally {
  rmSync(work, { recursive: true, force: true });
}

/** The sample as a folder; its name has blanks and more in it. */
function makeFolder() {
  const workspace = join(work, 'Modèle #1');
  mkdirSync(workspace);
  cpSync(join(project, 'media/sample'), workspace, { recursive: true });
  return workspace;
}

/** A workspace of two folders. */
function makeSeveral() {
  const names = ['first', 'second folder'];
  for (const name of names) {
    mkdirSync(join(work, name, 'Models'), { recursive: true });
  }
  const file = join(work, 'several.code-workspace');
  writeFileSync(file, JSON.stringify({ folders: names.map((path) => ({ path })) }));
  return file;
}

/** The test module, as one file that the extension host can require. */
async function bundle() {
  const { build } = await import('esbuild');
  const outfile = join(cache, 'extension-tests', which, 'index.js');
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
