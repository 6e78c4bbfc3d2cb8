#!/usr/bin/env node
// npm run test:electron [-- VERSION] [--code EXECUTABLE]: the tests of test/extension in a desktop VS Code, which
// @vscode/test-electron downloads. VERSION is the newest when not given, and "1.100.0" is the lowest that is supported.
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { bundleTests, makeFolder, makeSeveral } from './host/extension-tests.mjs';
import { ensureBuild } from './setup/build.mjs';
import { cache, onPath, project } from './setup/paths.mjs';
import { ensureTestPython } from './setup/python-env.mjs';

const { values, positionals } = parseArgs({ allowPositionals: true, options: { code: { type: 'string' } } });
const log = (/** @type {string} */ text) => console.log(`  ${text}`);
if (process.platform === 'linux' && !process.env.DISPLAY && !process.env.WAYLAND_DISPLAY) {
  const run = onPath('xvfb-run') ? 'xvfb-run -a npm run test:electron' : 'npm test, which needs no screen';
  console.error(`The desktop VS Code could not be started: there is no screen. Try ${run}.`);
  process.exit(1);
}

await ensureBuild({ log });
const { path: python } = await ensureTestPython({ log });
const { downloadAndUnzipVSCode, runTests } = await import('@vscode/test-electron');
const work = mkdtempSync(join(tmpdir(), 'electron-'));
try {
  const executable =
    values.code ??
    (await downloadAndUnzipVSCode({ version: positionals[0] ?? 'stable', cachePath: join(cache, 'electron') }).catch(
      (/** @type {Error} */ error) => {
        throw new Error(`VS Code could not be downloaded: ${error.message}. Give one that is installed: --code PATH`);
      },
    ));
  const tests = await bundleTests('electron');
  for (const workspace of [makeFolder(work), makeSeveral(work)]) {
    const data = mkdtempSync(join(work, 'data-'));
    mkdirSync(join(data, 'User'));
    const settings = { 'pythonStub.environments': [{ path: python, version: '3.11.2', env: 'test' }] };
    writeFileSync(join(data, 'User/settings.json'), JSON.stringify(settings));
    const extensions = join(work, 'extensions/ms-python.python');
    cpSync(join(project, 'test/host/python-stub'), extensions, { recursive: true });
    await runTests({
      vscodeExecutablePath: executable,
      extensionDevelopmentPath: [project, extensions],
      extensionTestsPath: tests,
      launchArgs: [workspace, '--user-data-dir', data, '--disable-workspace-trust', '--disable-telemetry'],
      extensionTestsEnv: { MODEL_SERVING_TEST_PYTHON: python },
    });
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  rmSync(work, { recursive: true, force: true });
}
