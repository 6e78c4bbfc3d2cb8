// Requests as tests: the Test Explorer finds them, a reply that differs is seen at its line, accepted, and passes then.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, describe } from 'node:test';
import { waitForState } from '../demo/steps.mjs';
import { keys } from '../host/workbench/keys.mjs';
import { tree } from '../host/workbench/tree.mjs';
import { until } from '../host/workbench/until.mjs';
import { closeAll, makeScene, openServings, picturing, writeServing } from './scene.mjs';

const script = 'class Predict:\n    def predict(self, inputs):\n        return [each * 1.5 for each in inputs]\n';
const file = 'Models/half/1/half.requests.json';
const requests = `// What half has to answer.
{
  "requests": [
    {
      "name": "as it was",
      "body": { "inputs": [2] },
      "expect": { "status": 200, "reply": { "predictions": [3.0000001] }, "tolerance": 0.000001 }
    },
    {
      "name": "as it is now",
      "body": { "inputs": [2, 4] },
      "expect": { "reply": { "predictions": [3, 5] } }
    }
  ]
}
`;
const explorer = /Test Explorer/;

/** @type {import('./scene.mjs').Scene} */
let scene;
const it = picturing(() => scene);

const openTests = () => keys.command(scene.page, 'Testing: Focus on Test Explorer View');

/**
 * What the row of a test says, once it says that.
 * @param {RegExp} name
 * @param {RegExp} said
 */
async function says(name, said) {
  /** @type {Awaited<ReturnType<typeof tree.items>>} */
  let rows = [];
  try {
    await until(
      async () => {
        rows = await tree.items(scene.page, explorer);
        return rows.some(({ label }) => name.test(label) && said.test(label));
      },
      `${name} that says ${said}`,
      60_000,
    );
  } catch (cause) {
    throw new Error(`no row ${name} says ${said}: ${JSON.stringify(rows)}`, { cause });
  }
}

describe('requests as tests', { timeout: 600_000 }, () => {
  before(async () => {
    scene = await makeScene('testexplorer', {
      files: (write) => {
        writeServing(write, 'half', { script });
        write(file, requests);
      },
    });
  });
  after(() => scene?.end());
  afterEach(() => closeAll(scene.page));

  it('are found, each under its file, with the serving of the script', async () => {
    const { page } = scene;
    await openTests();
    await says(/half\.requests\.json/, /half · This computer/);
    await tree.expand(page, explorer, /half\.requests\.json/);
    await says(/as it was/, /Not yet run/);
    await says(/as it is now/, /Not yet run/);
    await scene.picture('found');
  });

  it('say what to do while nothing answers', async () => {
    const { page } = scene;
    await openTests();
    await keys.command(page, 'Test: Run All Tests');
    await says(/as it was/, /Errored/);
    await says(/as it is now/, /Errored/);
    const results = page.locator('.part.panel');
    await results
      .getByText(/half does not answer: it is stopped/)
      .first()
      .click();
    await scene.picture('stopped');
    // The link that starts it.
    await results.getByRole('link', { name: 'Start half' }).click();
    await openServings(page);
    await waitForState(page, 'half', /Running/, 120_000);
  });

  it('pass, or show what differs at the line', async () => {
    const { page } = scene;
    await openTests();
    await tree.contextAction(page, explorer, /as it is now/, 'Go to Test');
    await page.locator('.editor-instance .monaco-editor.focused').waitFor();
    await keys.command(page, 'Test: Run Tests in Current File');
    await openTests();
    await says(/as it was/, /Passed/);
    await says(/as it is now/, /Failed/);
    const atLine = page.locator('.part.editor').getByText(/3\.0, 6\.0.*!=.*\[3, 5\]/);
    await atLine.first().waitFor();
    const results = page.locator('.part.panel');
    await results
      .getByText(/predictions\[1\] is 6\.0, expected 5/)
      .first()
      .click();
    const beside = results.locator('.monaco-diff-editor').first();
    await beside.waitFor();
    await until(async () => /5[\s\S]*6/.test(await beside.innerText()), 'what is expected beside what came');
    await scene.picture('failed', { themes: true });
  });

  it('take the reply as what is expected, and pass with it', async () => {
    const { page } = scene;
    await openTests();
    await tree.contextAction(page, explorer, /as it is now/, 'Accept This Reply');
    const now = () => readFileSync(join(scene.workspace, file), 'utf8');
    await until(() => now().includes('"predictions": [3.0, 6.0]'), 'the reply in the file');
    assert.match(now(), /^\/\/ What half has to answer\./, 'the rest stays');
    await scene.picture('accepted');
    await keys.command(page, 'Test: Run All Tests');
    await says(/as it is now/, /Passed/);
    await scene.picture('passed');
  });
});
