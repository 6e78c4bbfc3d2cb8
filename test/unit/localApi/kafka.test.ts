import { afterEach, beforeEach, expect, it } from 'vitest';
import { ApiPlace, deployment, type Answer } from './apiPlace';

let place: ApiPlace;
beforeEach(async () => {
  place = await new ApiPlace().open(3);
  await place.addModel();
});
afterEach(() => place.dispose());

const post = (path: string, body: unknown): Promise<Answer> =>
  place.inProject('POST', `/kafka${path}`, { body: JSON.stringify(body) });
const get = (path: string): Promise<Answer> => place.inProject('GET', `/kafka${path}`);
const put = (change: Readonly<Record<string, unknown>>): Promise<Answer> =>
  place.inProject('PUT', '/serving', { body: deployment({ inferenceLogging: 'ALL', ...change }) });
interface Told {
  readonly kafkaTopicDTO: { readonly name: string; readonly schemaContent: string };
}

it('a project begins without topics, and with the schemas of what is logged of requests', async () => {
  expect(await get('/topics')).toMatchObject({ status: 200, json: { items: [], count: 0 } });
  expect(await get('/topics/nosuch')).toMatchObject({ status: 404, json: { errorCode: 190000 } });
  expect((await get('/subjects')).text).toBe('["inferenceschema"]');
  expect((await get('/subjects/inferenceschema/versions')).json).toEqual([1, 2, 3, 4]);
  const latest = (await get('/subjects/inferenceschema/versions/latest')).json as { schema: string };
  expect(latest).toMatchObject({ id: 4, subject: 'inferenceschema', version: 4 });
  const schema = JSON.parse(latest.schema) as { fields: readonly { name: string }[] };
  expect(schema.fields.map(({ name }) => name)).toEqual(
    'servingId modelName modelVersion requestTimestamp responseHttpCode inferenceId messageType payload'.split(' '),
  );
  expect((await get('/subjects/inferenceschema/versions/2/schema')).text).toContain('{"name":"servingType"');
  expect(await get('/subjects/inferenceschema/versions/9')).toMatchObject({ status: 404, json: { error_code: 40402 } });
  expect(await get('/subjects/nosuch/versions')).toMatchObject({ status: 404, json: { error_code: 40401 } });
});

it('a topic that a deployment asks for is there, also after a restart, and stays when the deployment goes', async () => {
  const made = (await put({ kafkaTopicDTO: { name: 'CREATE', numOfPartitions: 3, numOfReplicas: 1 } })).json as Told;
  const { name, schemaContent } = made.kafkaTopicDTO;
  expect(name).toMatch(/^iris-inf\d{4}$/);
  expect(made).toMatchObject({
    inferenceLogging: 'ALL',
    kafkaTopicDTO: { schemaName: 'inferenceschema', schemaVersion: 4 },
  });
  expect(schemaContent).toContain('"servingId"');
  expect(place.warnings.join('\n')).toContain('no broker is set up');

  await place.reopen();
  expect((await place.inProject('GET', '/serving/1')).json).toMatchObject({ kafkaTopicDTO: { name } });
  expect((await get('/topics')).json).toMatchObject({
    count: 1,
    items: [
      { name, numOfPartitions: 3, numOfReplicas: 1, schemaName: 'inferenceschema', schemaVersion: 4, shared: false },
    ],
  });
  expect((await get(`/topics/${name}`)).json).toMatchObject({ count: 3, items: [{ id: 0 }, { id: 1 }, { id: 2 }] });
  expect((await get(`/topics/${name}/subjects`)).json).toMatchObject({ subject: 'inferenceschema', version: 4 });

  // A client sends back what it was told.
  const again = await put({ id: 1, kafkaTopicDTO: { name, numOfPartitions: null, numOfReplicas: null } });
  expect(again.json).toMatchObject({ kafkaTopicDTO: { name } });
  expect((await get('/topics')).json).toMatchObject({ count: 1 });
  await place.inProject('DELETE', '/serving/1');
  expect((await get('/topics')).json).toMatchObject({ count: 1 });
  expect((await place.inProject('DELETE', `/kafka/topics/${name}`)).status).toBe(204);
  expect((await get('/topics')).json).toMatchObject({ count: 0 });
});

