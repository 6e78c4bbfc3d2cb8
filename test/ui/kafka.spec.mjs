// A real Kafka: set up with a login, used by a serving, read again; and the one in Docker for those who have none.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, describe } from 'node:test';
import { servingAction, waitForState } from '../demo/steps.mjs';
import { webviewFrame } from '../host/workbench/editors.mjs';
import { dialog, notifications } from '../host/workbench/messages.mjs';
import { fileDialog, openCommand, quickInput } from '../host/workbench/quickInput.mjs';
import { tree } from '../host/workbench/tree.mjs';
import { until } from '../host/workbench/until.mjs';
import { engineApi } from '../setup/docker/api.mjs';
import { ensureKafkaImage } from '../setup/docker/kafka-image.mjs';
import { ensureKafka, startKafka } from '../setup/kafka.mjs';
import {
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
  MODEL_SERVING_PYTHON_IMAGE: base = '',
} = process.env;
const SETUP = 'Set Up Kafka Broker';
/** Python may have to find the broker first. */
const ASKED_MS = 60_000;

/** @type {import('./scene.mjs').Scene} */
let scene;
/** @type {Awaited<ReturnType<typeof startKafka>>} */
let kafka;
const it = picturing(() => scene);
const settings = () => readFileSync(join(scene.workspace, '.vscode/settings.json'), 'utf8');

