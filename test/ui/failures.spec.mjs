// Starts that fail, and the way out of them.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe } from 'node:test';
import { openPanel, servingAction, waitForState } from '../demo/steps.mjs';
import { webviewFrame } from '../host/workbench/editors.mjs';
import { notifications } from '../host/workbench/messages.mjs';
import { quickInput } from '../host/workbench/quickInput.mjs';
import { until } from '../host/workbench/until.mjs';
import { answers, closeAll, makeScene, openServings, picturing, portOf, row, writeServing } from './scene.mjs';

const raising = 'class Predict:\n    def __init__(self):\n        raise ValueError("the weights are upside down")\n';
const needy =
  'import inflection\n\n\nclass Predict:\n    def predict(self, inputs):\n        return [inflection.camelize(each) for each in inputs]\n';

/** @type {import('./scene.mjs').Scene} */
let scene;
const it = picturing(() => scene);

describe('a start that fails', { timeout: 600_000 }, () => {
  before(async () => {
    scene = await makeScene('failures', {
      files: (write) => {
        writeServing(write, 'raising', { script: raising });
        writeServing(write, 'needy', { script: needy });
      },
    });
    await openServings(scene.page);
    await row(scene.page, 'raising').waitFor();
  });
  after(() => scene?.end());
  afterEach(() => closeAll(scene.page));

  it('says its cause and what to do in the message, the tree and the panel', async () => {
    const { page } = scene;
    await servingAction(page, 'raising', 'Start');
    const said = await notifications.wait(page, /the weights are upside down/, 60_000);
    assert.match(said.message, /^Could not start raising: /);
    assert.ok(
      said.buttons.some((button) => /Open.*Line 3/.test(button)),
      said.buttons.join(),
    );
    assert.ok(said.buttons.includes('Show Logs'), said.buttons.join());
    assert.match(await waitForState(page, 'raising', /Failed/), /load/);
    await scene.picture('message');
    await openPanel(page, 'raising').catch(() => undefined);
    const panel = await webviewFrame(page, '.codicon-error');
    await until(
      async () => (await panel.locator('body').innerText()).includes('the weights are upside down'),
      'the cause in the panel',
    );
    const text = await panel.locator('body').innerText();
    assert.match(text, /raising\.py/);
    await notifications.clear(page);
    await scene.picture('panel', { themes: true });
  });

  it('opens the failing line by its button', async () => {
    const { page } = scene;
    await openServings(page);
    await servingAction(page, 'raising', 'Start');
    const { buttons } = await notifications.wait(page, /upside down/, 60_000);
    const button = buttons.find((each) => /Line 3/.test(each)) ?? '';
    await notifications.press(page, /upside down/.source, button);
    await page
      .locator('.part.editor')
      .getByRole('tab', { name: /raising\.py/ })
      .waitFor();
    await until(async () => /Ln 3\b/.test(await page.locator('.part.statusbar').innerText()), 'line 3');
    await notifications.clear(page);
  });

  it('for a missing package offers it, makes an environment of its own, and runs', async () => {
    const { page } = scene;
    await openServings(page);
    await servingAction(page, 'needy', 'Start');
    const said = await notifications.wait(page, /inflection/, 60_000);
    const button = said.buttons.find((each) => each.startsWith('Install')) ?? '';
    assert.match(button, /inflection/);
    await scene.picture('missing-package');
    await notifications.press(page, 'inflection', button);
    await quickInput.waitOpen(page, { title: 'Install inflection' });
    await scene.picture('where');
    await quickInput.pick(page, /Managed environment/);
    const port = portOf(await waitForState(page, 'needy', /Running/, 240_000));
    const reply = await fetch(`http://127.0.0.1:${port}/v1/models/needy:predict`, {
      method: 'POST',
      body: '{"inputs": ["model_serving"]}',
    });
    assert.deepEqual(await reply.json(), { predictions: ['ModelServing'] });
    await scene.picture('running');
    await servingAction(page, 'needy', 'Stop');
    await waitForState(page, 'needy', /Stopped/, 30_000);
    assert.equal(await answers(port), false);
  });
});
