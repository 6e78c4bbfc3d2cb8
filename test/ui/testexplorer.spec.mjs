// Requests as tests: the Test Explorer finds them, a reply that differs is seen at its line, accepted, and passes then.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, describe } from 'node:test';
import { servingAction, waitForState } from '../demo/steps.mjs';
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

/** What the row of a test says, once it says that. @param {RegExp} name @param {RegExp} said */
const says = (name, said) =>
  until(
    async () => {
      const rows = await tree.items(scene.page, explorer);
      return rows.find(({ label }) => name.test(label) && said.test(label))?.label;
    },
    `${name} that says ${said}`,
    60_000,
  );

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
    await says(/half\.requests\.json/, /half/);
    await scene.picture('found');
    console.log(await tree.items(page, explorer));
    await tree.expand(page, explorer, /half\.requests\.json/);
    await says(/as it is now/, /./);
    await scene.picture('expanded');
    console.log(await tree.items(page, explorer));
  });

  it('say what to do while nothing answers', async () => {
    const { page } = scene;
    await openTests();
    await keys.command(page, 'Test: Run All Tests');
    await says(/as it was/, /rror/);
    await scene.picture('stopped');
    console.log(await tree.items(page, explorer));
  });

  it('pass, or show what differs at the line', async () => {
    const { page } = scene;
    await openServings(page);
    await servingAction(page, 'half', 'Start');
    await waitForState(page, 'half', /Running/, 120_000);
    await openTests();
    await keys.command(page, 'Test: Run All Tests');
    await says(/as it was/, /[Pp]assed/);
    await says(/as it is now/, /[Ff]ailed/);
    await page.waitForTimeout(1500);
    await scene.picture('failed', { themes: true });
    console.log(await tree.items(page, explorer));
  });

  it('take the reply as what is expected, and pass with it', async () => {
    const { page } = scene;
    await openTests();
    await tree.contextAction(page, explorer, /as it is now/, 'Accept This Reply');
    await until(
      () => readFileSync(join(scene.workspace, file), 'utf8').includes('"predictions": [3.0, 6.0]'),
      'the reply in the file',
    );
    await scene.picture('accepted');
    await keys.command(page, 'Test: Run All Tests');
    await says(/as it is now/, /[Pp]assed/);
    await scene.picture('passed');
    const text = readFileSync(join(scene.workspace, file), 'utf8');
    assert.match(text, /^\/\/ What half has to answer\./, 'the rest stays');
  });
});
