// The local Hopsworks API in the editor: started, seen, used by a client, in two windows and over a reload.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe } from 'node:test';
import { servingAction, waitForState } from '../demo/steps.mjs';
import { openWorkbench } from '../host/browser.mjs';
import { notifications } from '../host/workbench/messages.mjs';
import { openCommand, quickInput } from '../host/workbench/quickInput.mjs';
import { until } from '../host/workbench/until.mjs';
import { reloadWindow } from '../host/workbench/window.mjs';
import { makeScene, openServings, picturing, writeServing } from './scene.mjs';

/** @import { Page } from 'playwright-core' */

/** @type {import('./scene.mjs').Scene} */
let scene;
const it = picturing(() => scene);
let port = 0;

/** @param {Page} page */
const item = (page) =>
  page.locator('.part.statusbar .statusbar-item[id$="modelServing.status"]', { hasText: 'Hopsworks API' });

/** A click on the item shows the list; the API's row in it has everything else. @param {Page} page */
async function openMenu(page) {
  await item(page).click();
  await quickInput.waitOpen(page, { title: 'Servings' });
  await quickInput.pick(page, /Local Hopsworks API/);
  await quickInput.waitOpen(page, { placeholder: 'What to do?' });
}

/** @param {Page} page */
async function portShown(page) {
  await item(page).waitFor({ timeout: 60_000 });
  return Number(/:(\d+)/.exec(await item(page).innerText())?.[1]);
}

/** Runs what the snippet of our small package begins, as a script of the workspace. */
function runClient(/** @type {string} */ snippet, /** @type {string} */ more) {
  const file = join(scene.workspace, 'client.py');
  writeFileSync(file, `${snippet}\n${more}`);
  return execFileSync(scene.python, [file], { encoding: 'utf8', timeout: 90_000 }).trim();
}

/** The snippet, from the editor that it was inserted into. */
async function snippetOf(/** @type {Page} */ page) {
  await openCommand(page, 'Model Serving: Insert Login Snippet…');
  await quickInput.waitOpen(page, { placeholder: 'For which Python client?' });
  await quickInput.pick(page, /nothing to install/);
  await quickInput.waitClosed(page);
}

describe('the local Hopsworks API', { timeout: 600_000 }, () => {
  before(async () => {
    scene = await makeScene('local-api', {
      files: (write) => {
        writeServing(write, 'iris', { defined: false });
        write('empty.py', '');
      },
    });
    await openServings(scene.page);
  });
  after(() => scene?.end());

  it('is started by its command, and stands in the status bar', async () => {
    const { page } = scene;
    await openCommand(page, 'Model Serving: Start Local Hopsworks API');
    port = await portShown(page);
    assert.ok(port > 1023);
    await scene.picture('status', { themes: true });
    await openMenu(page);
    const items = (await quickInput.items(page)).join('\n');
    for (const text of ['Copy Login Snippet for hopsworks', 'Insert Login Snippet', 'Show Requests', 'Stop Local']) {
      assert.ok(items.includes(text), `${text} is among ${items}`);
    }
    await scene.picture('menu', { themes: true });
    await page.keyboard.press('Escape');
  });

  it('what a client deploys from a Python file of the editor is in the side bar', async () => {
    const { page } = scene;
    await page.keyboard.press('Control+P');
    await quickInput.waitOpen(page);
    await quickInput.type(page, 'empty.py');
    await quickInput.pick(page, /^empty\.py/);
    await page.locator('.tab.active', { hasText: 'empty.py' }).waitFor();
    await page.locator('.monaco-editor').first().click();
    await snippetOf(page);
    await page.keyboard.press('Control+S');
    await scene.picture('snippet');
    const { readFileSync } = await import('node:fs');
    const snippet = await until(() => {
      const text = readFileSync(join(scene.workspace, 'empty.py'), 'utf8');
      return text.includes('from hops import') ? text : undefined;
    }, 'the saved snippet');
    assert.match(snippet, new RegExp(`127\\.0\\.0\\.1:${port}`));
    const told = runClient(
      snippet,
      `import time
serving.create_or_update("iris", "Models/iris/1/iris.py")
serving.start("iris")
while serving.get_status("iris") == "Starting":
    time.sleep(0.3)
print(serving.get_status("iris"), serving.make_inference_request("iris", {"inputs": [1]})["predictions"]["inputs"])
`,
    );
    assert.equal(told, 'Running [1]');
    await openServings(page);
    await waitForState(page, 'iris', /Running/, 30_000);
    await scene.picture('deployed', { themes: true });
  });

  it('a second window says where it runs already', async () => {
    const { page, host } = scene;
    const second = await openWorkbench(page.context(), host.url);
    try {
      await second.bringToFront();
      await openServings(second);
      await openCommand(second, 'Model Serving: Start Local Hopsworks API');
      await notifications.wait(second, new RegExp(`runs already at https://127\\.0\\.0\\.1:${port}`));
      await scene.picture('second-window', { page: second });
      assert.equal(await item(second).count(), 0);
    } finally {
      await second.close();
      await page.bringToFront();
    }
    await until(() => host.extensionHosts().length === 1, 'the end of the second extension host', 60_000);
  });

  it('comes back with the window, at the same port, and so does what was deployed', async () => {
    const { page } = scene;
    await reloadWindow(page);
    assert.equal(await portShown(page), port);
    await openServings(page);
    await waitForState(page, 'iris', /Running/, 30_000);
    await servingAction(page, 'iris', 'Stop');
    await waitForState(page, 'iris', /Stopped/, 30_000);
  });

  it('is stopped from its status, and does not come back', async () => {
    const { page } = scene;
    await openMenu(page);
    await quickInput.type(page, 'Stop Local');
    await quickInput.accept(page);
    await item(page).waitFor({ state: 'detached' });
    await reloadWindow(page);
    await openServings(page);
    await waitForState(page, 'iris', /Stopped/, 30_000);
    assert.equal(await item(page).count(), 0);
  });
});
