import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ApiPlace, deployment, type Answer } from './apiPlace';

let place: ApiPlace;
beforeEach(async () => {
  place = await new ApiPlace().open(3);
  await place.addModel();
});
afterEach(() => place.dispose());

const put = (change: Readonly<Record<string, unknown>> = {}): Promise<Answer> =>
  place.inProject('PUT', '/serving', { body: deployment(change) });
const act = (action: string): Promise<Answer> => place.inProject('POST', `/serving/1?action=${action}`);
const status = async (): Promise<string> =>
  ((await place.inProject('GET', '/serving/1')).json as { status: string }).status;
const containing = (text: string): unknown => expect.stringContaining(text);
async function until(wanted: string): Promise<void> {
  await expect.poll(status).toBe(wanted);
}

it('goes through a life: created, started, asked, stopped, deleted', async () => {
  const made = await put();
  expect(made).toMatchObject({
    status: 201,
    json: { id: 1, name: 'iris', predictor: 'predict.py', artifactVersion: 1 },
  });
  expect(made.json).not.toHaveProperty('status');
  expect(place.world.texts.get('iris')).toContain('"script": "Models/iris/1/predict.py"');
  expect(await status()).toBe('Created');
  expect(await act('STOP')).toMatchObject({ status: 400, json: { errorCode: 240003 } });
  const early = await place.inProject('POST', '/inference/models/iris:predict', { body: '{"instances":[[1]]}' });
  expect(early).toMatchObject({ status: 400, json: { errorCode: 250001 } });

  expect(await act('START')).toMatchObject({ status: 200, text: '' });
  await until('Running');
  expect(await act('START')).toMatchObject({
    status: 400,
    json: { errorCode: 240003, usrMsg: 'Deployment is already started.' },
  });
  const answer = await place.inProject('POST', '/inference/models/iris:predict', { body: '{"instances":[[1,2]]}' });
  expect(answer).toMatchObject({ status: 200, json: { predictions: [[1, 2]] } });
  const logs = await place.inProject('GET', '/serving/1/logs?component=predictor&tail=5');
  expect(logs.json).toMatchObject([{ instanceName: 'iris-predictor-0', content: containing('asked') }]);

  expect((await act('stop')).status).toBe(200);
  await until('Stopped');
  expect((await place.inProject('GET', '/serving/1/logs')).json).toMatchObject({ errorCode: 240027 });
  expect(await place.inProject('DELETE', '/serving/1')).toMatchObject({ status: 200, text: '' });
  expect(await place.inProject('GET', '/serving/1')).toMatchObject({ status: 404, json: { errorCode: 240000 } });
  expect(place.world.texts.size).toBe(0);
});

it('answers the start at once, and tells how it went', async () => {
  let go: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => {
    go = resolve;
  });
  place.world.stageDelay = () => gate;
  await put();
  await act('START');
  expect(await status()).toBe('Starting');
  expect(await act('STOP')).toMatchObject({ json: { usrMsg: 'Deployment is starting. Please, try later.' } });
  expect(await place.inProject('DELETE', '/serving/1')).toMatchObject({ status: 500, json: { errorCode: 240001 } });
  go();
  await until('Running');
});

it('tells a failed start with its reason, and starts again after a stop', async () => {
  place.world.scripts.set('Models/iris/1/predict.py', {
    load: () => Promise.reject(new Error('no module named nosuch')),
    predict: () => undefined,
  });
  await put();
  await act('START');
  await until('Failed');
  const { json } = await place.inProject('GET', '/serving/1');
  expect(json).toMatchObject({ condition: { status: false, reason: containing('nosuch') } });
  expect(await act('START')).toMatchObject({ json: { errorCode: 240003 } });
  await act('STOP');
  await until('Stopped');
  await place.addModel();
  await act('START');
  await until('Running');
});

it('changes what runs; a bare script name is the one that was sent before', async () => {
  await put();
  await act('START');
  await until('Running');
  const changed = await put({
    id: 1,
    predictor: 'predict.py',
    artifactVersion: 1,
    description: 'new',
    requestedInstances: 2,
  });
  expect(changed).toMatchObject({ status: 201, json: { id: 1, requestedInstances: 2 } });
  await until('Running');
  await expect
    .poll(async () => (await place.inProject('GET', '/serving/1')).json)
    .toMatchObject({
      description: 'new',
      requestedInstances: 2,
      predictor: 'predict.py',
    });
});

it('keeps ids and states for the next start of the API, and shows what others made', async () => {
  await put();
  place.world.texts.set('Other', (place.world.texts.get('iris') ?? '').replace('"iris",\n  "b', '"Other",\n  "b'));
  await place.reopen();
  const { json } = await place.inProject('GET', '/serving');
  expect(json).toMatchObject([
    { id: 1, name: 'iris', status: 'Created' },
    { id: 2, name: 'Other', servingTool: 'DEFAULT', predictor: 'predict.py', modelVersion: 1 },
  ]);
  const missing = await place.inProject('GET', '/serving?name=nosuch');
  expect(missing).toMatchObject({ status: 404, json: { errorCode: 240000 } });
  expect((await place.inProject('GET', '/serving?name=iris')).json).toMatchObject({ id: 1 });
});

it('knows nothing of one that was deleted by hand when its name comes again', async () => {
  await put({ predictorResources: { limits: { memory: 256 } } });
  place.world.texts.delete('iris');
  expect((await place.inProject('GET', '/serving')).json).toEqual([]);
  expect(await put()).toMatchObject({ status: 201, json: { id: 2, predictorResources: { limits: { memory: 512 } } } });
});

