// A serving on Hopsworks, from the connection and the wizard over its panel and an edit to the move to this computer.
import assert from 'node:assert/strict';
import { after, before, describe } from 'node:test';
import { openPanel, sendRequest } from '../demo/steps.mjs';
import { webviewFrame } from '../host/workbench/editors.mjs';
import { keys } from '../host/workbench/keys.mjs';
import { notifications } from '../host/workbench/messages.mjs';
import { openCommand, quickInput } from '../host/workbench/quickInput.mjs';
import { tree } from '../host/workbench/tree.mjs';
import { until } from '../host/workbench/until.mjs';
import { startApi } from './api.mjs';
import { makeScene, openServings, picturing, servings } from './scene.mjs';

/** @type {import('./scene.mjs').Scene} */
let scene;
/** @type {Awaited<ReturnType<typeof startApi>>} */
let api;
const it = picturing(() => scene);
const SCRIPT = 'class Predict:\n    def predict(self, inputs):\n        return [sum(row) for row in inputs]\n';
const row = (/** @type {string | RegExp} */ label) => tree.row(scene.page, servings, label);
const SUMMARY = /Create, or pick|Save, or pick/;

/**
 * @param {RegExp} placeholder
 * @param {RegExp} pick
 */
async function choose(placeholder, pick) {
  await quickInput.waitOpen(scene.page, { placeholder });
  await quickInput.pick(scene.page, pick);
}

