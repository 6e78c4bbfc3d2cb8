// What a person does in the editor, one function each, for the demo and for the tests in test/ui. Every function ends when
// what it did is seen to have happened, and rejects with what was expected and did not come.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { editorTabs, webviewFrame } from '../host/workbench/editors.mjs';
import { menu } from '../host/workbench/menu.mjs';
import { dialog, notifications } from '../host/workbench/messages.mjs';
import { quickInput } from '../host/workbench/quickInput.mjs';
import { explorer, openContainer, tree } from '../host/workbench/tree.mjs';
import { named, until } from '../host/workbench/until.mjs';

/** @import { Frame, Page } from 'playwright-core' */

const container = 'Model Serving';
const servingsView = /Servings/;

/** @typedef {{ title: string, placeholder: string, value: string, message: string }} WizardStep */

/**
 * Answers the steps of a wizard until it closes: Enter takes what is filled in, `answers` says otherwise for single steps.
 * @param {Page} page
 * @param {readonly { step: RegExp, type?: string, pick?: string | RegExp }[]} [answers] `step` is found in the title, the
 *   placeholder or the prompt; each has to be used
 * @returns {Promise<string[]>} the titles of the steps that were seen
 */
export async function answerWizard(page, answers = []) {
  const open = [...answers];
  const seen = [];
  await quickInput.waitOpen(page);
  for (let now = await readStep(page); now; now = await nextStep(page, now)) {
    const text = `${now.title} ${now.placeholder} ${now.message}`;
    seen.push(now.title || now.placeholder);
    assert.ok(seen.length <= 20, `the wizard goes on and on: ${seen.join(', ')}`);
    const at = open.findIndex((answer) => answer.step.test(text));
    const [answer] = at < 0 ? [] : open.splice(at, 1);
    if (answer?.pick) {
      await quickInput.pick(page, answer.pick);
      continue;
    }
    if (answer?.type !== undefined) {
      await quickInput.type(page, answer.type);
      const wrong = await quickInput.validation(page);
      assert.equal(wrong, '', `the wizard refuses ${answer.type}`);
    }
    // A step that is answered twice as fast as it is drawn may be gone by now.
    await quickInput
      .input(page)
      .press('Enter', { timeout: 3000 })
      .catch(() => {});
  }
  assert.deepEqual(
    open.map((answer) => String(answer.step)),
    [],
    'steps that the wizard never asked',
  );
  return seen;
}

/**
 * The step that is shown, once it is drawn whole: its texts change one after the other.
 * @param {Page} page
 * @returns {Promise<WizardStep | undefined>} undefined when no quick input is open
 */
async function readStep(page) {
  let now = await readTexts(page);
  for (let tries = 0; tries < 20; tries++) {
    await page.waitForTimeout(60);
    const before = JSON.stringify(now);
    now = await readTexts(page);
    if (JSON.stringify(now) === before) break;
  }
  return now;
}

/** @param {Page} page @returns {Promise<WizardStep | undefined>} */
async function readTexts(page) {
  const widget = quickInput.widget(page);
  const limit = { timeout: 1000 };
  try {
    if (!(await widget.count())) return undefined;
    return {
      title: (await widget.locator('.quick-input-title').textContent(limit))?.trim() ?? '',
      placeholder: (await quickInput.input(page).getAttribute('placeholder', limit)) ?? '',
      value: await quickInput.input(page).inputValue(limit),
      message: (await widget.locator('.quick-input-message').first().textContent(limit))?.trim() ?? '',
    };
  } catch {
    return undefined; // it closed meanwhile
  }
}

/** @param {Page} page @param {WizardStep} before */
async function nextStep(page, before) {
  /** @type {WizardStep | undefined} */
  let now;
  await until(async () => {
    now = await readStep(page);
    if (!now) {
      // Between two steps the widget may be hidden for a moment.
      await page.waitForTimeout(300);
      now = await readStep(page);
    }
    return !now || now.title !== before.title || now.placeholder !== before.placeholder;
  }, `the step after ${before.title} (${before.message})`);
  return now;
}

/**
 * Explorer → right-click on a model file → Export as Model….
 * @param {Page} page
 * @param {{ workspace: string, file: string, name: string }} what `file` in the workspace's root
 * @returns {Promise<string>} the version's folder, relative
 */
