// What our own code takes at activation (load + activate()), as VS Code itself measures it, beside a bare extension; and
// how large the package is.
import { cpSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launchBrowser, openWorkbench } from '../host/browser.mjs';
import { startHost } from '../host/host.mjs';
import { openCommand } from '../host/workbench/quickInput.mjs';
import { until } from '../host/workbench/until.mjs';
import { ensureChromium } from '../setup/chromium.mjs';
import { ensureHost } from '../setup/hosts.mjs';
import { project } from '../setup/paths.mjs';
import { ensureVsix, packVsix } from '../setup/vsix.mjs';
import { figureBelow } from './figures.mjs';

const ROUNDS = 7;
/** In newer versions the list of extensions is a dialog otherwise, which draws a part of it only. */
const asEditor = { 'workbench.editor.useModal': 'off' };

/** @param {(figure: import('./figures.mjs').Figure) => void} add */
export async function benchActivation(add) {
  const log = () => {};
  process.env.CHROMIUM ??= (await ensureChromium({ log })).path;
  const { path: vsix } = await ensureVsix({ log });
  const work = mkdtempSync(join(tmpdir(), 'bench-activation-'));
  try {
    const { path: fixture } = await packVsix(join(project, 'test/host/fixture-extension'), join(work, 'fixture.vsix'));
    const workspace = join(work, 'workspace');
    mkdirSync(workspace);
    cpSync(join(project, 'media/sample'), workspace, { recursive: true });
    for (const which of /** @type {const} */ (['lowest', 'newest'])) {
      const { path: dir, vscode } = await ensureHost(which, { log });
      const host = await startHost({ dir, workspace, extensions: [vsix, fixture], settings: asEditor });
      const browser = await launchBrowser();
      try {
        /** @type {number[]} */
        const own = [];
        /** @type {number[]} */
        const bare = [];
        for (let round = 0; round <= ROUNDS; round++) {
          // High, so that the list of extensions draws every one.
          const page = await openWorkbench(browser, host.url, { viewport: { width: 1000, height: 2200 } });
          const times = await activationTimes(page);
          await page.context().close();
          // The first start warms the disk and is not counted.
          if (round === 0) continue;
          own.push(times.own);
          bare.push(times.bare);
        }
        add(
          figureBelow({
            name: `own code at activation in VS Code ${vscode}, beyond a bare extension`,
            unit: 'ms',
            values: own.map((value, round) => value - (bare[round] ?? 0)),
            baseline: bare,
            below: 50,
          }),
        );
      } finally {
        await browser.close();
        await host.stop();
      }
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  const megabytes = statSync(vsix).size / 1e6;
  add(figureBelow({ name: 'VSIX', unit: 'MB', values: [megabytes], below: 1.5 }));
}

/**
 * Read from "Show Running Extensions": load and activate() together.
 * @param {import('playwright-core').Page} page
 * @returns {Promise<{ own: number, bare: number }>} in ms
 */
async function activationTimes(page) {
  await openCommand(page, 'Developer: Show Running Extensions');
  const editor = page.locator('.runtime-extensions-editor');
  /** @param {string} name */
  const time = async (name) => {
    const row = editor.locator('.monaco-list-row').filter({ hasText: name }).first();
    return Number(/Activation:\s*(\d+)\s*ms/.exec((await row.textContent({ timeout: 2000 })) ?? '')?.[1] ?? NaN);
  };
  return until(
    async () => {
      const [own, bare] = [await time('Model Serving'), await time('Fixture')];
      return !Number.isNaN(own) && !Number.isNaN(bare) && { own, bare };
    },
    'both times of activation',
    60_000,
  );
}
