// 10,000 models and 1,000 servings, and 5,000 in groups: from the disk to the first rows, in plain Node and in the real editor.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { launchBrowser, openWorkbench } from '../host/browser.mjs';
import { startHost } from '../host/host.mjs';
import { explorer, openContainer, tree } from '../host/workbench/tree.mjs';
import { until } from '../host/workbench/until.mjs';
import { ensureChromium } from '../setup/chromium.mjs';
import { ensureHost } from '../setup/hosts.mjs';
import { cache, project } from '../setup/paths.mjs';
import { ensureVsix } from '../setup/vsix.mjs';
import { figureBelow, median, timed } from './figures.mjs';

const MODELS = 10_000;
const SERVINGS = 1000;
const GROUPED = 5000;
const ROUNDS = 7;
/** A draw that a person does not notice; each change of a serving costs one. */
const DRAW_MS = 100;
const GOAL_MS = 300;

/** @param {(figure: import('./figures.mjs').Figure) => void} add */
export async function benchTree(add) {
  const work = mkdtempSync(join(tmpdir(), 'bench-tree-'));
  try {
    const folder = join(work, 'workspace');
    fill(folder);
    (await measureReading(folder, join(work, 'storage'))).forEach(add);
    (await measureGroups()).forEach(add);
    (await measureEditor(folder)).forEach(add);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** @param {string} folder */
function fill(folder) {
  mkdirSync(join(folder, 'servings'), { recursive: true });
  for (let n = 0; n < MODELS; n++) {
    const version = join(folder, 'Models', `model_${n}`, '1');
    mkdirSync(version, { recursive: true });
    writeFileSync(join(version, 'model.json'), '{"framework": "SKLEARN", "metrics": {"accuracy": 0.97}}\n');
    writeFileSync(join(version, 'model.pkl'), 'x');
  }
  for (let n = 0; n < SERVINGS; n++) {
    const definition = {
      name: `serving${n}`,
      model: { name: `model_${n}`, version: 1 },
      script: `Models/model_${n}/1/a.py`,
    };
    writeFileSync(join(folder, 'servings', `serving${n}.serving.json`), `${JSON.stringify(definition, null, 2)}\n`);
  }
}

/**
 * Reading, and answering what VS Code asks first: the roots and their items.
 * @param {string} folder
 * @param {string} storage
 */
async function measureReading(folder, storage) {
  const { readModelRows, readRest, readServingRows } = await bundle();
  /** @type {Record<string, number[]>} */
  const times = { models: [], all: [], modelsPlain: [], servings: [], servingsPlain: [] };
  for (let round = 0; round < ROUNDS; round++) {
    times.modelsPlain?.push(await timed(() => readdir(join(folder, 'Models'), { recursive: true })));
    const first = await timed(async () => expectRows(await readModelRows(folder), 1000));
    times.models?.push(first);
    times.all?.push(first + (await timed(async () => expectRows(await readRest(), MODELS))));
    times.servingsPlain?.push(await timed(() => readdir(join(folder, 'servings'), { recursive: true })));
    times.servings?.push(await timed(async () => expectRows(await readServingRows(folder, storage), 500)));
  }
  const { models = [], all = [], modelsPlain = [], servings = [], servingsPlain = [] } = times;
  return [
    figureBelow({
      name: `first rows of ${MODELS} models read and answered`,
      unit: 'ms',
      values: models,
      baseline: modelsPlain,
      below: GOAL_MS,
    }),
    figureBelow({
      name: `all of ${MODELS} models read`,
      unit: 'ms',
      values: all,
      baseline: modelsPlain,
      below: Math.round(median(modelsPlain)),
    }),
    figureBelow({
      name: `read and answer ${SERVINGS} servings`,
      unit: 'ms',
      values: servings,
      baseline: servingsPlain,
      below: GOAL_MS,
    }),
  ];
}

/** The first rows of 5,000 servings in each kind of group, filtered and sorted, from what is known already. */
async function measureGroups() {
  const { arrangeRows, makeServings } = await bundle();
  const servings = makeServings(GROUPED);
  const plain = { grouping: 'backend', order: 'name', shown: 'all', text: '' };
  const figures = [];
  for (const [name, change, least] of /** @type {const} */ ([
    ['by backend', {}, 500],
    ['by model', { grouping: 'model' }, 1000],
    ['by state', { grouping: 'state', order: 'change' }, 2500],
    ['by model, filtered', { grouping: 'model', shown: 'failed', text: 'serving1' }, 100],
  ])) {
    /** @type {number[]} */
    const values = [];
    for (let round = 0; round < ROUNDS; round++) {
      values.push(await timed(() => expectRows(arrangeRows(servings, { ...plain, ...change }), least)));
    }
    figures.push(
      figureBelow({ name: `first rows of ${GROUPED} servings ${name}`, unit: 'ms', values, below: DRAW_MS }),
    );
  }
  return figures;
}

/** @param {number} rows @param {number} least */
function expectRows(rows, least) {
  if (rows < least) throw new Error(`only ${rows} rows`);
}

/**
 * From the click on the view's icon to rows of both views, in the real editor; beside it the Explorer's own rows.
 * @param {string} folder
 */
async function measureEditor(folder) {
  const log = () => {};
  process.env.CHROMIUM ??= (await ensureChromium({ log })).path;
  const { path: dir } = await ensureHost('newest', { log });
  const { path: vsix } = await ensureVsix({ log });
  const host = await startHost({ dir, workspace: folder, extensions: [vsix] });
  const browser = await launchBrowser();
  try {
    const page = await openWorkbench(browser, host.url);
    await openContainer(page, 'Model Serving');
    await tree.row(page, /Models/, /^\s*model_0\b/).waitFor({ timeout: 120_000 });
    await tree.row(page, /Servings/, /^\s*serving0\b/).waitFor({ timeout: 120_000 });
    page.setDefaultTimeout(60_000);
    /** @type {number[]} */
    const own = [];
    /** @type {number[]} */
    const explorers = [];
    for (let round = 0; round < ROUNDS; round++) {
      explorers.push(await timeToRows(page, 'Explorer', ['Files Explorer']));
      own.push(await timeToRows(page, 'Model Serving', ['Servings', 'Models']));
    }
    return [
      figureBelow({
        name: 'rows of both views drawn after the click',
        unit: 'ms',
        values: own,
        baseline: explorers,
        below: GOAL_MS,
      }),
    ];
  } finally {
    await browser.close();
    await host.stop();
  }
}

/**
 * Measured in the page: from the mouse on the icon to rows in each of the trees.
 * @param {import('playwright-core').Page} page
 * @param {string} container
 * @param {readonly string[]} trees
 * @returns {Promise<number>} in ms
 */
async function timeToRows(page, container, trees) {
  // The activity bar passes over a click that comes right after another one was carried out.
  await page.waitForTimeout(500);
  await page.evaluate((names) => {
    const state = { start: 0, end: 0 };
    Object.assign(window, { benchState: state });
    const look = () => {
      const drawn = names.every((name) =>
        [...document.querySelectorAll('[role="tree"]')].some(
          (each) =>
            each.getAttribute('aria-label')?.includes(name) && each.querySelectorAll('[role="treeitem"]').length > 0,
        ),
      );
      if (drawn) state.end = performance.now();
      else requestAnimationFrame(look);
    };
    document.addEventListener(
      'mousedown',
      () => {
        state.start = performance.now();
        requestAnimationFrame(look);
      },
      { once: true, capture: true },
    );
  }, trees);
  await page
    .locator('.part.activitybar')
    .getByRole('tab', { name: new RegExp(container) })
    .click();
  const state = await until(
    () =>
      page.evaluate(() => {
        const { benchState } = /** @type {any} */ (window);
        return benchState.end > 0 && benchState;
      }),
    `rows of ${container}`,
    60_000,
  );
  return state.end - state.start;
}

/** The stores' reading and the real node classes, as one module that plain Node loads. */
async function bundle() {
  const { build } = await import('esbuild');
  const outfile = join(cache, 'bench/treeRows.cjs');
  await build({
    entryPoints: [join(project, 'test/bench/treeRows.ts')],
    ...{ outfile, bundle: true, platform: 'node', format: 'cjs', target: 'node20', mainFields: ['module', 'main'] },
    alias: { vscode: join(project, 'test/manifest/vscodeFake.ts') },
    logLevel: 'warning',
  });
  const { default: rows } = await import(pathToFileURL(outfile).href);
  return rows;
}
