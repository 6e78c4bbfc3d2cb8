// A window with the packed extension, for one test file: made by the parts that the runner hands over, or by itself.
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { findLogLine, openPanel, sendRequest } from '../demo/steps.mjs';
import { launchBrowser, openWorkbench } from '../host/browser.mjs';
import { startHost } from '../host/host.mjs';
import { menu } from '../host/workbench/menu.mjs';
import { quickInput } from '../host/workbench/quickInput.mjs';
import { openContainer, tree } from '../host/workbench/tree.mjs';
import { until } from '../host/workbench/until.mjs';
import { screenshot, setTheme } from '../host/workbench/window.mjs';
import { ensureChromium } from '../setup/chromium.mjs';
import { ensureHost } from '../setup/hosts.mjs';
import { cache, project } from '../setup/paths.mjs';
import { ensureTestPython } from '../setup/python-env.mjs';
import { ensureVsix, packVsix } from '../setup/vsix.mjs';

/** @import { Browser, Page } from 'playwright-core' */
/** @import { Host, HostOptions } from '../host/host.mjs' */

/**
 * @typedef {object} Scene
 * @property {Host} host
 * @property {Browser} browser
 * @property {Page} page
 * @property {string} workspace
 * @property {string} python the interpreter that the Python extension has chosen
 * @property {(name: string, text: string) => void} write a file of the workspace
 * @property {(name: string, options?: { page?: Page, themes?: boolean }) => Promise<void>} picture
 * @property {() => Promise<void>} end
 */

export const servings = /Servings/;
export const models = /Models/;

/** What the runner handed over, or made now. */
async function parts() {
  const log = () => {};
  const { env } = process;
  env.CHROMIUM ??= (await ensureChromium({ log })).path;
  return {
    dir: env.MODEL_SERVING_HOST ?? (await ensureHost('newest', { log })).path,
    vsix: env.MODEL_SERVING_VSIX ?? (await ensureVsix({ log })).path,
    python: env.MODEL_SERVING_TEST_PYTHON ?? (await ensureTestPython({ log })).path,
  };
}

/**
 * @param {string} name of the pictures' folder
 * @param {object} [options]
 * @param {(write: Scene['write'], python: string) => void} [options.files] what lies in the workspace before it is opened
 * @param {boolean} [options.chosen] whether the Python extension is there and has chosen an interpreter
 * @param {Partial<HostOptions>} [options.host]
 * @param {string} [options.language] of the editor; its own texts stay English without a language pack
 * @returns {Promise<Scene>}
 */
