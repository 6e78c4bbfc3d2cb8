#!/usr/bin/env node
// node test/host/run-project-tests.mjs [lowest|newest] — bundles test/extension/index.ts and runs it with the built
// extension inside the extension host. Its last line is "N passed, N failed, N skipped".
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
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
  const workspace = join(work, 'workspace');
  mkdirSync(workspace);
  const sample = join(project, 'media/sample');
  if (existsSync(sample)) cpSync(sample, workspace, { recursive: true });
  const result = await runExtensionTests({
    dir,
    workspace,
    extension: project,
    tests: await bundle(),
    extensions: [pythonExtension],
    settings: { 'pythonStub.environments': [{ path: python, version, env: 'test' }] },
    env: { MODEL_SERVING_TEST_PYTHON: python },
    seconds: 600,
  });
  if (result.reason) console.error(result.reason);
  // A run that ended badly without naming a test still has to be seen as failed.
  const failed = result.code && !result.failed ? 1 : result.failed;
  console.log(`${result.passed} passed, ${failed} failed, ${result.skipped} skipped`);
  process.exitCode = result.code;
} finally {
  rmSync(work, { recursive: true, force: true });
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
    sourcemap: 'inline',
    logLevel: 'warning',
  });
  return outfile;
}
