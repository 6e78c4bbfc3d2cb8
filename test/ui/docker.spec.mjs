// A serving in Docker, as a person makes, uses, stops and deletes it; and an engine that stops answering.
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe } from 'node:test';
import {
  answerWizard,
  beginServing,
  deleteServing,
  replicasOf,
  servingAction,
  waitForDocker,
  waitForState,
} from '../demo/steps.mjs';
import { keys } from '../host/workbench/keys.mjs';
import { menu } from '../host/workbench/menu.mjs';
import { dialog } from '../host/workbench/messages.mjs';
import { quickInput } from '../host/workbench/quickInput.mjs';
import { tree } from '../host/workbench/tree.mjs';
import { until } from '../host/workbench/until.mjs';
import { engineApi } from '../setup/docker/api.mjs';
import {
  answers,
  answersInPanel,
  closeAll,
  makeScene,
  openServings,
  picturing,
  portOf,
  predict,
  row,
  servings,
  writeServing,
} from './scene.mjs';

const {
  MODEL_SERVING_DOCKER_HOST: engineHost = '',
  MODEL_SERVING_NO_DOCKER: noDocker,
  MODEL_SERVING_PYTHON_IMAGE: baseImage = '',
  MODEL_SERVING_HAPROXY_IMAGE: gatewayImage = '',
} = process.env;
const skip = !engineHost.startsWith('unix://') && (noDocker ?? 'MODEL_SERVING_DOCKER_HOST is no unix:// socket');

/** @type {import('./scene.mjs').Scene} */
let scene;
/** @type {Awaited<ReturnType<typeof makeRelay>>} */
let relay;
const it = picturing(() => scene);
const summary = { placeholder: 'Create, or pick a line to change' };

