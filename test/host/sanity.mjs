#!/usr/bin/env node
// node test/host/sanity.mjs [lowest] [newest] — proves the hosts: they install, a small extension runs in each, as a
// module inside the extension host and packed, installed and driven as by a person.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureChromium } from '../setup/chromium.mjs';
import { ensureHost } from '../setup/hosts.mjs';
import { ensureNodeModules } from '../setup/node-modules.mjs';
import { packVsix } from '../setup/vsix.mjs';

const log = (/** @type {string} */ text) => console.log(`  ${text}`);
await ensureNodeModules({ log });
await ensureChromium({ log });
const { launchBrowser, openWorkbench } = await import('./browser.mjs');
const { startHost } = await import('./host.mjs');
const { runExtensionTests } = await import('./run-extension-tests.mjs');
const { notifications } = await import('./workbench/messages.mjs');
const { openCommand } = await import('./workbench/quickInput.mjs');
const { explorer } = await import('./workbench/tree.mjs');
const { answerWizard, copyInExplorer } = await import('../demo/steps.mjs');

const extension = join(dirname(fileURLToPath(import.meta.url)), 'fixture-extension');
const folder = mkdtempSync(join(tmpdir(), 'host-sanity-'));
// A name that has to be escaped in addresses.
const workspace = join(folder, 'Modèle #1 & 50% + more');
mkdirSync(workspace);
writeFileSync(join(workspace, 'note.txt'), 'a note\n');
const counts = { passed: 0, failed: 0 };

/** @param {string} name @param {() => Promise<void>} work */
async function step(name, work) {
  const started = Date.now();
  try {
    await work();
    counts.passed++;
    console.log(`ok ${name} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
  } catch (error) {
    counts.failed++;
    console.log(`not ok ${name}: ${error instanceof Error ? error.stack : error}`);
  }
}

/** @param {string} dir @param {string} vsix */
async function drive(dir, vsix) {
  mkdirSync(join(workspace, 'Models/a b/1'), { recursive: true });
  const host = await startHost({ dir, workspace, extensions: [vsix] });
  const browser = await launchBrowser();
  try {
    const page = await openWorkbench(browser, host.url);
    assert.deepEqual(await explorer.files(page), ['Models', 'note.txt']);
    await openCommand(page, 'Fixture: Greet');
    await notifications.wait(page, 'Hello from Modèle #1 & 50% + more');
    await openCommand(page, 'Fixture: Ask');
    const steps = await answerWizard(page, [
      { step: /name/, type: 'iris' },
      { step: /kind/, pick: 'Second' },
    ]);
    assert.deepEqual(steps, ['Ask (1/3)', 'Ask (2/3)', 'Ask (3/3)']);
    await notifications.wait(page, 'Answered iris, Second, Create');
    await copyInExplorer(page, { workspace, file: 'note.txt', folder: 'Models/a b/1' });
  } finally {
    await browser.close();
    await host.stop();
    rmSync(join(workspace, 'Models'), { recursive: true });
  }
}

try {
  const named = process.argv.slice(2);
  const { path: vsix } = await packVsix(extension, join(folder, 'fixture.vsix'));
  for (const which of /** @type {const} */ (['lowest', 'newest'])) {
    if (named.length && !named.includes(which)) continue;
    const { path: dir, vscode } = await ensureHost(which, { log });
    await step(`tests inside the extension host of VS Code ${vscode}`, async () => {
      const tests = join(extension, 'tests.js');
      const result = await runExtensionTests({ dir, extension, tests, workspace, log });
      assert.deepEqual([result.code, result.reason, result.passed], [0, undefined, 3]);
    });
    await step(`packed, installed and driven in VS Code ${vscode}`, () => drive(dir, vsix));
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(`${counts.passed} passed, ${counts.failed} failed`);
process.exitCode = counts.failed ? 1 : 0;
