// The side bar and what shows servings beside it: groups, filter, keys, drag and drop, badge, status bar, walkthrough.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe } from 'node:test';
import { waitForState } from '../demo/steps.mjs';
import { dialog, notifications, statusBar } from '../host/workbench/messages.mjs';
import { openCommand, quickInput } from '../host/workbench/quickInput.mjs';
import { explorer, openContainer, tree } from '../host/workbench/tree.mjs';
import { until } from '../host/workbench/until.mjs';
import { closeAll, makeScene, models, openServings, picturing, row, servings, writeServing } from './scene.mjs';

/** @type {import('./scene.mjs').Scene} */
let scene;
const it = picturing(() => scene);
const labels = async () => (await tree.items(scene.page, servings)).map(({ label }) => label);
const broken = 'import nothing_here\n\n\nclass Predict:\n    def predict(self, inputs):\n        return inputs\n';

describe('the side bar', { timeout: 600_000 }, () => {
  before(async () => {
    scene = await makeScene('side-bar', {
      files: (write) => {
        for (const name of ['churn', 'iris', 'titanic']) writeServing(write, name);
        writeServing(write, 'broken', { script: broken });
        writeServing(write, 'fresh', { defined: false });
        write('tiny.json', '{"weights": [1, 2, 3]}');
      },
    });
    await openServings(scene.page);
    await row(scene.page, 'iris').waitFor();
  });
  after(() => scene?.end());
  afterEach(() => closeAll(scene.page));

  it('starts several that are selected: asked once, one message for what failed, a badge', async () => {
    const { page } = scene;
    await row(page, 'broken').click();
    await row(page, 'iris').click({ modifiers: ['Shift'] });
    await tree.contextAction(page, servings, /^\s*iris\b/, 'Start');
    await quickInput.waitOpen(page, { title: 'Start 3 Servings' });
    await scene.picture('ask');
    await quickInput.accept(page);
    await waitForState(page, 'iris', /Running/);
    await waitForState(page, 'churn', /Running/);
    await waitForState(page, 'broken', /Failed/);
    await notifications.wait(page, /Could not start 1 of 3 servings: broken: .*nothing_here/);
    await notifications.clear(page);
    assert.match((await labels())[0] ?? '', /^This computer, 2 running, 1 failed/);
    const tab = page.locator('.part.activitybar').getByRole('tab', { name: /Model Serving/ });
    await until(async () => /1 serving failed: broken/.test((await tab.getAttribute('aria-label')) ?? ''), 'the badge');
    await scene.picture('failed', { themes: true });
  });

  it('tells a screen reader state and actions of a row', async () => {
    const { page } = scene;
    assert.match(
      (await row(page, 'iris').getAttribute('aria-label')) ?? '',
      /^\s*iris, Running, :\d+\. Actions: Stop, Restart, Show Logs, Delete/,
    );
  });

  it('has one status bar item; a click shows the list, whose buttons stop and start', async () => {
    const { page } = scene;
    const item = statusBar.item(page, /^Model Serving: 2 running, 1 failed/);
    await item.click();
    await quickInput.waitOpen(page, { title: 'Servings' });
    assert.match((await quickInput.items(page))[0] ?? '', /broken, Failed/);
    await scene.picture('list');
    // By the keys: the buttons of a row are there once the row has the focus.
    await page.keyboard.press('ArrowDown');
    const stop = quickInput
      .widget(page)
      .getByRole('button', { name: /Stop churn/ })
      .first();
    await quickInput.widget(page).locator('.monaco-list-row', { hasText: 'churn' }).hover();
    await stop.click();
    await until(async () => (await quickInput.items(page)).some((each) => /churn, Stopped/.test(each)), 'churn stops');
    await quickInput.cancel(page);
    await statusBar.item(page, /^Model Serving: 1 running, 1 failed/).waitFor();
  });

  it('shows a part, says so, and shows all again', async () => {
    const { page } = scene;
    await tree.titleAction(page, servings, 'Filter and Sort');
    await quickInput.waitOpen(page, { title: 'Filter and Sort Servings' });
    await quickInput.pick(page, /Failed Only/);
    await until(async () => (await labels()).length === 2, 'one group and one serving');
    const view = page.locator('.part.sidebar .pane').filter({ hasText: 'Servings' }).first();
    assert.match(await view.innerText(), /failed only: 1 of 4 servings/);
    await scene.picture('filtered', { themes: true });
    await tree.titleAction(page, servings, 'Clear Filter');
    await until(async () => (await labels()).length > 4, 'all servings');
  });

  it('has groups by model and by state, which stay over a reload of the view', async () => {
    const { page } = scene;
    for (const [choice, first] of /** @type {const} */ ([
      ['State', /^Failed, 1 serving$/],
      ['Model', /^broken, 1 failed$/],
      ['Backend', /^This computer/],
    ])) {
      await tree.titleAction(page, servings, 'Group Servings By');
      await quickInput.waitOpen(page, { title: 'Group Servings By' });
      await quickInput.pick(page, new RegExp(`\\b${choice}\\b(?!s)`));
      await until(async () => first.test((await labels())[0] ?? ''), `groups by ${choice}`);
      await scene.picture(`by-${choice}`);
    }
  });

  it('is used by keys: Enter opens, F2 edits, Delete asks', async () => {
    const { page } = scene;
    await row(page, 'titanic').click();
    await page.locator('.tab.active', { hasText: 'titanic' }).waitFor();
    const list = tree.root(page, servings);
    // The page that has opened takes the focus once it is there, and in some editors again a moment later.
    await until(async () => {
      await list.focus();
      await page.keyboard.press('F2');
      return quickInput.waitOpen(page, {}, 2000).then(
        () => true,
        () => false,
      );
    }, 'the questions of F2');
    await quickInput.waitOpen(page, { placeholder: 'Save, or pick a line to change' });
    await quickInput.cancel(page);
    await list.focus();
    await page.keyboard.press('Delete');
    assert.match(await dialog.text(page), /Delete the serving titanic\?/);
    await dialog.press(page, 'Cancel');
    await list.focus();
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('Enter');
    await page.locator('.tab.active', { hasText: 'iris' }).waitFor();
  });

  it('takes a model version that is dropped on a place, and begins the wizard with it', async () => {
    const { page } = scene;
    await tree.expand(page, models, /^\s*fresh\b/);
    await drag(tree.row(page, models, /^\s*Version 1\b/), tree.row(page, servings, /^\s*This computer\b/));
    await quickInput.waitOpen(page, { title: 'Create Serving' });
    assert.equal(await quickInput.value(page), 'fresh');
    await quickInput.cancel(page);
  });

  it('says in a hover what runs, with links to it', async () => {
    const { page } = scene;
    await row(page, 'iris').hover();
    const hover = page.locator('.monaco-hover:visible').filter({ hasText: 'Endpoint' }).first();
    await hover.waitFor();
    assert.match(await hover.innerText(), /Open · Test · Copy URL · Logs/);
    await scene.picture('hover', { themes: false });
    await page.mouse.move(700, 400);
  });

  it('marks in the Explorer the scripts that are served', async () => {
    const { page } = scene;
    await explorer.expand(page, 'Models/iris/1');
    const script = explorer.row(page, 'iris.py');
    const mark = () => script.locator('.monaco-icon-label').evaluate((e) => getComputedStyle(e, '::after').content);
    await until(async () => (await mark()) === '"S"', 'the mark of iris.py');
    await scene.picture('explorer', { themes: true });
    await openContainer(page, 'Model Serving');
  });

  it('has a walkthrough, whose steps that are done are ticked', async () => {
    const { page } = scene;
    await openCommand(page, 'View: Close All Editors');
    await openCommand(page, 'Model Serving: Open Walkthrough');
    const steps = page.locator('.getting-started-step');
    await until(async () => (await steps.count()) === 6, 'six steps');
    await until(
      async () => (await page.locator('.codicon-getting-started-step-checked').count()) >= 4,
      'four are done',
    );
    await scene.picture('walkthrough', { themes: true });
  });
});

/**
 * By the mouse, as the tree wants it: a move begins the drag, some more lead to the target.
 * @param {import('playwright-core').Locator} from
 * @param {import('playwright-core').Locator} to
 */
async function drag(from, to) {
  const [a, b] = [await from.boundingBox(), await to.boundingBox()];
  assert.ok(a && b, 'both rows are in sight');
  const { mouse } = scene.page;
  await mouse.move(a.x + 60, a.y + 10);
  await mouse.down();
  await mouse.move(a.x + 70, a.y + 4, { steps: 5 });
  await mouse.move(b.x + 60, b.y + 10, { steps: 15 });
  await scene.page.waitForTimeout(500);
  await mouse.move(b.x + 62, b.y + 11);
  await mouse.up();
}
