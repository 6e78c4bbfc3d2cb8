import { execFileSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Serving } from '../../src/core/serving';
import { until } from './backend.contract';
import { operation } from './fixture';
import { NEVER, ProcessPlace } from './processPlace';
import { hasModule, testPython } from './serverRoot';

const SCRIPT = resolve(import.meta.dirname, '../server/scripts/irisflowerclassifier.py');
const TRAIN = `
import json, sys
import joblib
from sklearn.datasets import load_iris
from sklearn.neighbors import KNeighborsClassifier
rows, labels = load_iris(return_X_y=True)
model = KNeighborsClassifier().fit(rows, labels)
joblib.dump(model, sys.argv[1])
print(json.dumps({"rows": rows.tolist(), "predictions": model.predict(rows).tolist(), "labels": labels.tolist()}))
`;

/** Without scikit-learn in the tests' Python the model of the page cannot be made. */
const missing = ['sklearn', 'joblib'].filter((name) => !hasModule(name));

describe.skipIf(missing.length > 0)(`the page's own script with the iris KNN (not here: ${missing.join()})`, () => {
  let place: ProcessPlace;
  let iris: { rows: number[][]; predictions: number[]; labels: number[] };
  const script = 'Models/irisflowerclassifier/1/irisflowerclassifier.py';

  beforeAll(async () => {
    place = new ProcessPlace({ settings: { loadSeconds: 60 } });
    await place.write(script, '');
    cpSync(SCRIPT, join(place.folder, script));
    const model = join(place.folder, 'Models/irisflowerclassifier/1/iris_knn.pkl');
    iris = JSON.parse(execFileSync(testPython(), ['-c', TRAIN, model], { encoding: 'utf8' })) as typeof iris;
  });
  afterAll(() => place.dispose());

  it.each(['MODEL-ONLY', 'CREATE'] as const)('answers what the model itself answers, from %s', async (artifact) => {
    const backend = place.open();
    const name = artifact === 'CREATE' ? 'numbered' : 'shared';
    const ref = await backend.create(
      {
        ...place.define(name, 'irisflowerclassifier'),
        script,
        artifact,
        replicas: { min: 2, max: 2 },
      },
      operation(),
    );
    await backend.start(ref, operation());
    const ask = async (inputs: unknown): Promise<unknown> => {
      const body = JSON.stringify({ inputs });
      return JSON.parse((await backend.predict(ref, { verb: 'predict', body }, NEVER)).body) as unknown;
    };
    expect(await ask(iris.rows)).toEqual({ predictions: iris.predictions });
    expect(iris.predictions.filter((label, row) => label === iris.labels[row]).length).toBeGreaterThan(140);
    for (const row of [0, 60, 120]) {
      expect(await ask([iris.rows[row]])).toEqual({ predictions: [iris.predictions[row]] });
    }
    const classified = await backend.predict(ref, { verb: 'classify', body: '{"inputs": []}' }, NEVER);
    expect(JSON.parse(classified.body)).toEqual({ predictions: 'not implemented' });
    const find = async (): Promise<Serving | undefined> =>
      (await backend.servings(NEVER)).find((each) => each.ref.name === name);
    await until(async () => (await find())?.run?.replicas.every(({ state }) => state === 'ready') ?? false);
    const serving = await find();
    expect(serving?.run?.artifact).toBe(artifact === 'CREATE' ? 'irisflowerclassifier_1_1' : 'MODEL-ONLY');
    expect(serving?.run?.loaded).toMatchObject({ features: 4, verbs: ['predict', 'classify', 'regress'] });
    expect(serving?.run?.loaded?.framework).toMatch(/^scikit-learn /);
    expect(serving?.run?.replicas).toHaveLength(2);
    const messages: string[] = [];
    for await (const line of backend.logs(ref, { follow: false }, NEVER)) {
      messages.push(line.message);
    }
    expect(messages).toContain('Initialization Complete');
    const wrong = await backend.predict(ref, { verb: 'predict', body: '{"inputs": [[1, 2, 3]]}' }, NEVER);
    expect(wrong.status).toBe(400);
    expect(JSON.parse(wrong.body)).toMatchObject({ field: 'inputs[0]' });
    await backend.remove(ref, operation());
    expect(await place.processes()).toEqual([]);
  });
});