describe('a serving in Docker', { timeout: 900_000, skip }, () => {
  before(async () => {
    relay = await makeRelay(engineHost);
    scene = await makeScene('docker', {
      files: (write) => {
        writeServing(write, 'iris', { defined: false });
        writeServing(write, 'local');
      },
      host: {
        machineSettings: {
          'modelServing.docker.host': relay.address,
          'modelServing.docker.baseImage': baseImage,
          'modelServing.docker.gatewayImage': gatewayImage,
        },
      },
    });
    await openServings(scene.page);
    await row(scene.page, 'local').waitFor();
  });
  after(async () => {
    await scene?.end();
    if (scene) await removeAll(scene.workspace);
    await relay?.end();
  });
  afterEach(() => closeAll(scene.page));

  it('is created by the wizard, which asks where, and with what resources', async () => {
    const { page } = scene;
    await beginServing(page, { folder: 'Models/iris/1', file: 'iris.py' });
    await quickInput.waitOpen(page, { title: 'Create Serving' });
    await quickInput.accept(page);
    await quickInput.waitOpen(page, summary);
    assert.ok(!(await lines(page)).some((line) => /\bResources\b/.test(line)), 'a process has no resources');
    await quickInput.pick(page, /\bWhere\b/);
    await quickInput.waitOpen(page, { title: 'Where' });
    const [first = '', second = '', ...more] = await lines(page);
    assert.ok(/This computer/.test(first) && /Docker/.test(second) && more.length === 0, `${first} | ${second}`);
    await scene.picture('where', { themes: false });
    await quickInput.pick(page, /\bDocker\b/);
    await quickInput.waitOpen(page, summary);
    await quickInput.pick(page, /\bResources\b/);
    await quickInput.waitOpen(page, { title: 'Resources' });
    await quickInput.type(page, 'much');
    await until(async () => /Enter cores and MB/.test(await quickInput.validation(page)), 'a refusal');
    await quickInput.type(page, '0.5, 256');
    await quickInput.accept(page);
    await quickInput.waitOpen(page, summary);
    assert.ok((await lines(page)).some((line) => /\bResources\b.*0\.5 cores, 256 MB/.test(line)));
    await scene.picture('summary', { themes: false });
    await answerWizard(page, [
      { step: /Create, or pick/, pick: /\bReplicas\b/ },
      { step: /containers answer/, type: '2' },
      { step: /Create, or pick/, pick: /\bCreate and Start\b/ },
    ]);
    const seen = await progressUntil(/Running.*\b2\/2/);
    assert.ok(
      seen.some((label) => /Creating|Starting/.test(label)),
      `its progress: ${seen.join(' | ')}`,
    );
    const definition = JSON.parse(readFileSync(join(scene.workspace, 'servings/iris.serving.json'), 'utf8'));
    assert.equal(definition.backend, 'docker');
    assert.deepEqual([definition.resources.cores, definition.resources.memoryMb], [0.5, 256]);
    assert.deepEqual((await containers(scene.workspace)).map(({ role }) => role).sort(), [
      'gateway',
      'replica',
      'replica',
    ]);
    await scene.picture('running', { themes: true });
  });

  it('answers by its replicas', async () => {
    const port = portOf(await waitForState(scene.page, 'iris', /Running/));
    assert.deepEqual((await predict(port, 'iris', [1])).inputs, [1]);
    const rows = await replicasOf(scene.page, 'iris', 2);
    assert.ok(
      rows.every((each) => /Ready/.test(each)),
      rows.join(),
    );
  });

  it('answers in the panel, with the request in the logs', async () => {
    await answersInPanel(scene);
  });

  it('is shown beside those of this computer, which have a group of their own', async () => {
    const { page } = scene;
    await openServings(page);
    await servingAction(page, 'local', 'Start');
    await waitForState(page, 'local', /Running/);
    const groups = (await tree.items(page, servings)).filter(({ level }) => level === 1).map(({ label }) => label);
    assert.ok(
      groups.length === 2 && groups.some((label) => /^Docker, .*\bengine \d+\./.test(label)),
      groups.join(' | '),
    );
    await scene.picture('groups', { themes: true });
  });

  it('is what one of this computer becomes by the keyboard alone, with three replicas, and back again', async () => {
    const { page } = scene;
    const answer = async () =>
      (await predict(portOf(await waitForState(page, 'local', /Running/)), 'local', [3])).inputs;
    const before = await answer();
    const hasContainers = (/** @type {string} */ roles) =>
      until(
        async () => String((await containers(scene.workspace, 'local')).map(({ role }) => role).sort()) === roles,
        `the containers ${roles}`,
        120_000,
      );
    await moveByKeys('local', 'Docker');
    await waitForDocker(page, 'local', /Running/);
    await hasContainers('gateway,replica');
    assert.deepEqual(await answer(), before);
    await keys.command(page, 'Model Serving: Edit…');
    await keys.choose(page, /Which serving/, 'local');
    await keys.choose(page, /Save, or pick a line/, 'Replicas');
    await quickInput.waitOpen(page, { prompt: /containers answer/ });
    await page.keyboard.press('Control+A');
    await page.keyboard.type('3');
    await page.keyboard.press('Enter');
    await keys.choose(page, /Save, or pick a line/, 'Save');
    await waitForState(page, 'local', /Running.*\b3\/3/, 300_000);
    assert.deepEqual(await answer(), before);
    await scene.picture('three-replicas');
    await moveByKeys('local', 'This computer');
    await hasContainers('');
    assert.deepEqual(await answer(), before);
  });

  it('goes on while the engine does not answer, which the tree says until it answers again', async () => {
    const { page } = scene;
    const port = portOf(await waitForState(page, 'iris', /Running/));
    await relay.close();
    await waitForState(page, 'iris', /Unknown/, 60_000);
    const said = await until(
      async () => (await tree.items(page, servings)).find(({ label }) => /engine/i.test(label))?.label,
      'a row that says that the engine does not answer',
    );
    assert.match(said, /^No engine answers at/);
    await scene.picture('engine-away', { themes: true });
    assert.deepEqual((await predict(port, 'iris', [2])).inputs, [2]);
    assert.match(await waitForState(page, 'local', /Running/), /Running/);
    await relay.open();
    assert.equal(portOf(await waitForState(page, 'iris', /Running.*2\/2/, 60_000)), port);
    await until(
      async () => !(await tree.items(page, servings)).some(({ label }) => label === said),
      'the end of the warning',
    );
  });

  it('is stopped and deleted, and the engine has nothing of it any more', async () => {
    const { page } = scene;
    const port = portOf(await waitForState(page, 'iris', /Running/));
    await servingAction(page, 'iris', 'Stop');
    await waitForState(page, 'iris', /Stopped/, 60_000);
    assert.equal(await answers(port), false);
    assert.deepEqual(await containers(scene.workspace), []);
    const stopped = await tree.contextMenu(page, servings, /^\s*iris\b/);
    assert.ok(stopped.includes('Start') && !stopped.includes('Stop'), stopped.join());
    await menu.close(page);
    await deleteServing(page, 'iris');
    assert.ok(!existsSync(join(scene.workspace, 'servings/iris.serving.json')));
    assert.ok(existsSync(join(scene.workspace, 'Models/iris/1/iris.py')));
    assert.deepEqual(await objects(scene.workspace), []);
  });
});