describe('Kafka', { timeout: 600_000 }, () => {
  before(async () => {
    const jars = await ensureKafka({ log: () => {} });
    const image = engineHost === '' ? '' : await ensureKafkaImage(engineHost, { jars, base });
    scene = await makeScene('kafka', {
      files: (write) => writeServing(write, 'iris'),
      host: { machineSettings: { 'modelServing.docker.host': engineHost, 'modelServing.kafka.image': image } },
    });
    kafka = await startKafka({ python: scene.python, jars, topic: 'known' });
    await openServings(scene.page);
    await row(scene.page, 'iris').waitFor();
  });
  after(async () => {
    await scene?.end();
    await kafka?.stop();
    if (engineHost !== '' && scene) await removeContainers();
  });
  afterEach(() => closeAll(scene.page));

  it('has to be set up before a topic can be opened, and the message leads there', async () => {
    const { page } = scene;
    await openCommand(page, 'Model Serving: Open Kafka Topic…');
    await notifications.wait(page, /no Kafka broker is set up/);
    await scene.picture('none', { themes: true });
    await notifications.press(page, 'no Kafka broker is set up', 'Set Up Kafka Broker…');
    await quickInput.waitOpen(page, { title: SETUP, prompt: /Address of the broker/ });
  });

  it('is asked for and tried out: what does not work can be changed', async () => {
    const { page } = scene;
    await openCommand(page, `Model Serving: ${SETUP}…`);
    await quickInput.waitOpen(page, { title: SETUP, prompt: /Address of the broker/ });
    await quickInput.type(page, 'http://somewhere');
    await until(async () => (await quickInput.validation(page)) !== '', 'a refusal');
    await scene.picture('address');
    await quickInput.type(page, kafka.login);
    await quickInput.accept(page);
    await quickInput.waitOpen(page, { placeholder: /encrypted/ });
    await scene.picture('encryption');
    await quickInput.pick(page, /TLS with a CA file…/);
    await fileDialog.waitOpen(page, 'CA File');
    await fileDialog.choose(page, kafka.authority);
    await logIn('a wrong one');
    await dialog.root(page).filter({ hasText: 'Kafka could not be tested' }).waitFor({ timeout: ASKED_MS });
    assert.match(await dialog.text(page), /log ?in|password|authenti/i);
    await scene.picture('refused');
    assert.deepEqual((await dialog.buttons(page)).sort(), ['Cancel', 'Change…', 'Keep It Anyway']);
    await dialog.press(page, 'Change…');
    await quickInput.waitOpen(page, { prompt: /Address of the broker/ });
    assert.equal(await quickInput.value(page), kafka.login);
    await quickInput.accept(page);
    await quickInput.waitOpen(page, { placeholder: /encrypted/ });
    await scene.picture('encryption-kept');
    await quickInput.accept(page);
    await logIn(kafka.password);
    await notifications.wait(page, `Kafka answers at ${kafka.login}. Brokers: 1`, ASKED_MS);
    await scene.picture('answers', { themes: true });
    assert.ok(settings().includes(kafka.authority) && settings().includes('"ada"'), settings());
    assert.ok(!settings().includes(kafka.password), 'the password is in no setting');
  });

  it('gets what a serving answers, in a topic that is chosen in the wizard', async () => {
    const { page } = scene;
    await openServings(page);
    await tree.contextAction(page, servings, /^\s*iris\b/, 'Edit…');
    await quickInput.waitOpen(page, { placeholder: /Save, or pick/ });
    await quickInput.pick(page, /\bKafka topic\b/);
    await quickInput.waitOpen(page, { placeholder: /Where are requests and replies/ }, ASKED_MS);
    await until(
      async () => (await quickInput.items(page)).some((line) => /\bknown\b/.test(line)),
      'topics of the broker',
    );
    await scene.picture('topic');
    await quickInput.pick(page, /\bCREATE\b/);
    await quickInput.waitOpen(page, { prompt: /Partitions and copies/ });
    await quickInput.accept(page);
    await quickInput.waitOpen(page, { placeholder: /Save, or pick/ });
    await scene.picture('summary');
    await quickInput.pick(page, /Save and Start/);
    const port = portOf(await waitForState(page, 'iris', /Running/, ASKED_MS));
    for (const input of [1, 2, 3]) await predict(port, 'iris', [input, 'x']);
  });

  it('is read again in the table of inference logs', async () => {
    const { page } = scene;
    await openCommand(page, 'Model Serving: Open Kafka Topic…');
    await quickInput.waitOpen(page, { placeholder: /Which topic/ }, ASKED_MS);
    await scene.picture('topics');
    await quickInput.pick(page, /\biris-inf\d{4}\b/);
    await quickInput.waitOpen(page, { placeholder: /From where on/ });
    await scene.picture('from');
    await quickInput.pick(page, /The oldest record/);
    const panel = await webviewFrame(page, '#path');
    await panel
      .locator('.statusline')
      .filter({ hasText: /^3 records/ })
      .waitFor({ timeout: ASKED_MS });
    await scene.picture('records', { themes: true });
  });

  it('is not logged in to once its password is forgotten', async () => {
    const { page } = scene;
    await openCommand(page, 'Model Serving: Forget Kafka Password');
    await openCommand(page, 'Model Serving: Test Kafka Broker');
    await notifications.wait(page, /password/i, ASKED_MS);
    await scene.picture('forgotten', { themes: true });
    await notifications.clear(page);
    await servingAction(page, 'iris', 'Stop');
    await waitForState(page, 'iris', /Stopped/, ASKED_MS);
  });

  describe('in Docker', { skip: engineHost === '' && (noDocker ?? 'MODEL_SERVING_DOCKER_HOST is not set') }, () => {
    it('is started in its place, and stopped with its topics', async () => {
      const { page } = scene;
      await openCommand(page, 'Model Serving: Start Kafka in Docker');
      assert.match(await dialog.text(page), new RegExp(`in place of ${kafka.login}`));
      await scene.picture('replace');
      await dialog.press(page, 'Start');
      const { message } = await notifications.wait(page, /^Kafka runs at localhost:\d+/, 2 * ASKED_MS);
      const address = /localhost:\d+/.exec(message)?.[0] ?? '';
      await scene.picture('in-docker', { themes: true });
      await until(() => settings().includes(address), 'its address in the settings');
      await notifications.clear(page);
      await openCommand(page, 'Model Serving: Test Kafka Broker');
      await notifications.wait(page, `Kafka answers at ${address}. Brokers: 1`, ASKED_MS);
      await openCommand(page, 'Model Serving: Stop Kafka…');
      assert.match(await dialog.text(page), new RegExp(`Stop Kafka at ${address}\\?`));
      await scene.picture('stop');
      await dialog.press(page, 'Stop and Delete Its Topics');
      await until(async () => (await containers()).length === 0, 'the end of the container', ASKED_MS);
    });
  });
});

/** @param {string} password */
async function logIn(password) {
  const { page } = scene;
  await quickInput.waitOpen(page, { placeholder: /login \(SASL\)/ });
  await scene.picture('login');
  await quickInput.pick(page, /\bPLAIN\b/);
  await quickInput.waitOpen(page, { prompt: /Name of the user/ });
  await quickInput.type(page, 'ada');
  await quickInput.accept(page);
  await quickInput.waitOpen(page, { prompt: /Password of ada/ });
  assert.equal(await quickInput.input(page).getAttribute('type'), 'password');
  await quickInput.type(page, password);
  await quickInput.accept(page);
}

/** @returns {Promise<string[]>} */
async function containers() {
  const label = ['model-serving=1', `model-serving.folder-path=${scene.workspace}`];
  const filters = encodeURIComponent(JSON.stringify({ label }));
  const found = await engineApi(engineHost).get(`/containers/json?all=1&filters=${filters}`);
  return found.map((/** @type {{ Id: string }} */ { Id }) => Id);
}

/** What a test that failed has left. */
async function removeContainers() {
  for (const id of await containers()) await engineApi(engineHost).remove(`/containers/${id}?force=1&v=1`);
}
