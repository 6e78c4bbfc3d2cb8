#!/usr/bin/env node
// node test/demo/pictures.mjs: makes the README's pictures from the product itself, in the newest editor; those of Docker
// where there is an engine.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { launchBrowser, openWorkbench } from '../host/browser.mjs';
import { startHost } from '../host/host.mjs';
import { webviewFrame } from '../host/workbench/editors.mjs';
import { notifications } from '../host/workbench/messages.mjs';
import { quickInput } from '../host/workbench/quickInput.mjs';
import { openContainer, tree } from '../host/workbench/tree.mjs';
import { screenshot, setTheme } from '../host/workbench/window.mjs';
import { ensureChromium } from '../setup/chromium.mjs';
import { ensureHost } from '../setup/hosts.mjs';
import { cache, project } from '../setup/paths.mjs';
import { ensureVsix } from '../setup/vsix.mjs';
import { findDemoEngine } from './docker.mjs';
import { usePalette } from './palette.mjs';
import {
  answerWizard,
  beginServing,
  copyInExplorer,
  deleteServing,
  exportModel,
  openPanel,
  replicasOf,
  sendRequest,
  servingAction,
  waitForDocker,
  waitForState,
} from './steps.mjs';
import { sendTraffic } from './traffic.mjs';
import {
  ensureDemoPython,
  makeWorkspace,
  modelFile,
  modelName,
  request,
  scriptFile,
  trainModel,
  useInterpreter,
} from './workspace.mjs';

const size = { width: 1180, height: 760 };
const log = (/** @type {string} */ text) => console.log(`  ${text}`);
const out = join(project, 'media/readme');
mkdirSync(out, { recursive: true });

/** @param {import('playwright-core').Page} page @param {string} name */
async function shoot(page, name) {
  await screenshot(page, join(out, name));
  usePalette(join(out, name));
}

process.env.CHROMIUM = (await ensureChromium({ log })).path;
const { path: vsix } = await ensureVsix({ log });
const { path: dir } = await ensureHost('newest', { log });
const python = await ensureDemoPython({ log });
const workspace = await makeWorkspace({ folder: join(cache, 'demo/flowers'), own: false });
await trainModel({ python: python.path, folder: workspace });
useInterpreter({ folder: workspace, python: python.path });

const engine = await findDemoEngine({ log, python: python.version });
const docker = 'missing' in engine ? undefined : engine;
if ('missing' in engine) log(`the pictures of Docker stay as they are: ${engine.missing}`);
const host = await startHost({
  ...{ dir, workspace, extensions: [vsix], settings: {}, machineSettings: docker?.settings ?? {} },
});
const browser = await launchBrowser();
try {
  const page = await openWorkbench(browser, host.url, { viewport: size });
  const picture = async (/** @type {string} */ name) => {
    await notifications.clear(page);
    await page.mouse.move(600, page.viewportSize().height - 25);
    await page.waitForTimeout(500);
    await shoot(page, `${name}-dark.png`);
  };
  await page.waitForTimeout(4000);
  await setTheme(page, 'dark');
  const folder = await exportModel(page, { workspace, file: modelFile, name: modelName });
  await copyInExplorer(page, { workspace, file: scriptFile, folder });
  await beginServing(page, { folder, file: scriptFile });
  await quickInput.waitOpen(page);
  await quickInput.accept(page);
  await quickInput.waitOpen(page, { placeholder: /Create, or pick/ });
  await page.waitForTimeout(500);
  await shoot(page, 'wizard-dark.png');
  await answerWizard(page);
  await waitForState(page, modelName, /running/i);
  const panel = await openPanel(page, modelName);
  await sendRequest(panel, request);
  await openContainer(page, 'Model Serving');
  await withTraffic(page, panel, () => picture('panel'));
  await servingAction(page, modelName, 'Show Logs');
  await webviewFrame(page, '[role="treegrid"]');
  await picture('logs');
  if (docker) await picturesOfDocker(page, folder, picture);

  // A package that is not there: in the script's first line, where a person would look first.
  const script = join(workspace, folder, scriptFile);
  writeFileSync(
    script,
    'import xgboost as xgb\n\n\nclass Predict:\n    def predict(self, inputs):\n        return xgb.DMatrix(inputs).num_row()\n',
  );
  await servingAction(page, modelName, 'Stop');
  await waitForState(page, modelName, /stopped/i);
  await servingAction(page, modelName, 'Start');
  await waitForState(page, modelName, /failed/i);
  await tree.row(page, /Servings/, new RegExp(`^\\s*${modelName}\\b`)).click();
  await webviewFrame(page, '[aria-label="Traceback"]');
  await picture('failed');
} finally {
  await browser.close();
  await host.stop();
  await docker?.clean(workspace);
}

/**
 * A picture of a panel whose charts show some minutes, in a window in which its parts have room.
 * @param {import('playwright-core').Page} page
 * @param {import('playwright-core').Frame} panel
 * @param {() => Promise<void>} take
 */
async function withTraffic(page, panel, take) {
  const url = await panel.getByText(/^http:.*:predict$/).innerText();
  log(`${await sendTraffic({ url, body: request, seconds: 240 })} requests were answered`);
  await page.setViewportSize({ width: 1180, height: 960 });
  await panel.evaluate(() => document.querySelectorAll('*').forEach((each) => each.scrollTo(0, 0)));
  await take();
  await page.setViewportSize(size);
}

/**
 * The wizard's step that asks where, and a serving in Docker beside the one of this computer.
 * @param {import('playwright-core').Page} page
 * @param {string} folder of the script
 * @param {(name: string) => Promise<void>} picture
 */
async function picturesOfDocker(page, folder, picture) {
  const name = `${modelName}2`;
  await beginServing(page, { folder, file: scriptFile });
  await quickInput.waitOpen(page);
  await quickInput.type(page, name);
  await quickInput.accept(page);
  await quickInput.waitOpen(page, { placeholder: /Create, or pick/ });
  await quickInput.pick(page, /\bWhere\b/);
  await quickInput.waitOpen(page, { placeholder: /Where does it run/ });
  await page.waitForTimeout(500);
  await shoot(page, 'where-dark.png');
  await answerWizard(page, [
    { step: /Where does it run/, pick: /\bDocker\b/ },
    { step: /Create, or pick/, pick: /\bReplicas\b/ },
    { step: /containers answer/, type: '2' },
    { step: /Create, or pick/, pick: /\bCreate and Start\b/ },
  ]);
  await waitForDocker(page, name, /Running.*\b2\/2/);
  await replicasOf(page, name, 2);
  const panel = await openPanel(page, name);
  await sendRequest(panel, request);
  await withTraffic(page, panel, () => picture('docker'));
  await servingAction(page, name, 'Stop');
  await waitForState(page, name, /stopped/i);
  await deleteServing(page, name);
}
