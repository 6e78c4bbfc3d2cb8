// The registry of a connection in the Models view: signing in, paging, a version's menu, export and download.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe } from 'node:test';
import { menu } from '../host/workbench/menu.mjs';
import { quickInput } from '../host/workbench/quickInput.mjs';
import { tree } from '../host/workbench/tree.mjs';
import { until } from '../host/workbench/until.mjs';
import { startApi } from './api.mjs';
import { makeScene, models, openServings, picturing } from './scene.mjs';

/** @type {import('./scene.mjs').Scene} */
let scene;
/** @type {{ told: any, key: string, end: () => Promise<void> }} */
let api;
const it = picturing(() => scene);
const MANY = 620;

/** A workspace of its own, with many models. */
function startFull() {
  return startApi((write) => {
    const version = (/** @type {string} */ name, /** @type {number} */ number, /** @type {unknown} */ metadata) => {
      write(`Models/${name}/${number}/model.pkl`, `model ${name} ${number}`);
      write(`Models/${name}/${number}/model.json`, JSON.stringify(metadata));
    };
    for (let n = 1; n <= MANY; n++) version(`m${String(n).padStart(4, '0')}`, 1, { framework: 'SKLEARN' });
    const metadata = { framework: 'TORCH', metrics: { f1: 0.9345, loss: 0.1 }, description: 'iris flowers' };
    version('a_flower', 1, metadata);
    version('a_flower', 2, { ...metadata, hopsworks: { framework: 'TORCH', tags: { team: 'blue' } } });
  });
}

const row = (/** @type {string | RegExp} */ label) => tree.row(scene.page, models, label);

describe('the registry of a connection', { timeout: 600_000 }, () => {
  before(async () => {
    api = await startFull();
    const { address, project: name, certificate } = api.told;
    scene = await makeScene('registry', {
      files: (write) => {
        write('Models/iris/1/model.pkl', 'a model');
        write(
          'Models/iris/1/model.json',
          '{"framework": "SKLEARN", "metrics": {"accuracy": 0.97}, "description": "local"}',
        );
      },
      host: {
        machineSettings: {
          'modelServing.hopsworks.connections': { c1: { address, project: name, caFile: certificate } },
        },
      },
    });
    await openServings(scene.page);
  });
  after(async () => {
    await scene?.end();
    await api?.end();
  });

  it('says that nobody is signed in, and a click signs in', async () => {
    const { page } = scene;
    await tree.expand(page, models, /^\s*demo \(127/);
    const problem = row(/^\s*Sign In…/);
    await problem.waitFor();
    await scene.picture('signed-out', { themes: true });
    await problem.click();
    await quickInput.waitOpen(page);
    await quickInput.type(page, api.key);
    await quickInput.accept(page);
    await row(/^\s*a_flower/).waitFor({ timeout: 30_000 });
  });

  it('shows versions with framework and metric, and more models on a click', async () => {
    const { page } = scene;
    await tree.expand(page, models, /^\s*a_flower/);
    await row(/Version 2, PyTorch, f1 0.93[45]/).waitFor();
    await scene.picture('versions', { themes: true });
    await tree.expand(page, models, /^\s*a_flower/, false);
    await row(/^\s*a_flower/).click();
    await page.keyboard.press('End');
    const more = row(/Show 12\d more of 622 versions/);
    await more.waitFor();
    await scene.picture('more');
    await more.click();
    await until(async () => {
      await page.keyboard.press('End');
      return row(/^\s*m0620/).isVisible();
    }, 'the last model');
    await page.keyboard.press('Home');
  });

  it('downloads a version, which then stands among the local models', async () => {
    const { page } = scene;
    await tree.expand(page, models, /^\s*a_flower/);
    const items = await tree.contextMenu(page, models, /Version 2, PyTorch/);
    await scene.picture('menu');
    for (const each of ['Open in Hopsworks', 'Download Model Version…', 'Copy Path in Hopsworks']) {
      assert.ok(items.includes(each), `${each} in ${items.join(', ')}`);
    }
    await menu.pick(page, 'Download Model Version…');
    const folder = join(scene.workspace, 'Models/a_flower/2');
    await until(() => existsSync(join(folder, 'model.pkl')), 'the download');
    assert.equal(readFileSync(join(folder, 'model.pkl'), 'utf8'), 'model a_flower 2');
    assert.deepEqual(JSON.parse(readFileSync(join(folder, 'model.json'), 'utf8')).metrics, { f1: 0.9345, loss: 0.1 });
    await scene.picture('downloaded');
  });

  it('exports a local version, which then stands in the registry', async () => {
    const { page } = scene;
    await tree.expand(page, models, /^\s*iris/);
    await tree.contextAction(page, models, /Version 1, scikit-learn/, 'Export to Hopsworks…');
    await quickInput.waitOpen(page);
    await quickInput.type(page, 'a_rose');
    await quickInput.accept(page);
    await quickInput.waitOpen(page, { placeholder: /Export, or pick/ });
    await scene.picture('export');
    await quickInput.accept(page);
    await row(/^\s*a_rose/).waitFor({ timeout: 30_000 });
    await scene.picture('exported', { themes: true });
  });
});
