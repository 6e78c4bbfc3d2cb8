// A person's day with servings: wizard, tree, menus, changes while it runs.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, describe } from 'node:test';
import { answerWizard, servingAction, waitForState } from '../demo/steps.mjs';
import { dialog, notifications } from '../host/workbench/messages.mjs';
import { menu } from '../host/workbench/menu.mjs';
import { openCommand, quickInput } from '../host/workbench/quickInput.mjs';
import { explorer, tree } from '../host/workbench/tree.mjs';
import { until } from '../host/workbench/until.mjs';
import {
  answers,
  answersInPanel,
  closeAll,
  makeScene,
  models,
  openServings,
  picturing,
  portOf,
  predict,
  row,
  servings,
  writeServing,
} from './scene.mjs';

/** @type {import('./scene.mjs').Scene} */
let scene;
const it = picturing(() => scene);

describe('servings', { timeout: 600_000 }, () => {
  before(async () => {
    scene = await makeScene('servings', {
      files: (write) => {
        writeServing(write, 'iris', { defined: false });
        writeServing(write, 'churn');
        write('notes.py', 'print("no Predict here")\n');
      },
    });
    await openServings(scene.page);
    await row(scene.page, 'churn').waitFor();
  });
  after(() => scene?.end());
  afterEach(() => closeAll(scene.page));

  it('are offered where a class Predict is, and nowhere else', async () => {
    const { page } = scene;
    await explorer.expand(page, 'Models/iris/1');
    assert.ok((await explorer.contextMenu(page, 'iris.py')).includes('Create Serving from Script…'));
    await menu.close(page);
    assert.ok(!(await explorer.contextMenu(page, 'notes.py')).some((item) => item.startsWith('Create Serving')));
    await menu.close(page);
    const ofModel = await explorer.contextMenu(page, 'model.txt');
    assert.ok(ofModel.includes('Export as Model…'), ofModel.join());
    await menu.close(page);
  });

  it('are created by a wizard that refuses a wrong name, goes back, and starts', async () => {
    const { page } = scene;
    await explorer.contextAction(page, 'iris.py', 'Create Serving from Script');
    await quickInput.waitOpen(page, { title: 'Create Serving' });
    assert.equal(await quickInput.value(page), 'iris');
    await quickInput.type(page, 'my iris!');
    await refused(page, /letters and digits.*myiris/);
    await quickInput.accept(page);
    assert.equal(await quickInput.value(page), 'my iris!', 'it stays at the wrong name');
    await scene.picture('wrong-name');
    await quickInput.type(page, 'CHURN');
    await refused(page, /There is a serving named churn/);
    await quickInput.type(page, 'iris2');
    await quickInput.accept(page);
    await quickInput.waitOpen(page, { placeholder: 'Create, or pick a line to change' });
    await scene.picture('summary', { themes: false });
    await quickInput.press(page, 'Back');
    await quickInput.waitOpen(page, { prompt: "The endpoint's name" });
    assert.equal(await quickInput.value(page), 'iris2', 'Back keeps what was typed');
    await quickInput.type(page, 'iris');
    await quickInput.accept(page);
    await quickInput.waitOpen(page, { placeholder: 'Create, or pick a line to change' });
    await quickInput.pick(page, /\bPort\b/);
    await quickInput.waitOpen(page, { title: 'Port' });
    await quickInput.type(page, '80');
    await refused(page, /1024 to 65535/);
    await quickInput.press(page, 'Back');
    await quickInput.waitOpen(page, { placeholder: 'Create, or pick a line to change' });
    await quickInput.pick(page, /Create and Start/);
    const port = portOf(await waitForState(page, 'iris', /Running/));
    assert.deepEqual((await predict(port, 'iris', [1])).inputs, [1]);
    assert.ok(existsSync(join(scene.workspace, 'servings/iris.serving.json')));
    assert.ok(!existsSync(join(scene.workspace, 'servings/iris2.serving.json')));
  });

  it('show what can be done now, and only that', async () => {
    const { page } = scene;
    const running = await tree.contextMenu(page, servings, /^\s*iris\b/);
    for (const item of [
      'Open',
      'Send a Request…',
      'Show Logs',
      'Stop',
      'Restart',
      'Edit…',
      'Copy Endpoint',
      'Delete…',
    ]) {
      assert.ok(running.includes(item), `${item} in ${running.join()}`);
    }
    assert.ok(!running.includes('Start'));
    await scene.picture('menu-running');
    await menu.close(page);
    const stopped = await tree.contextMenu(page, servings, /^\s*churn\b/);
    assert.ok(stopped.includes('Start') && !stopped.includes('Stop') && !stopped.includes('Send a Request…'));
    await menu.close(page);
    assert.deepEqual(await inline('iris'), ['Stop', 'Restart', 'Show Logs']);
    assert.deepEqual(await inline('churn'), ['Start', 'Show Logs']);
  });

  it('answer in the panel, with the request in the logs', async () => {
    await answersInPanel(scene);
  });

  it('answer all the while they are changed', async () => {
    const { page } = scene;
    await openServings(page);
    const port = portOf(await waitForState(page, 'iris', /Running/));
    let asked = 0;
    /** @type {unknown[]} */
    const refused = [];
    const state = { done: false };
    const asking = (async () => {
      while (!state.done) {
        await predict(port, 'iris', [asked++]).catch((error) => refused.push(error));
        await new Promise((next) => setTimeout(next, 20));
      }
    })();
    try {
      await tree.contextAction(page, servings, /^\s*iris\b/, 'Edit…');
      await quickInput.waitOpen(page, { placeholder: 'Save, or pick a line to change' });
      await quickInput.pick(page, /\bReplicas\b/);
      await quickInput.waitOpen(page, { title: 'Replicas' });
      await quickInput.type(page, '2');
      await quickInput.accept(page);
      await quickInput.waitOpen(page, { placeholder: 'Save, or pick a line to change' });
      await quickInput.pick(page, /Save and Update/);
      await waitForState(page, 'iris', /Running.*2\/2/, 60_000);
    } finally {
      state.done = true;
      await asking;
    }
    assert.ok(asked > 10, `${asked} requests`);
    const after = portOf(await waitForState(page, 'iris', /Running/));
    assert.equal(after, port, 'the address stays');
    assert.deepEqual(refused, []);
    await tree.expand(page, servings, /^\s*iris\b/);
    await until(
      async () => (await tree.items(page, servings)).filter(({ label }) => /replica/.test(label)).length === 2,
    );
    await scene.picture('replicas');
  });

  it('are stopped together when several are selected', async () => {
    const { page } = scene;
    await servingAction(page, 'churn', 'Start');
    const ports = [
      portOf(await waitForState(page, 'churn', /Running/)),
      portOf(await waitForState(page, 'iris', /Running/)),
    ];
    await row(page, 'churn').click();
    await row(page, 'iris').click({ modifiers: ['ControlOrMeta'] });
    await tree.contextAction(page, servings, /^\s*iris\b/, 'Stop');
    await quickInput.waitOpen(page, { title: 'Stop 2 Servings' });
    await quickInput.accept(page);
    await waitForState(page, 'churn', /Stopped/, 30_000);
    await waitForState(page, 'iris', /Stopped/, 30_000);
    assert.deepEqual(await Promise.all(ports.map(answers)), [false, false]);
  });

  it('get their secrets from the secret storage, and nowhere else are they kept', async () => {
    const { page } = scene;
    const value = 'never-written-7731';
    // What a script answers is in its records, unless it is left out there.
    const more = { environment: { secrets: ['API_KEY'] }, inferenceLog: { redact: ['$.predictions.secret'] } };
    writeServing(scene.write, 'secretive', { more });
    await row(page, 'secretive').waitFor();
    await servingAction(page, 'secretive', 'Start');
    await quickInput.waitOpen(page, { title: 'Secret API_KEY' });
    await quickInput.type(page, value);
    await quickInput.accept(page);
    const port = portOf(await waitForState(page, 'secretive', /Running/));
    assert.equal((await predict(port, 'secretive', [])).secret, value);
    await servingAction(page, 'secretive', 'Stop');
    await waitForState(page, 'secretive', /Stopped/, 30_000);
    for (const folder of [
      scene.workspace,
      join(scene.host.userDataDir, 'User/globalStorage/model-serving.model-serving'),
    ]) {
      assert.deepEqual(holding(folder, value), []);
    }
  });

  it('are exported, described and deleted from the tree', async () => {
    const { page } = scene;
    await openServings(page);
    await tree.expand(page, models, /^\s*churn\b/);
    const ofVersion = await tree.contextMenu(page, models, /^\s*Version 1/);
    assert.ok(
      ofVersion.includes('Delete Model Version…') && ofVersion.includes('Create Predict Script…'),
      ofVersion.join(),
    );
    await menu.close(page);
    await scene.picture('models');
    // Both are still selected: a click makes it one.
    await row(page, 'churn').click();
    await tree.contextAction(page, servings, /^\s*churn\b/, 'Delete…');
    assert.match(await dialog.text(page), /Delete the serving churn\?/);
    await dialog.press(page, 'Delete');
    await row(page, 'churn').waitFor({ state: 'hidden' });
    assert.ok(!existsSync(join(scene.workspace, 'servings/churn.serving.json')));
    assert.ok(existsSync(join(scene.workspace, 'Models/churn/1/churn.py')));
  });

  it('have every command in the palette that can ask for its target', async () => {
    const { page } = scene;
    const folder = join(scene.host.userDataDir, 'extensions', extensionFolder());
    const texts = JSON.parse(readFileSync(join(folder, 'package.nls.json'), 'utf8'));
    const { commands, menus } = JSON.parse(
      readFileSync(join(folder, 'package.json'), 'utf8').replace(/"%([\w.]+)%"/g, (_, key) =>
        JSON.stringify(texts[key]),
      ),
    ).contributes;
    // What this window has: a folder with models and two servings that are stopped; test/manifest has all other cases.
    const now =
      /hasModels|hasServings|hasLocalServings|workspaceFolderCount != 0|isWorkspaceTrusted|;(edit|inferenceLog|logs|move|open|remove|start);/;
    const isTrue = (/** @type {string} */ term) => term.startsWith('!') !== now.test(term);
    const hidden = menus.commandPalette
      .filter(
        (/** @type {any} */ { when }) =>
          !when.split(' || ').some((/** @type {string} */ part) => part.split(' && ').every(isTrue)),
      )
      .map((/** @type {any} */ item) => item.command);
    const titles = new Set(commands.map((/** @type {any} */ item) => item.title));
    for (const title of titles) {
      const found = await inPalette(page, `Model Serving: ${title}`);
      // Some stand for two commands, of servings and of models.
      const shown = commands.some((/** @type {any} */ item) => item.title === title && !hidden.includes(item.command));
      assert.equal(found, shown, `${title} in the palette`);
    }
    await notifications.clear(page);
    await openCommand(page, 'Model Serving: Start');
    await quickInput.waitOpen(page, { title: 'Start Serving' });
    assert.ok((await quickInput.items(page)).some((item) => item.startsWith('iris')));
    await answerWizard(page, [{ step: /Which serving/, pick: /^iris/ }]);
    await waitForState(page, 'iris', /Running/);
    await servingAction(page, 'iris', 'Stop');
    await waitForState(page, 'iris', /Stopped/, 30_000);
  });
});

