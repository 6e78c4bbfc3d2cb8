#!/usr/bin/env node
// node test/host/run-project-tests.mjs [lowest|newest] — bundles test/extension/index.ts and runs it with the built
// extension inside the extension host. Its last line is "N passed, N failed, N skipped".
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureBuild } from '../setup/build.mjs';
import { ensureChromium } from '../setup/chromium.mjs';
import { ensureHost } from '../setup/hosts.mjs';
import { project } from '../setup/paths.mjs';
import { ensureTestPython } from '../setup/python-env.mjs';
import { packVsix } from '../setup/vsix.mjs';
import { bundleTests, makeFolder, makeSeveral } from './extension-tests.mjs';

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
  const tests = await bundleTests(which);
  const total = { passed: 0, failed: 0, skipped: 0 };
  for (const workspace of [makeFolder(work), makeSeveral(work)]) {
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
