// What goes on while windows are reloaded, doubled, killed and closed.
import assert from 'node:assert/strict';
import { after, before, describe } from 'node:test';
import { openPanel, servingAction, waitForState } from '../demo/steps.mjs';
import { openWorkbench } from '../host/browser.mjs';
import { editorTabs, webviewFrame } from '../host/workbench/editors.mjs';
import { until } from '../host/workbench/until.mjs';
import { reloadWindow } from '../host/workbench/window.mjs';
import { answers, makeScene, openServings, picturing, portOf, predict, row, writeServing } from './scene.mjs';

/** @type {import('./scene.mjs').Scene} */
let scene;
const it = picturing(() => scene);
let port = 0;
let pid = 0;

describe('a serving that runs', { timeout: 600_000 }, () => {
  before(async () => {
    scene = await makeScene('windows', { files: (write) => writeServing(write, 'iris') });
    const { page } = scene;
    await openServings(page);
    await row(page, 'iris').waitFor();
    await servingAction(page, 'iris', 'Start');
    port = portOf(await waitForState(page, 'iris', /Running/));
    pid = (await predict(port, 'iris', [])).pid;
  });
  after(() => scene?.end());

  it('is the same after a reload, and its panels come back', async () => {
    const { page } = scene;
    await openPanel(page, 'iris');
    await servingAction(page, 'iris', 'Logs');
    await webviewFrame(page, '[role="treegrid"]');
    await reloadWindow(page);
    await until(async () => {
      const labels = (await editorTabs(page)).map(({ label }) => label);
      return labels.some((label) => label.startsWith('iris')) && labels.some((label) => label.startsWith('Logs: iris'));
    }, 'both panels');
    const logs = await webviewFrame(page, '[role="treegrid"]', 60_000);
    await logs.getByRole('row').filter({ hasText: 'Ready' }).first().waitFor();
    await page.locator('.part.editor').getByRole('tab', { name: /^iris/ }).click();
    const panel = await webviewFrame(page, '[aria-label="Request body, JSON"]', 60_000);
    await until(async () => (await panel.locator('body').innerText()).includes('Running'), 'the state in the panel');
    await openServings(page);
    assert.equal(portOf(await waitForState(page, 'iris', /Running/)), port);
    assert.equal((await predict(port, 'iris', [])).pid, pid, 'the same process');
    await scene.picture('reloaded');
  });

  it('is seen by a second window of the folder', async () => {
    const { page, host } = scene;
    const second = await openWorkbench(page.context(), host.url);
    try {
      await second.bringToFront();
      await openServings(second);
      assert.equal(portOf(await waitForState(second, 'iris', /Running/)), port);
      await servingAction(second, 'iris', 'Stop');
      await waitForState(second, 'iris', /Stopped/, 30_000);
      await page.bringToFront();
      await waitForState(page, 'iris', /Stopped/, 30_000);
      await servingAction(page, 'iris', 'Start');
      port = portOf(await waitForState(page, 'iris', /Running/));
      await second.bringToFront();
      assert.equal(portOf(await waitForState(second, 'iris', /Running/, 30_000)), port);
    } finally {
      await second.close();
      await page.bringToFront();
    }
    assert.equal(await answers(port), true, 'a window that closes stops nothing');
    await until(() => host.extensionHosts().length === 1, 'the end of the second extension host', 60_000);
    pid = (await predict(port, 'iris', [])).pid;
  });

  it('goes on when the extension host is killed, and is adopted by the next', async () => {
    const { page, host } = scene;
    const [killed] = host.extensionHosts();
    assert.ok(killed);
    process.kill(killed, 'SIGKILL');
    await until(() => host.extensionHosts().some((each) => each !== killed), 'another extension host', 60_000);
    assert.equal((await predict(port, 'iris', [])).pid, pid);
    await openServings(page);
    assert.equal(portOf(await waitForState(page, 'iris', /Running/)), port);
    await servingAction(page, 'iris', 'Stop');
    await waitForState(page, 'iris', /Stopped/, 30_000);
    assert.equal(await answers(port), false, 'the next one stops it');
    await servingAction(page, 'iris', 'Start');
    port = portOf(await waitForState(page, 'iris', /Running/));
  });

  it('goes on when the only window is closed, and the next one stops it', async () => {
    const { page, host, browser } = scene;
    await page.context().close();
    await new Promise((next) => setTimeout(next, 2000));
    assert.equal(await answers(port), true);
    const next = await openWorkbench(browser, host.url);
    await openServings(next);
    assert.equal(portOf(await waitForState(next, 'iris', /Running/)), port);
    await servingAction(next, 'iris', 'Stop');
    await waitForState(next, 'iris', /Stopped/, 30_000);
    assert.equal(await answers(port), false);
  });
});
