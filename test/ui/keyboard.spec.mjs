// A day with it, by the keyboard alone: from a model file over a request, a failure and its mending to the end.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe } from 'node:test';
import { answerWizard } from '../demo/steps.mjs';
import { webviewFrame } from '../host/workbench/editors.mjs';
import { focusedIn, keys } from '../host/workbench/keys.mjs';
import { dialog } from '../host/workbench/messages.mjs';
import { quickInput } from '../host/workbench/quickInput.mjs';
import { explorer } from '../host/workbench/tree.mjs';
import { until } from '../host/workbench/until.mjs';
import { makeScene, picturing, row, servings } from './scene.mjs';

/** @type {import('./scene.mjs').Scene} */
let scene;
const it = picturing(() => scene);
const TRAIN = `
import sys
import joblib
from sklearn.datasets import load_iris
from sklearn.neighbors import KNeighborsClassifier

joblib.dump(KNeighborsClassifier().fit(*load_iris(return_X_y=True)), sys.argv[1])
`;
const script = 'Models/iris/1/iris.py';
const editor = /^Request body/;

/** The panel of the serving, with the focus in it. */
async function inPanel() {
  const { page } = scene;
  await keys.command(page, 'Model Serving: Focus on Servings View');
  await keys.toRow(page, servings, /^\s*iris\b/);
  await page.keyboard.press('Enter');
  const frame = await webviewFrame(page, '#h-config');
  await until(() => frame.evaluate(() => document.hasFocus()), 'the focus in the panel').catch(async () => {
    await keys.command(page, 'View: Focus Active Editor Group');
    await until(() => frame.evaluate(() => document.hasFocus()), 'the focus in the panel');
  });
  return frame;
}

/** The script in an editor that has the focus. */
async function openScript() {
  const { page } = scene;
  await page.keyboard.press('Control+P');
  await quickInput.waitOpen(page);
  await page.keyboard.type('iris.py');
  await until(async () => (await quickInput.items(page))[0]?.includes('iris.py'), 'iris.py to open');
  await page.keyboard.press('Enter');
  await page.locator('.editor-instance .monaco-editor.focused').waitFor();
}

/**
 * Runs a command of servings, and chooses the one that there is.
 * @param {string} title
 */
async function ask(title) {
  await keys.command(scene.page, `Model Serving: ${title}`);
  await quickInput.waitOpen(scene.page, { placeholder: /Which serving/ });
  await scene.page.keyboard.press('Enter');
}

/** @param {RegExp} state */
const said = (state) =>
  until(
    async () => state.test((await row(scene.page, 'iris').getAttribute('aria-label', { timeout: 2000 })) ?? ''),
    `iris ${state}`,
    120_000,
  );