describe('a serving on Hopsworks', { timeout: 600_000 }, () => {
  before(async () => {
    const python = process.env.MODEL_SERVING_TEST_PYTHON;
    api = await startApi(() => undefined, python === undefined ? [] : ['--python', python]);
    const { port, project: name, certificate } = api.told;
    scene = await makeScene('hopsworks', {
      files: (write) => {
        write('Models/iris/1/model.pkl', 'a model');
        write('Models/iris/1/model.json', '{"framework": "SKLEARN"}');
        write('Models/iris/1/predict.py', SCRIPT);
      },
      host: {
        // As the official clients know it.
        env: {
          HOPSWORKS_HOST: '127.0.0.1',
          HOPSWORKS_PORT: String(port),
          HOPSWORKS_PROJECT: name,
          HOPSWORKS_TRUST_STORE_PATH: certificate,
        },
      },
    });
    await openServings(scene.page);
  });
  after(async () => {
    await scene?.end();
    await api?.end();
  });

  it('has its connection added first: what the official clients know is filled in, a wrong key is told', async () => {
    const { page } = scene;
    const title = 'Add Hopsworks Connection';
    await openCommand(page, `Model Serving: ${title}…`);
    await quickInput.waitOpen(page, { title });
    assert.equal(await quickInput.input(page).inputValue(), api.told.address);
    await scene.picture('address');
    await quickInput.accept(page);
    await until(
      async () => (await quickInput.input(page).inputValue()) === api.told.project,
      'the name of the project',
    );
    await quickInput.accept(page);
    await giveKey(`${api.key.slice(0, -4)}AAAA`);
    await notifications.wait(page, /key/i);
    await scene.picture('wrong-key', { themes: true });
    await notifications.clear(page);
    await row(/^\s*Sign in again…/).click();
    await giveKey(api.key);
    await row(/^\s*demo \(127.*Hopsworks/).waitFor();
    await row(/^\s*Sign in/).waitFor({ state: 'detached', timeout: 30_000 });
    await scene.picture('connected', { themes: true });
  });

  it('is created with every field shown, model and script brought along', async () => {
    const { page } = scene;
    await tree.contextMenu(page, servings, /^\s*demo \(127/);
    await scene.picture('menu');
    await page.keyboard.press('Escape');
    await openCommand(page, 'Model Serving: Create Serving from Script…');
    await choose(/Which Predict script/, /predict\.py/);
    await quickInput.waitOpen(page, { prompt: /endpoint's name/ });
    await quickInput.accept(page);
    await choose(SUMMARY, /\bWhere\b/);
    await quickInput.waitOpen(page, { placeholder: /Where does it run/ });
    await scene.picture('where');
    await quickInput.pick(page, /demo \(127/);
    await quickInput.waitOpen(page, { placeholder: SUMMARY });
    await scene.picture('summary');
    await quickInput.pick(page, /Kafka topic/);
    await quickInput.waitOpen(page, { placeholder: /Where are requests/ });
    await scene.picture('topic');
    await quickInput.pick(page, /\bNONE\b/);
    await choose(SUMMARY, /Advanced/);
    await quickInput.waitOpen(page, { placeholder: /Pick a line/ });
    await scene.picture('advanced');
    await quickInput.pick(page, /Description/);
    await quickInput.waitOpen(page, { prompt: /What it is for/ });
    await quickInput.type(page, 'flowers');
    await quickInput.accept(page);
    await choose(SUMMARY, /Create and Start/);
    await row(/^\s*iris,? .*(Starting|Creating|Running)/).waitFor({ timeout: 60_000 });
    const frame = await webviewFrame(page, '#h-config');
    await scene.picture('starting');
    await row(/^\s*iris,? .*Running/).waitFor({ timeout: 120_000 });
    await frame
      .getByText('Through Hopsworks')
      .first()
      .waitFor({ timeout: 30_000 })
      .catch(() => undefined);
    await scene.picture('running', { themes: true });
    const text = await frame.locator('body').innerText();
    for (const each of ['In Hopsworks', 'Revision', 'Guaranteed', 'flowers', 'Id'])
      assert.ok(text.includes(each), each);
    assert.ok(!text.includes('Also here:') || text.includes('Page in Hopsworks'));
  });

  it('is edited with what is there filled in', async () => {
    const { page } = scene;
    await openCommand(page, 'Model Serving: Edit…');
    await quickInput.waitOpen(page);
    await quickInput.pick(page, /iris/).catch(() => undefined);
    await quickInput.waitOpen(page, { placeholder: /Save, or pick/ });
    await scene.picture('edit');
    await page.keyboard.press('Escape');
  });

  it('moves to this computer, after what does not exist here was said', async () => {
    const { page } = scene;
    await openCommand(page, 'Model Serving: Move To…');
    await quickInput.waitOpen(page);
    await quickInput.pick(page, /iris/).catch(() => undefined);
    await choose(/Where is it to run/, /This computer/);
    const dialog = page.locator('.monaco-dialog-box');
    await dialog.waitFor({ timeout: 30_000 });
    await scene.picture('move');
    await dialog.getByRole('button', { name: 'Move' }).click();
    await row(/^\s*iris,? .*Stopped/).waitFor({ timeout: 120_000 });
    await row(/^\s*iris,? .*Running/).waitFor({ timeout: 60_000 });
    await scene.picture('moved');
  });

  it('moves to Hopsworks beside the one of before by the keyboard alone, and answers there', async () => {
    const { page } = scene;
    await openServings(page);
    await keys.command(page, 'Model Serving: Focus on Servings View');
    await keys.toRow(page, servings, /^\s*iris,? .*Running/);
    await keys.menuOfFocused(page, /^Move To…/);
    await keys.choose(page, /Where is it to run/, 'demo (127');
    await page.locator('.monaco-dialog-box').waitFor({ timeout: 30_000 });
    await scene.picture('move-there');
    await page.keyboard.press('Enter');
    await row(/^\s*iris-?2,? .*Running/).waitFor({ timeout: 120_000 });
    const { status, reply } = await sendRequest(await openPanel(page, 'iris2'), { inputs: [[1, 2, 3]] });
    assert.match(status, /200/);
    assert.deepEqual(reply.predictions, [6]);
    await scene.picture('moved-there');
  });

  it('signs out: nothing is asked any more, and a row says how to sign in', async () => {
    const { page } = scene;
    await openCommand(page, 'Model Serving: Sign Out of Hopsworks');
    await row(/^\s*Sign in…/).waitFor({ timeout: 30_000 });
    await scene.picture('signed-out', { themes: true });
  });
});

/** @param {string} key */
async function giveKey(key) {
  await quickInput.waitOpen(scene.page, { title: 'API Key' });
  await quickInput.type(scene.page, key);
  await quickInput.accept(scene.page);
}
