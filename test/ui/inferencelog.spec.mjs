// What was predicted, read again: table, filter, an open record, a test made of it, a replay, a file.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, describe } from 'node:test';
import { servingAction, waitForState } from '../demo/steps.mjs';
import { webviewFrame } from '../host/workbench/editors.mjs';
import { fileDialog, quickInput } from '../host/workbench/quickInput.mjs';
import { tree } from '../host/workbench/tree.mjs';
import { until } from '../host/workbench/until.mjs';
import {
  closeAll,
  makeScene,
  openServings,
  picturing,
  portOf,
  predict,
  row,
  servings,
  writeServing,
} from './scene.mjs';

/** @import { Frame, FrameLocator } from 'playwright-core' */

/** @type {import('./scene.mjs').Scene} */
let scene;
/** @type {any} */
let panel;
const it = picturing(() => scene);

/** @param {RegExp} text */
const held = (text) => panel.locator('.statusline').filter({ hasText: text }).waitFor({ timeout: 20_000 });

describe('the inference log', { timeout: 300_000 }, () => {
  before(async () => {
    scene = await makeScene('inferencelog', { files: (write) => writeServing(write, 'iris') });
    await openServings(scene.page);
    await row(scene.page, 'iris').waitFor();
  });
  after(() => scene?.end());
  afterEach(() => closeAll(scene.page));

  it('is empty before anything was predicted, and has what is', async () => {
    const { page } = scene;
    await tree.contextAction(page, servings, /^\s*iris\b/, 'Show Inference Log');
    panel = await webviewFrame(page, '#path');
    await panel.getByText('No predictions yet: it has to run to answer.').waitFor();
    await servingAction(page, 'iris', 'Start');
    const port = portOf(await waitForState(page, 'iris', /Running/));
    for (const input of [1, 2, 3, 4]) await predict(port, 'iris', [input, 'x']);
    const url = `http://127.0.0.1:${port}/v1/models/iris:predict`;
    assert.equal((await fetch(url, { method: 'POST', body: '{"inputs": ' })).status, 400);
    await held(/^5 records/);
    await scene.picture('records', { themes: true });
  });

  it('is filtered by a JSON path, and shows a record', async () => {
    await panel.getByRole('textbox', { name: 'Filter by JSON path' }).fill('$.inputs[0] = 3');
    await held(/^1 of 5 records/);
    await panel.getByRole('treegrid', { name: 'Records' }).focus();
    await scene.page.keyboard.press('ArrowDown');
    await scene.page.keyboard.press('Enter');
    await panel.getByLabel('Reply', { exact: true }).getByText('"pid"').first().waitFor();
    await scene.picture('opened', { themes: true });
  });

  it('makes a test of a record', async () => {
    const { page } = scene;
    await panel.getByRole('button', { name: 'Make Test…' }).click();
    await quickInput.waitOpen(page, { title: 'Make Test' });
    await quickInput.type(page, 'three');
    await quickInput.accept(page);
    const file = join(scene.workspace, 'Models/iris/1/iris.requests.json');
    await until(() => existsSync(file), 'the file of the requests');
    const [made] = JSON.parse(readFileSync(file, 'utf8')).requests;
    assert.equal(made.name, 'three');
    assert.deepEqual(made.body, { inputs: [3, 'x'] });
    assert.equal(made.expect.status, 200);
    assert.deepEqual(made.expect.reply.predictions.inputs, [3, 'x']);
  });

  it('is replayed, with the differences shown', async () => {
    const { page } = scene;
    await servingAction(page, 'iris', 'Restart');
    await waitForState(page, 'iris', /Running/);
    await panel.getByRole('button', { name: 'Clear: Filter by JSON path' }).click();
    await held(/^5 records/);
    await panel.getByRole('button', { name: 'Replay all 5 shown…' }).click();
    await quickInput.waitOpen(page, { title: 'Replay' });
    await quickInput.pick(page, /^iris/);
    await panel.getByText('Replayed to iris: 5 of 5').waitFor();
    // Another process answers now: its number is in the reply.
    await panel.getByRole('button', { name: 'different, 4', exact: true }).click();
    await panel.getByText('$.predictions.pid').waitFor();
    await held(/^4 of 10 records/);
    await scene.picture('replayed', { themes: true });
    await panel.getByRole('button', { name: 'Close the replay' }).click();
    await held(/^10 records/);
  });

  it('is saved as a file', async () => {
    const { page } = scene;
    const file = join(scene.workspace, 'kept.csv');
    await panel.getByRole('button', { name: /^Save all 10 shown/ }).click();
    await quickInput.waitOpen(page, { title: 'Save Records As' });
    await fileDialog.saveAs(page, 'iris-inference.ndjson', file);
    await until(() => existsSync(file), 'the file');
    assert.equal(readFileSync(file, 'utf8').trim().split('\r\n').length, 11);
  });
});