export async function makeScene(name, { files, chosen = true, host: more = {}, language } = {}) {
  const { dir, vsix, python } = await parts();
  const work = realpathSync(mkdtempSync(join(tmpdir(), 'ui-')));
  const workspace = join(work, 'Modèle #1');
  const pictures = join(cache, 'ui-shots', JSON.stringify(dir.split(/[/\\]/).at(-1)).replaceAll('"', ''), name);
  mkdirSync(workspace);
  rmSync(pictures, { recursive: true, force: true });
  mkdirSync(pictures, { recursive: true });
  /** @type {Scene['write']} */
  const write = (file, text) => {
    mkdirSync(dirname(join(workspace, file)), { recursive: true });
    writeFileSync(join(workspace, file), text);
  };
  files?.(write, python);
  const stub = await packVsix(join(project, 'test/host/python-stub'), join(work, 'python.vsix'));
  const host = await startHost({
    ...{ dir, workspace, extensions: [vsix, ...(chosen ? [stub.path] : [])], ...more },
    settings: {
      'pythonStub.environments': [{ path: python, version: '3.11.2', env: 'test' }],
      // A theme that is set later closes what is being asked: for pictures of that, it is there from the start.
      'workbench.colorTheme': process.env.MODEL_SERVING_UI_THEME ?? 'Default Dark Modern',
      ...more.settings,
    },
  });
  const browser = await launchBrowser();
  let number = 0;
  const before = async (/** @type {Page} */ opened) => {
    // As a language pack has it: the editor and its extension host take what is here for the language.
    if (language) await opened.addInitScript(`globalThis._VSCODE_NLS_LANGUAGE = ${JSON.stringify(language)};`);
  };
  const page = await openWorkbench(browser, host.url, { before });
  page.setDefaultTimeout(15_000);
  return {
    ...{ host, browser, page, workspace, python, write },
    picture: async (what, { page: of = page, themes = false } = {}) => {
      const file = `${++number}-${what}`;
      await screenshot(of, join(pictures, `${file}.png`));
      const others = themes && process.env.MODEL_SERVING_UI_THEME === undefined;
      for (const theme of others ? /** @type {const} */ (['light', 'hc-dark', 'dark']) : []) {
        await setTheme(of, theme);
        if (theme !== 'dark') await screenshot(of, join(pictures, `${file}-${theme}.png`));
      }
    },
    end: async () => {
      await browser.close();
      await host.stop();
      rmSync(work, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

const echo = `import os


class Predict:
    def predict(self, inputs):
        return {"inputs": inputs, "pid": os.getpid(), "secret": os.environ.get("API_KEY", "")}
`;

/**
 * A model version with a script, and a definition of a serving of it.
 * @param {Scene['write']} write
 * @param {string} name
 * @param {{ script?: string, defined?: boolean, more?: Record<string, unknown> }} [options]
 */
export function writeServing(write, name, { script = echo, defined = true, more = {} } = {}) {
  write(`Models/${name}/1/model.txt`, 'nothing but a text\n');
  write(`Models/${name}/1/${name}.py`, script);
  const definition = { name, model: { name, version: 1 }, script: `Models/${name}/1/${name}.py`, ...more };
  if (defined) write(`servings/${name}.serving.json`, `${JSON.stringify(definition, null, 2)}\n`);
}

/** @param {Page} page */
export const openServings = (page) => openContainer(page, 'Model Serving');

/**
 * The port in what the row of a running serving says.
 * @param {string} row
 */
export function portOf(row) {
  const port = /:(\d+)/.exec(row)?.[1];
  if (!port) throw new Error(`there is no port in "${row}"`);
  return Number(port);
}

/**
 * @param {number} port
 * @param {string} name
 * @param {unknown} inputs
 * @returns {Promise<{ inputs: unknown, pid: number, secret: string }>}
 */
export async function predict(port, name, inputs) {
  const url = `http://127.0.0.1:${port}/v1/models/${name}:predict`;
  const reply = await fetch(url, {
    method: 'POST',
    body: JSON.stringify({ inputs }),
    signal: AbortSignal.timeout(10_000),
  });
  const body = await reply.json();
  if (reply.status !== 200) throw new Error(`${reply.status} ${JSON.stringify(body)}`);
  return body.predictions;
}

/** @param {number} port */
export async function answers(port) {
  try {
    await fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(3000) });
    return true;
  } catch {
    return false;
  }
}

/**
 * What the Servings view says where it has no rows.
 * @param {Page} page
 * @param {RegExp} text
 */
export async function welcome(page, text) {
  await openServings(page);
  const view = page.locator('.part.sidebar .pane').filter({ hasText: 'Servings' }).locator('.welcome-view-content');
  let said = '';
  try {
    await until(async () => text.test((said = await view.first().innerText())), `a welcome that says ${text}`, 30_000);
  } catch (cause) {
    const rows = (await tree.items(page, servings).catch(() => [])).map(({ label }) => label).join(' | ');
    throw new Error(`the Servings view says "${said}" and has the rows "${rows}", not ${text}`, { cause });
  }
  return (await view.first().innerText()).trim();
}

/**
 * `it` of node:test that leaves a picture of what was there when it failed.
 * @param {() => Scene} scene
 */
export const picturing =
  (scene) =>
  /** @param {string} name @param {() => Promise<void>} work */
  (name, work) =>
    it(name, async () => {
      try {
        await work();
      } catch (error) {
        await scene()
          .picture(`failed-${name.slice(0, 40)}`)
          .catch(() => {});
        throw error;
      }
    });

/**
 * Closes what a test that failed may have left open, so that the next one fails for its own reasons only.
 * @param {Page} page
 */
export async function closeAll(page) {
  await menu.close(page);
  if (await quickInput.input(page).count()) await quickInput.cancel(page);
}

/** @param {Page} page @param {import('../host/workbench/until.mjs').Label} name */
export const row = (page, name) => tree.row(page, servings, new RegExp(`^\\s*${name}\\b`));

/**
 * The serving `iris`, whose script gives its inputs back, answers in its panel, and the request is in its logs.
 * @param {Scene} scene
 */
export async function answersInPanel(scene) {
  const { page } = scene;
  const panel = await openPanel(page, 'iris');
  const { status, reply } = await sendRequest(panel, { inputs: ['x'] });
  assert.match(status, /200/);
  assert.deepEqual(reply.predictions.inputs, ['x']);
  await scene.picture('panel', { themes: true });
  assert.match(await findLogLine(page, 'iris', /predict.*\b200\b/), /INFO/);
  await scene.picture('logs', { themes: true });
}