describe('the keyboard alone', { timeout: 600_000 }, () => {
  before(async () => {
    scene = await makeScene('keyboard', { files: (write) => write('notes.md', 'Iris flowers\n') });
    execFileSync(scene.python, ['-c', TRAIN, join(scene.workspace, 'iris_knn.pkl')]);
    await explorer.row(scene.page, 'iris_knn.pkl').waitFor();
  });
  after(() => scene?.end());

  it('exports a model file from the Explorer', async () => {
    const { page } = scene;
    await page.keyboard.press('Control+Shift+E');
    await keys.toRow(page, /Files Explorer/, /^iris_knn\.pkl/);
    await keys.menuOfFocused(page, /^Export as Model/);
    await quickInput.waitOpen(page);
    await page.keyboard.press('Control+A');
    await page.keyboard.type('iris');
    await answerWizard(page);
    await until(() => existsSync(join(scene.workspace, 'Models/iris/1/iris_knn.pkl')), 'the version', 30_000);
  });

  it('creates a Predict script and a serving of it, which runs', async () => {
    const { page } = scene;
    await keys.command(page, 'Model Serving: Create Predict Script…');
    await until(() => existsSync(join(scene.workspace, script)), 'the script', 30_000).catch(() => answerWizard(page));
    await until(() => existsSync(join(scene.workspace, script)), 'the script', 30_000);
    await keys.command(page, 'Model Serving: Create Serving from Script…');
    await answerWizard(page);
    await keys.command(page, 'Model Serving: Focus on Servings View');
    await said(/Running/);
    await scene.picture('running');
  });

  it('sends a request, reads the reply, and leaves the editor with Tab', async () => {
    const { page } = scene;
    const frame = await inPanel();
    await keys.toElement(page, frame, editor);
    await page.keyboard.press('Control+A');
    // The workbench has the page select all once more, a moment later.
    await page.waitForTimeout(1000);
    await page.keyboard.type('{"inputs": [[5.1, 3.5, 1.4, 0.2]]}');
    await page.keyboard.press('Control+Enter');
    await frame.getByRole('status').filter({ hasText: '200' }).waitFor();
    assert.match(await focusedIn(frame), editor, 'sending moves nothing');
    assert.match(await frame.getByLabel('Reply body').innerText(), /predictions/);
    await page.keyboard.press('Tab');
    assert.match(await focusedIn(frame), /^Send/);
    await keys.toElement(page, frame, /^Reply body/);
    await scene.picture('reply', { themes: false });
  });

  it('changes the script, is told that what runs differs, and restarts it', async () => {
    const { page } = scene;
    await openScript();
    await page.keyboard.press('Control+End');
    await page.keyboard.type('\n# seen again');
    await page.keyboard.press('Control+S');
    await keys.command(page, 'Model Serving: Focus on Servings View');
    await said(/Running.*script differs/);
    await scene.picture('differs', { themes: false });
    await ask('Restart');
    await said(/Running(?!.*differs)/);
  });

  it('is told why it fails, goes to the line, mends it and starts it', async () => {
    const { page } = scene;
    await openScript();
    await page.keyboard.press('Control+A');
    await page.keyboard.type('raise ValueError("nothing to load")');
    await page.keyboard.press('Control+S');
    await ask('Stop');
    await said(/Stopped/);
    await ask('Start');
    await said(/Failed/);
    const frame = await inPanel();
    await scene.picture('failed');
    await keys.toElement(page, frame, /iris\.py:\d/);
    await page.keyboard.press('Enter');
    await page.locator('.editor-instance .monaco-editor.focused').waitFor();
    const text = page.locator('.editor-instance .view-lines').first();
    for (let tries = 0; tries < 50 && !(await text.innerText()).includes('joblib'); tries++) {
      await page.keyboard.press('Control+Z');
    }
    await page.keyboard.press('Control+S');
    await ask('Start');
    await said(/Running/);
  });

  it('finds a line in the logs and opens it', async () => {
    const { page } = scene;
    await ask('Show Logs');
    const frame = await webviewFrame(page, '[role="treegrid"]');
    await until(() => frame.evaluate(() => document.hasFocus()), 'the focus in the panel').catch(() =>
      keys.command(page, 'View: Focus Active Editor Group'),
    );
    await keys.toElement(page, frame, /^Search/);
    await page.keyboard.type('nothing to load');
    await page.keyboard.press('Enter');
    await keys.toElement(page, frame, /^(Log|Lines)/);
    await page.keyboard.press('ArrowRight');
    await frame.locator('[role="row"][aria-expanded="true"]').first().waitFor();
    await scene.picture('line');
  });

  it('deletes it after it was asked', async () => {
    const { page } = scene;
    await keys.command(page, 'Model Serving: Focus on Servings View');
    await keys.toRow(page, servings, /^\s*iris\b/);
    await page.keyboard.press('Delete');
    assert.match(await dialog.text(page), /iris/);
    await page.keyboard.press('Enter');
    await row(page, 'iris').waitFor({ state: 'detached', timeout: 60_000 });
    assert.ok(existsSync(join(scene.workspace, script)), 'the script stays');
  });
});
