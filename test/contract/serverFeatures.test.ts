import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LocalSource } from '../../src/app/inferenceLog/localSource';
import { replay, type ReplayOutcome } from '../../src/app/inferenceLog/replay';
import { toVerbApis } from '../../src/app/requests/apiDocument';
import type { Backend } from '../../src/core/backend';
import type { ServingDefinition } from '../../src/core/definition';
import type { InferenceRecord } from '../../src/core/inferenceLog';
import { checkRequest } from '../../src/core/requestSchema';
import type { Serving, ServingRef } from '../../src/core/serving';
import { operation } from './fixture';
import { NEVER, ProcessPlace } from './processPlace';

const SECRET = 'geheim-7f3a';
const DOUBLE = `
class Predict:
    def predict(self, inputs):
        return [2 * row[0] for row in inputs]
`;

describe('what a definition asks of the server', () => {
  const place = new ProcessPlace({ parts: { secrets: { get: () => Promise.resolve(SECRET) } } });
  let backend: Backend;

  beforeAll(() => {
    backend = place.open();
  });
  afterAll(() => place.dispose());

  const serve = async (name: string, script: string, change: Partial<ServingDefinition> = {}): Promise<ServingRef> => {
    await place.write(`Models/${name}/1/${name}.py`, script);
    const ref = await backend.create(place.define(name, name, change), operation());
    await backend.start(ref, operation());
    return ref;
  };
  const serving = async (ref: ServingRef): Promise<Serving> => {
    const found = (await backend.servings(NEVER)).find((each) => each.ref.name === ref.name);
    if (!found) {
      throw new Error(`there is no ${ref.name}`);
    }
    return found;
  };
  const ask = async (ref: ServingRef, inputs: unknown): Promise<unknown> => {
    const { body } = await backend.predict(ref, { verb: 'predict', body: JSON.stringify({ inputs }) }, NEVER);
    return JSON.parse(body) as unknown;
  };
  const until = async (what: () => Promise<boolean>): Promise<void> => {
    const end = Date.now() + 30_000;
    while (!(await what())) {
      expect(Date.now()).toBeLessThan(end);
      await sleep(100);
    }
  };

  it.each<[string, string, Partial<ServingDefinition>, string, string]>([
    [
      'hinted',
      `
from typing import TypedDict
class Row(TypedDict):
    age: int
    city: str
class Predict:
    def predict(self, inputs: list[Row]):
        return [row["age"] for row in inputs]
`,
      {},
      '{"inputs": [{"age": "old", "city": "x"}]}',
      'inputs[0].age',
    ],
    [
      'wide',
      `
class Model:
    n_features_in_ = 4
    feature_names_in_ = ["a", "b", "c", "d"]
    def predict(self, rows):
        return [sum(row) for row in rows]
class Predict:
    def __init__(self):
        self.model = Model()
    def predict(self, inputs: list[list[float]]):
        return self.model.predict(inputs)
`,
      {},
      '{"inputs": [[1, 2, "x", 4]]}',
      'inputs[0][2]',
    ],
    ['sampled', DOUBLE, { sample: [[3, 4]], token: 'SERVING_TOKEN' }, '{"inputs": 5}', 'inputs'],
  ])(
    'openApi: a first request that is taken, and what is wrong with another: %s',
    async (name, script, change, wrong, at) => {
      const ref = await serve(name, script, change);
      const [api] = toVerbApis(await backend.openApi?.(ref, NEVER));
      expect(api?.verb).toBe('predict');
      const sample = JSON.stringify(api?.sample);
      expect(checkRequest(sample, api?.inputs)).toBeUndefined();
      const answer = await backend.predict(ref, { verb: 'predict', body: sample }, NEVER);
      expect([sample, answer.status, answer.body]).toEqual([sample, 200, expect.stringContaining('predictions')]);
      expect(checkRequest(wrong, api?.inputs)?.message.startsWith(`${at}:`)).toBe(true);
      await backend.stop(ref, operation());
      await expect(backend.openApi?.(ref, NEVER)).rejects.toMatchObject({ code: 'unavailable' });
    },
  );

  it('a reply that is asked for item by item comes as it is made', async () => {
    const ref = await serve(
      'streamed',
      `
import time
class Predict:
    def predict(self, inputs):
        for item in inputs:
            yield item
            time.sleep(0.4)
`,
    );
    const came: [string, number][] = [];
    const answer = await backend.predict(
      ref,
      {
        verb: 'predict',
        body: '{"inputs": [1, "zwei ü", 3]}',
        stream: 'lines',
        onText: (text) => came.push([text, performance.now()]),
      },
      NEVER,
    );
    expect(answer.headers['content-type']).toBe('application/x-ndjson');
    expect(came.map(([text]) => text).join('')).toBe(answer.body);
    expect(
      answer.body
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual([1, 'zwei ü', 3]);
    // The first came long before the last.
    expect((came.at(-1)?.[1] ?? 0) - (came[0]?.[1] ?? 0)).toBeGreaterThan(300);
    const events = await backend.predict(ref, { verb: 'predict', body: '{"inputs": [1]}', stream: 'events' }, NEVER);
    expect(events.body).toContain('data: 1');
  });

  it('a request of the Open Inference Protocol is kept as one, and its replay goes the same way', async () => {
    const ref = await serve('tensors', DOUBLE);
    const body = '{"inputs":[{"name":"x","datatype":"FP64","shape":[2,1],"data":[1.5,2]}]}';
    const answer = await backend.predict(ref, { verb: 'predict', protocol: 'v2', body }, NEVER);
    expect([answer.status, JSON.parse(answer.body)]).toEqual([
      200,
      expect.objectContaining({ outputs: [expect.objectContaining({ shape: [2], data: [3, 4] })] }),
    ]);
    const source = new LocalSource('tensors', async (since, signal) => {
      const part = await backend.inferenceLog?.(ref, since, signal);
      return part ?? { bytes: new Uint8Array(), next: '' };
    });
    const kept = async (): Promise<readonly InferenceRecord[]> => (await source.read(undefined, NEVER)).records;
    await until(async () => (await kept()).length === 1);
    const records = (await kept()).map((record, number) => ({ record, number }));
    const outcomes: ReplayOutcome[] = [];
    await replay(
      records,
      {
        send: (request, signal) => backend.predict(ref, request, signal),
        stopped: () => undefined,
        answered: (outcome) => outcomes.push(outcome),
      },
      NEVER,
    );
    expect(outcomes).toMatchObject([{ outcome: 'same', status: 200 }]);
  });

  it('token: requests without it are refused, and it stands in no file', async () => {
    const ref = await serve('token', DOUBLE, { token: 'SERVING_TOKEN' });
    expect(await ask(ref, [[3]])).toEqual({ predictions: [6] });
    const url = (await serving(ref)).run?.endpoint?.url ?? '';
    const bare = await fetch(`${url}:predict`, { method: 'POST', body: '{"inputs": [[3]]}' });
    expect(bare.status).toBe(401);
    expect((await fetch(new URL('/v2/health/ready', url))).status).toBe(200);
    const { instance } = await place.run('token');
    const launch = join(place.storage, 'servings/token/runs', instance, 'launch.json');
    expect(await readFile(launch, 'utf8')).not.toContain(SECRET);
  });

  it('transformer: runs before and after predict, from the artifact', async () => {
    await place.write(
      'Models/around/1/t.py',
      `
class Transformer:
    def preprocess(self, inputs):
        return [[float(row)] for row in inputs]

    def postprocess(self, outputs):
        return ["%.1f" % value for value in outputs]
`,
    );
    const ref = await serve('around', DOUBLE, { transformer: 'Models/around/1/t.py' });
    expect(await ask(ref, ['1.5', '2'])).toEqual({ predictions: ['3.0', '4.0'] });
  });

  it('batching: told by verb, with the reason where it is off', async () => {
    const on = await serve('batched', DOUBLE, { sample: [[1], [2]] });
    await until(async () => (await serving(on)).run?.batching !== undefined);
    expect((await serving(on)).run?.batching).toMatchObject([{ verb: 'predict', isOn: true }]);
    const off = await serve('alone', DOUBLE, { batching: { enabled: false, maxRows: 8, check: true } });
    await until(async () => (await serving(off)).run?.batching !== undefined);
    const [state] = (await serving(off)).run?.batching ?? [];
    expect(state).toMatchObject({ verb: 'predict', isOn: false });
    expect(state?.reason).toMatch(/off/);
  });

  it('reload: a change is taken up, a broken one is told and changes nothing', async () => {
    const ref = await serve('fresh', DOUBLE, { reload: true });
    const script = join(place.folder, 'Models/fresh/1/fresh.py');
    expect(await ask(ref, [[3]])).toEqual({ predictions: [6] });
    await writeFile(script, DOUBLE.replace('2 *', '10 *'));
    await until(async () => JSON.stringify(await ask(ref, [[3]])) === '{"predictions":[30]}');
    await writeFile(script, DOUBLE.replace('return', 'retrun'));
    await until(async () => (await serving(ref)).run?.reload?.state === 'failed');
    const { run, state } = await serving(ref);
    expect(state).toBe('running');
    expect(run?.reload).toMatchObject({ reloads: 1 });
    expect(run?.reload?.failure?.remedies).toContainEqual(expect.objectContaining({ kind: 'openFile', file: script }));
    expect(await ask(ref, [[3]])).toEqual({ predictions: [30] });
  });

  it('pickleImports: what is not allowed stops the start and is named', async () => {
    const script = `
import pickle, types

class Predict:
    def __init__(self):
        self.model = pickle.loads(pickle.dumps(types.SimpleNamespace(a=1)))

    def predict(self, inputs):
        return [self.model.a]
`;
    const refused = serve('refused', script, { pickleImports: ['sklearn.*'] });
    await expect(refused).rejects.toMatchObject({
      code: 'model',
      remedies: expect.arrayContaining([{ kind: 'openDefinition', field: 'pickleImports' }]) as unknown,
    });
    await expect(refused).rejects.toThrow(/types\.SimpleNamespace/);
    const ref = await serve('allowed', script, { pickleImports: ['types.*'] });
    expect((await serving(ref)).run?.pickleImports).toEqual(['types.SimpleNamespace']);
  });

  it('an app of its own is served as it is', async () => {
    const app = `
def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [("hello " + environ["PATH_INFO"]).encode()]
`;
    const ref = await serve('own', app);
    const { run } = await serving(ref);
    expect(run?.loaded?.hasApp).toBe(true);
    expect(run?.stages.map(({ name, state }) => `${name} ${state}`)).toContain('load done');
    const url = run?.endpoint?.url ?? '';
    const answer = await fetch(new URL('/a/b', url));
    expect([answer.status, await answer.text()]).toEqual([200, 'hello /a/b']);
  });
});