it('a topic that is there is taken when its schema fits', async () => {
  const topic = { numOfPartitions: 1, numOfReplicas: 1, schemaName: 'inferenceschema' };
  expect(await post('/topics', { ...topic, name: 'old', schemaVersion: 3 })).toMatchObject({ status: 201 });
  expect(await post('/topics', { ...topic, name: 'new', schemaVersion: 4 })).toMatchObject({ status: 201 });
  expect(await post('/topics', { name: 'plain', numOfPartitions: 1, numOfReplicas: 1 })).toMatchObject({ status: 201 });
  expect(await put({ kafkaTopicDTO: { name: 'old' } })).toMatchObject({ status: 400, json: { errorCode: 240023 } });
  expect(await put({ kafkaTopicDTO: { name: 'plain' } })).toMatchObject({ status: 400, json: { errorCode: 240023 } });
  const tool = { servingTool: 'DEFAULT', kafkaTopicDTO: { name: 'new' } };
  expect(await put(tool)).toMatchObject({ status: 400, json: { errorCode: 240023 } });
  expect(await put({ kafkaTopicDTO: { name: 'new' } })).toMatchObject({
    status: 201,
    json: { kafkaTopicDTO: { name: 'new', schemaVersion: 4 } },
  });
  const all = (await get('/topics?sort_by=name:desc&limit=2')).json as { items: readonly { name: string }[] };
  expect(all).toMatchObject({ count: 3, items: [{ name: 'plain' }, { name: 'old' }] });
});

it.each([
  [{ name: 'taken', numOfPartitions: 1, numOfReplicas: 1 }, 409, 190002],
  [{ name: 'other', numOfPartitions: 0, numOfReplicas: 1 }, 400, 190015],
  [{ name: 'other', numOfPartitions: 1, numOfReplicas: 2 }, 400, 190005],
  [{ name: 'other', numOfPartitions: 1, numOfReplicas: 1, schemaName: 'nosuch', schemaVersion: 1 }, 404, 190006],
  [{ numOfPartitions: 1 }, 422, 120001],
])('refuses the topic %j: %i %i', async (topic, status, errorCode) => {
  await post('/topics', { name: 'taken', numOfPartitions: 1, numOfReplicas: 1 });
  expect(await post('/topics', topic)).toMatchObject({ status, json: { errorCode } });
  expect((await get('/topics')).json).toMatchObject({ count: 1 });
});

it('schemas of the project’s own have versions; the reserved one is refused', async () => {
  const schema = '{"type":"string"}';
  expect((await post('/subjects/mine/versions', { schema })).json).toEqual({ id: 105 });
  expect((await post('/subjects/mine/versions', { schema })).json).toEqual({ id: 105 });
  expect((await post('/subjects/mine/versions', { schema: '{"type":"int"}' })).json).toEqual({ id: 106 });
  expect((await get('/subjects')).text).toBe('["inferenceschema","mine"]');
  expect((await get('/subjects/mine/versions/latest')).json).toMatchObject({ version: 2, schema: '{"type":"int"}' });
  await post('/topics', { name: 'mine', numOfPartitions: 1, numOfReplicas: 1 });
  expect((await get('/topics/mine/subjects')).json).toMatchObject({ errorCode: 190006 });
  expect((await place.inProject('PUT', '/kafka/topics/mine/subjects/mine/versions/2')).status).toBe(200);
  expect((await get('/topics/mine/subjects')).json).toMatchObject({ subject: 'mine', version: 2 });
  expect(await post('/subjects/inferenceschema/versions', { schema })).toMatchObject({
    status: 405,
    json: { errorCode: 190016 },
  });
});

it('the path of a script in place of that of the model is taken, and the server’s older name, as up to 2.4', async () => {
  const script = '/Projects/demo/Models/iris/1/predict.py';
  const older = { modelPath: script, modelServer: 'FLASK', modelName: null, predictor: null };
  const made = await put({ inferenceLogging: null, ...older });
  expect(made).toMatchObject({
    status: 201,
    json: { modelPath: '/Projects/demo/Models/iris', predictor: 'predict.py' },
  });
});

it('a topic that was made for a change which is refused is not left', async () => {
  await put({ inferenceLogging: null });
  let go: () => void = () => undefined;
  place.world.stageDelay = () =>
    new Promise((resolve) => {
      go = resolve;
    });
  await place.inProject('POST', '/serving/1?action=START');
  const refused = await put({ id: 1, kafkaTopicDTO: { name: 'CREATE' } });
  expect(refused).toMatchObject({ status: 500, json: { errorCode: 240002 } });
  expect(await get('/topics')).toMatchObject({ json: { count: 0 } });
  place.world.stageDelay = () => Promise.resolve();
  go();
});