export async function exportModel(page, { workspace, file, name }) {
  await explorer.contextAction(page, file, 'Export as Model');
  await answerWizard(page, [{ step: /name/i, type: name }]);
  const folder = `Models/${name}/1`;
  await until(() => existsSync(join(workspace, folder, file)), `${folder}/${file}`, 30_000);
  return folder;
}

/**
 * Copies a file into a folder with the Explorer's own Copy and Paste.
 * @param {Page} page
 * @param {{ workspace: string, file: string, folder: string }} what
 */
export async function copyInExplorer(page, { workspace, file, folder }) {
  await explorer.expand(page, folder);
  await explorer.contextAction(page, file, /^Copy(?! (Relative )?Path)/);
  await explorer.contextAction(page, named(folder.split('/').at(-1) ?? ''), /^Paste/);
  await until(() => existsSync(join(workspace, folder, file)), `${folder}/${file}`);
}

/**
 * Explorer → right-click on a Predict script → Create Serving from Script…, and Enter through.
 * @param {Page} page
 * @param {{ workspace: string, folder: string, file: string, name: string }} what
 * @returns {Promise<string[]>} the steps that were asked
 */
export async function createServing(page, { workspace, folder, file, name }) {
  await beginServing(page, { folder, file });
  const steps = await answerWizard(page);
  await until(() => existsSync(join(workspace, `servings/${name}.serving.json`)), `servings/${name}.serving.json`);
  return steps;
}

/**
 * The same with Where: Docker, and so many replicas.
 * @param {Page} page
 * @param {{ folder: string, file: string, name: string, replicas: number }} what
 * @returns {Promise<string[]>} the steps that were asked
 */