it('makes a Predict script for a model without one', async () => {
  const made = await put({ predictor: null, modelFramework: 'SKLEARN' });
  expect(made).toMatchObject({ status: 201, json: { predictor: 'iris.py' } });
  expect(place.world.texts.get('iris')).toContain('"script": "Models/iris/1/iris.py"');
});

it('tells where a start is by its conditions', async () => {
  const waiting: (() => void)[] = [];
  place.world.stageDelay = () => new Promise((resolve) => waiting.push(resolve));
  await put();
  await act('START');
  const seen: string[] = [];
  for (let stage = 0; stage < 5; stage++) {
    await expect.poll(() => waiting.length).toBe(stage + 1);
    const { json } = await place.inProject('GET', '/serving/1');
    seen.push((json as { condition: { type: string } }).condition.type);
    waiting.at(-1)?.();
  }
  expect(seen).toEqual(['SCHEDULED', 'INITIALIZED', 'STARTED', 'STARTED', 'READY']);
  await until('Running');
});

it('tells a change that does not load as failed, with its reason; the next change starts it anew', async () => {
  await put();
  await act('START');
  await until('Running');
  const script = 'Models/iris/1/predict.py';
  const good = place.world.scripts.get(script)!;
  place.world.scripts.set(script, { ...good, load: () => Promise.reject(new Error('no module named nosuch')) });
  await put({ id: 1, description: 'broken' });
  await until('Failed');
  const { json } = await place.inProject('GET', '/serving/1');
  expect(json).toMatchObject({ condition: { status: false, reason: containing('nosuch') } });
  place.world.scripts.set(script, good);
  await put({ id: 1, description: 'mended' });
  await until('Running');
  await act('STOP');
  await until('Stopped');
});

it('gives up a start when it closes', async () => {
  place.world.stageDelay = (_stage, signal) => sleep(60_000, undefined, { signal });
  await put();
  await act('START');
  expect(await status()).toBe('Starting');
  await place.reopen();
  expect(place.world.runs.get('iris')?.state ?? 'stopped').toBe('stopped');
});

it('lists 5,000 that others made, with ids that stay', async () => {
  await put();
  const text = place.world.texts.get('iris') ?? '';
  for (let n = 0; n < 5000; n++) {
    place.world.texts.set(`s${n}`, text.replace('"name": "iris"', `"name": "s${n}"`));
  }
  const ids = async (): Promise<readonly number[]> =>
    ((await place.inProject('GET', '/serving')).json as readonly { id: number }[]).map(({ id }) => id);
  const first = await ids();
  expect(new Set(first).size).toBe(5001);
  await place.reopen();
  expect(await ids()).toEqual(first);
});

it('stops what clients started when it closes', async () => {
  await put();
  await act('START');
  await until('Running');
  await place.reopen();
  expect(place.world.runs.get('iris')?.state).toBe('stopped');
});

describe('inference', () => {
  const infer = (target: string, body = '{"instances":[1]}'): Promise<Answer> =>
    place.inProject('POST', `/inference/models/${target}`, { body });

  it('maps what can go wrong', async () => {
    expect(await infer('nosuch:predict')).toMatchObject({ status: 404, json: { errorCode: 250000 } });
    await put();
    expect(await infer('iris')).toMatchObject({ status: 400, json: { errorCode: 250005 } });
    expect(await infer('iris:classify')).toMatchObject({ status: 400, json: { errorCode: 250004 } });
    expect(await infer('iris:predict')).toMatchObject({ status: 400, json: { errorCode: 250001 } });
    await act('START');
    await until('Running');
    expect(await infer('iris:predict', '{')).toMatchObject({ status: 400, json: { errorCode: 250008 } });
    const raised = await infer('iris:predict', '{"instances":"raise"}');
    expect(raised).toMatchObject({ status: 500, json: { errorCode: 250007, usrMsg: 'Error: ValueError: asked to' } });
    const good = await infer('iris/versions/1:predict');
    expect(good).toMatchObject({ status: 200, json: { predictions: [1] } });
    expect(good.headers['x-request-id']).toBe('r3');
  });

  it('answers at the ingress by path and by host', async () => {
    await put();
    const body = '{"instances":[[1]]}';
    const path = '/v1/demo/iris/v1/models/iris';
    const early = await place.atIngress('GET', path);
    expect(early).toMatchObject({ status: 404, text: '' });
    await act('START');
    await until('Running');
    expect((await place.atIngress('GET', path)).status).toBe(200);
    const predictions = { status: 200, json: { predictions: [[1]] } };
    expect(await place.atIngress('POST', `${path}:predict`, { body })).toMatchObject(predictions);
    const byHost = { body, headers: { host: 'iris.demo.hopsworks.ai' } };
    expect(await place.atIngress('POST', '/v1/models/iris:predict', byHost)).toMatchObject(predictions);
    expect((await place.atIngress('POST', '/v1/models/iris:predict', { body })).status).toBe(404);
    const { json } = await place.inProject('GET', '/inference/endpoints');
    expect(json).toMatchObject([
      { type: 'LOAD_BALANCER', hosts: ['127.0.0.1'], ports: [{ name: 'HTTP', number: place.ports.ingressPort }] },
      { type: 'NODE' },
    ]);
  });
});
