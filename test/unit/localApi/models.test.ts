import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { ApiPlace, deployment } from './apiPlace';

let place: ApiPlace;
afterEach(() => place.dispose());

const MODELS = '/modelregistries/1/models';

async function register(version: number, accuracy?: number): Promise<void> {
  await place.addModel('iris', version);
  const metrics = accuracy === undefined ? undefined : { accuracy };
  const body = JSON.stringify({ id: `iris_${version}`, name: 'iris', version, framework: 'SKLEARN', metrics });
  const made = await place.inProject('PUT', `${MODELS}/iris_${version}`, { body });
  expect(made).toMatchObject({
    status: 201,
    json: { id: `iris_${version}`, modelRegistryId: 1, framework: 'SKLEARN' },
  });
}

it('registers a model version, where the tree shows it', async () => {
  place = await new ApiPlace().open(3);
  expect(await place.inProject('GET', `${MODELS}/iris_1`)).toMatchObject({ status: 404, json: { errorCode: 360000 } });
  await register(1, 0.9);
  const text = await readFile(join(place.folder, 'Models/iris/1/model.json'), 'utf8');
  expect(JSON.parse(text)).toMatchObject({ framework: 'SKLEARN', metrics: { accuracy: 0.9 } });
  const { json } = await place.inProject('GET', `${MODELS}/iris_1?expand=trainingdatasets`);
  // hsml 3.4 breaks on what it does not know.
  expect(Object.keys(json)).not.toEqual(expect.arrayContaining(['href']));
});

it('has its models without a registry, too, as up to 2.4', async () => {
  place = await new ApiPlace().open(3);
  await place.addModel();
  const body = JSON.stringify({ name: 'iris', version: 1, metrics: { accuracy: 0.9 } });
  expect((await place.inProject('PUT', '/models/iris_1', { body })).status).toBe(201);
  const best = await place.inProject('GET', '/models?filter_by=name_eq:iris&sort_by=accuracy:desc&limit=1');
  expect(best.json).toMatchObject({ items: [{ name: 'iris', version: 1, metrics: { accuracy: 0.9 } }] });
  const one = await place.inProject('GET', '/models/iris_1?filter_by=endpoint_id:1');
  expect(one).toMatchObject({ status: 200, json: { id: 'iris_1' } });
});

it('finds the best one, and those without the metric last', async () => {
  place = await new ApiPlace().open(3);
  await register(1, 0.8);
  await register(2);
  await register(3, 0.9);
  const ask = async (query: string): Promise<readonly number[]> => {
    const { json } = await place.inProject('GET', `${MODELS}?filter_by=name_eq%3Airis${query}`);
    return ((json as { items?: { version: number }[] }).items ?? []).map(({ version }) => version);
  };
  expect(await ask('')).toEqual([1, 2, 3]);
  expect(await ask('&sort_by=accuracy%3Adesc&limit=1')).toEqual([3]);
  expect(await ask('&sort_by=accuracy:asc')).toEqual([1, 3, 2]);
  expect(await ask('&filter_by=version%3A2')).toEqual([2]);
  const none = await place.inProject('GET', `${MODELS}?filter_by=name_eq:other`);
  expect(none.json).toEqual({ href: '', count: 0 });
});

it('keeps tags, and keeps a model that is used', async () => {
  place = await new ApiPlace().open(5);
  await register(1, 0.9);
  expect((await place.inProject('PUT', `${MODELS}/iris_1/tags/team`, { body: '"blue"' })).status).toBe(201);
  const tags = await place.inProject('GET', `${MODELS}/iris_1/tags`);
  expect(tags.json).toMatchObject({ items: [{ name: 'team', value: '"blue"' }], count: 1 });
  await place.inProject('PUT', '/serving', { body: deployment() });
  const used = await place.inProject('DELETE', `${MODELS}/iris_1`);
  expect(used).toMatchObject({ status: 400, json: { errorCode: 360009 } });
  await place.inProject('DELETE', '/serving/1');
  expect((await place.inProject('DELETE', `${MODELS}/iris_1`)).status).toBe(204);
  expect((await place.inProject('GET', `${MODELS}/iris_1`)).status).toBe(404);
});