export async function createServingInDocker(page, { folder, file, name, replicas }) {
  await beginServing(page, { folder, file });
  const summary = /Create, or pick a line/;
  return answerWizard(page, [
    { step: /endpoint's name/, type: name },
    { step: summary, pick: /\bWhere\b/ },
    { step: /Where does it run/, pick: /\bDocker\b/ },
    { step: summary, pick: /\bReplicas\b/ },
    { step: /containers answer/, type: String(replicas) },
    { step: summary, pick: /\bCreate and Start\b/ },
  ]);
}

/**
 * Explorer → right-click on a Predict script → Create Serving from Script…, up to its first question.
 * @param {Page} page
 * @param {{ folder: string, file: string }} what
 */
export async function beginServing(page, { folder, file }) {
  await explorer.expand(page, folder);
  // The script may lie in the root, too: the one in the folder is drawn after the folder's row.
  const row = page
    .getByRole('tree', { name: /Files Explorer/ })
    .locator(`[aria-level="${folder.split('/').length + 1}"]`);
  const script = row.filter({ hasText: file }).first();
  // A script that was just put there is looked at a moment later.
  await until(async () => {
    await script.click({ button: 'right' });
    if ((await menu.items(page)).some((item) => /Create Serving from Script/.test(item))) return true;
    await menu.close(page);
    return false;
  }, `Create Serving from Script… in the menu of ${file}`);
  await menu.pick(page, 'Create Serving from Script');
}

/**
 * The row of a serving in the Servings view.
 * @param {Page} page
 * @param {string} name
 */
const servingRow = async (page, name) => {
  await openContainer(page, container);
  return tree.row(page, servingsView, new RegExp(`^\\s*${name}\\b`));
};

/**
 * Waits until the tree says that a serving is in a state.
 * @param {Page} page
 * @param {string} name
 * @param {RegExp} state such as /running/i
 * @param {number} [timeout] in ms
 * @returns {Promise<string>} what the row says
 */
export async function waitForState(page, name, state, timeout = 120_000) {
  const row = await servingRow(page, name);
  let last = '';
  try {
    return await until(
      async () => {
        last = (await row.getAttribute('aria-label', { timeout: 2000 })) ?? '';
        return state.test(last) && last;
      },
      `${name} ${state}`,
      timeout,
    );
  } catch (error) {
    const said = (await notifications.read(page)).map((one) => one.message).join(' | ');
    throw new Error(`${name} did not become ${state}: the tree says "${last}"; messages: ${said || 'none'}`, {
      cause: error,
    });
  }
}

/**
 * Waits until a serving in Docker is in a state, and says yes when it is asked what a first build may install.
 * @param {Page} page
 * @param {string} name
 * @param {RegExp} state
 * @param {number} timeout in ms
 * @returns {Promise<string>} what the row says
 */
export async function waitForDocker(page, name, state, timeout = 300_000) {
  const asked = dialog.root(page).filter({ hasText: `Build the environment of ${name}?` });
  const answer = async () => {
    if (await asked.count()) await dialog.press(page, 'Build');
  };
  // Before anything else of the page, which the question covers; it does not come where it was answered before.
  await asked.waitFor({ timeout: 10_000 }).catch(() => undefined);
  await answer();
  const row = await servingRow(page, name);
  await until(
    async () => {
      await answer();
      return state.test((await row.getAttribute('aria-label', { timeout: 2000 }).catch(() => '')) ?? '');
    },
    `${name} ${state}`,
    timeout,
  ).catch(() => undefined);
  return waitForState(page, name, state, 1000);
}

/**
 * An inline action of a serving's row: Start, Stop, Logs …
 * @param {Page} page
 * @param {string} name
 * @param {string} action
 */
export async function servingAction(page, name, action) {
  const row = await servingRow(page, name);
  await row.hover();
  await row
    .getByRole('button', { name: new RegExp(action) })
    .first()
    .click();
}

/**
 * What the tree says of a serving's replicas.
 * @param {Page} page
 * @param {string} name
 * @param {number} count so many are waited for
 * @returns {Promise<string[]>}
 */
export async function replicasOf(page, name, count) {
  await servingRow(page, name);
  await tree.expand(page, servingsView, new RegExp(`^\\s*${name}\\b`));
  return until(async () => {
    const labels = (await tree.items(page, servingsView)).map(({ label }) => label);
    const replicas = labels.filter((label) => /^replica \d/.test(label));
    return replicas.length === count && replicas;
  }, `${count} replicas of ${name}`);
}

/**
 * Deletes a serving by its menu.
 * @param {Page} page
 * @param {string} name
 */
export async function deleteServing(page, name) {
  const row = await servingRow(page, name);
  await row.click();
  await tree.contextAction(page, servingsView, new RegExp(`^\\s*${name}\\b`), 'Delete…');
  await dialog.press(page, 'Delete');
  await row.waitFor({ state: 'hidden', timeout: 60_000 });
}

/**
 * Opens the detail panel by a click on the serving.
 * @param {Page} page
 * @param {string} name
 * @returns {Promise<Frame>}
 */
export async function openPanel(page, name) {
  await (await servingRow(page, name)).click();
  await until(async () => (await editorTabs(page)).some((tab) => tab.label.startsWith(name)), `the panel of ${name}`);
  return webviewFrame(page, '[aria-label="Request body, JSON"]');
}

/**
 * Writes a request into the panel and presses Send.
 * @param {Frame} panel
 * @param {unknown} request
 * @returns {Promise<{ status: string, reply: any }>} the status line ("200 OK · 2.1 ms · 24 B") and the reply
 */
export async function sendRequest(panel, request) {
  await panel.getByLabel('Request body, JSON').fill(JSON.stringify(request));
  await panel.getByRole('button', { name: 'Send' }).click();
  const body = panel.getByLabel('Reply body');
  const reply = await until(
    async () => JSON.parse((await body.innerText()).replaceAll('\u00a0', ' ')),
    'a reply in JSON',
  );
  const status = await panel
    .getByRole('status')
    .filter({ hasText: /\b\d{3}\b/ })
    .first()
    .innerText();
  return { status: status.trim(), reply };
}

/**
 * Opens the logs of a serving and waits for a line.
 * @param {Page} page
 * @param {string} name
 * @param {RegExp} line
 * @returns {Promise<string>} that line
 */
export async function findLogLine(page, name, line) {
  await servingAction(page, name, 'Logs');
  const panel = await webviewFrame(page, '[role="treegrid"]');
  const row = panel.getByRole('row').filter({ hasText: line }).last();
  await row.waitFor({ timeout: 15_000 });
  return (await row.innerText()).replaceAll(/\s+/g, ' ').trim();
}