/**
 * Waits until the wizard says what is wrong; it looks at each key, a moment later.
 * @param {import('playwright-core').Page} page
 * @param {RegExp} text
 */
const refused = (page, text) =>
  until(async () => text.test(await quickInput.validation(page)), `a refusal that says ${text}`);

/** @param {string} name */
const inline = (name) => tree.inlineActions(scene.page, servings, new RegExp(`^\\s*${name}\\b`));

/** Files below a folder that hold a text. @param {string} folder @param {string} text */
function holding(folder, text) {
  const files = existsSync(folder) ? readdirSync(folder, { recursive: true, withFileTypes: true }) : [];
  return files
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => readFileSync(file).includes(text));
}

function extensionFolder() {
  const name = readdirSync(join(scene.host.userDataDir, 'extensions')).find((entry) =>
    entry.startsWith('model-serving.model-serving'),
  );
  assert.ok(name, 'the extension is installed');
  return name;
}

/** @param {import('playwright-core').Page} page @param {string} title */
async function inPalette(page, title) {
  const box = quickInput.input(page);
  if (!(await box.count()) || !(await box.inputValue()).startsWith('>')) {
    await page.keyboard.press('F1');
    await quickInput.waitOpen(page);
  }
  await box.fill(`>${title}`);
  /** @type {string[]} */
  let items = [];
  await until(async () => {
    const now = await quickInput.items(page);
    const settled = now.join('\n') === items.join('\n');
    items = now;
    return settled;
  }, `the palette's answer to ${title}`);
  return items.some((item) => item === title || item.startsWith(`${title},`));
}