/** The lines of the list that is open. @param {import('playwright-core').Page} page */
const lines = (page) => quickInput.items(page);

/** @param {string} name @param {string} place */
async function moveByKeys(name, place) {
  await keys.command(scene.page, 'Model Serving: Move To…');
  await keys.choose(scene.page, /Which serving/, name);
  await keys.choose(scene.page, /Where is it to run/, place);
}

/** What the row of the serving said on its way to a state. @param {RegExp} state */
async function progressUntil(state) {
  /** @type {string[]} */
  const seen = [];
  await openServings(scene.page);
  await row(scene.page, 'iris').waitFor();
  await until(
    async () => {
      const asked = dialog.root(scene.page).filter({ hasText: 'Build the environment of iris?' });
      if (await asked.count()) await dialog.press(scene.page, 'Build');
      const label = (await row(scene.page, 'iris').getAttribute('aria-label', { timeout: 2000 })) ?? '';
      if (seen.at(-1) !== label) seen.push(label);
      return state.test(label);
    },
    `iris ${state}`,
    300_000,
  ).catch((error) => assert.fail(`${error.message}: ${seen.join(' | ')}`));
  return seen;
}

/** @param {string} workspace @param {string} [serving] */
function filtersOf(workspace, serving) {
  const label = ['model-serving=1', `model-serving.folder-path=${workspace}`];
  if (serving !== undefined) label.push(`model-serving.serving=${serving}`);
  return encodeURIComponent(JSON.stringify({ label }));
}

/** @param {string} workspace @param {string} [serving] @returns {Promise<{ id: string, role: string }[]>} */
async function containers(workspace, serving) {
  const found = await engineApi(engineHost).get(`/containers/json?all=1&filters=${filtersOf(workspace, serving)}`);
  return found.map((/** @type {any} */ { Id, Labels }) => ({ id: Id, role: Labels['model-serving.role'] }));
}

/** Paths of all that a folder has on the engine but images. @param {string} workspace @returns {Promise<string[]>} */
async function objects(workspace) {
  const api = engineApi(engineHost);
  const networks = await api.get(`/networks?filters=${filtersOf(workspace)}`);
  const volumes = await api.get(`/volumes?filters=${filtersOf(workspace)}`);
  return [
    ...(await containers(workspace)).map(({ id }) => `/containers/${id}?force=1&v=1`),
    ...networks.map((/** @type {any} */ { Id }) => `/networks/${Id}`),
    ...(volumes.Volumes ?? []).map((/** @type {any} */ { Name }) => `/volumes/${Name}`),
  ];
}

/** What a test that failed has left, and the images. @param {string} workspace */
async function removeAll(workspace) {
  const api = engineApi(engineHost);
  for (const path of await objects(workspace)) await api.remove(path);
  for (const { Id } of await api.get(`/images/json?filters=${filtersOf(workspace)}`)) {
    await api.remove(`/images/${Id}`).catch(() => undefined);
  }
}

/** Stands between the editor and the engine, so that the engine can be away for this test alone. @param {string} engine */
async function makeRelay(engine) {
  const folder = mkdtempSync(join(tmpdir(), 'relay-'));
  const path = join(folder, 'docker.sock');
  /** @type {Set<import('node:net').Socket>} */
  const sockets = new Set();
  const make = () =>
    createServer({ allowHalfOpen: true }, (client) => {
      const other = connect({ path: engine.slice('unix://'.length), allowHalfOpen: true });
      for (const [from, to] of [
        [client, other],
        [other, client],
      ]) {
        if (!from || !to) continue;
        sockets.add(from);
        from.pipe(to);
        from.on('error', () => to.destroy());
        from.on('close', () => {
          sockets.delete(from);
          to.destroy();
        });
      }
    });
  let server = make();
  /** @returns {Promise<void>} */
  const open = () => new Promise((done) => void (server = make()).listen(path, () => done()));
  /** @returns {Promise<void>} */
  const close = () =>
    new Promise((done) => {
      server.close(() => done());
      for (const socket of sockets) socket.destroy();
    });
  await open();
  return {
    address: `unix://${path}`,
    open,
    close,
    end: async () => {
      await close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
