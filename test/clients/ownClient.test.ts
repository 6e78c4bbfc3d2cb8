import { mkdtempSync, realpathSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { checkConnection } from '../../src/backends/hopsworks/checkConnection';
import type { Serving } from '../../src/core/serving';
import { definition, operation } from '../unit/hopsworks/support';
import { backendOf, clientOf, connectTo } from './ownBackend';
import { startApi, type StartedApi } from './startApi';

const SCRIPT =
  'class Predict:\n    def predict(self, inputs):\n        print("asked")\n        return [sum(row) for row in inputs]\n';
const anything = (): AbortSignal => AbortSignal.timeout(60_000);

let root: string;
let api: StartedApi;

beforeEach(async () => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'own client ')));
  const workspace = join(root, 'demo');
  await mkdir(join(workspace, 'Models/iris/1'), { recursive: true });
  await writeFile(join(workspace, 'Models/iris/1/predict.py'), SCRIPT);
  const python = process.env.MODEL_SERVING_HSML_PYTHON;
  const args = ['--workspace', workspace, '--storage', join(root, 'storage'), '--generation', '4'];
  api = await startApi([...args, ...(python === undefined ? [] : ['--python', python])]);
}, 60_000);
afterEach(async () => {
  await api.stop();
  await rm(root, { recursive: true, force: true });
});

function connect(caFile: string | undefined, given: string) {
  const connection = connectTo(api.told, caFile);
  return { connection, client: clientOf(connection, given), backend: backendOf(connection, given) };
}

it('our client deploys to our own API of Hopsworks: over TLS, to a real process', async () => {
  const { backend, client, connection } = connect(api.told.certificate, api.key);
  expect((await checkConnection(client, connection, anything())).filter(({ isMissing }) => isMissing)).toEqual([]);
  expect(await backend.availability(anything())).toMatchObject({ kind: 'ready' });
  const find = async (): Promise<Serving | undefined> => (await backend.servings(anything()))[0];
  expect(await find()).toBeUndefined();

  const ref = await backend.create(definition('iris'), operation());
  expect((await find())?.state).toBe('stopped');
  await backend.start(ref, operation());
  expect((await find())?.state).toBe('running');
  const reply = await backend.predict(ref, { verb: 'predict', body: '{"inputs": [[1, 2], [3, 4]]}' }, anything());
  expect([reply.status, JSON.parse(reply.body)]).toEqual([200, { predictions: [3, 7] }]);
  const said: string[] = [];
  for await (const { message } of backend.logs(ref, { follow: false }, anything())) {
    said.push(message);
  }
  expect(said.join('\n')).toContain('asked');
  await backend.stop(ref, operation());
  expect((await find())?.state).toBe('stopped');
  await backend.remove(ref, operation());
  expect(await find()).toBeUndefined();
}, 120_000);

it('without its certificate, or with another key, it is said what is wrong', async () => {
  expect(await connect(undefined, api.key).backend.availability(anything())).toMatchObject({
    kind: 'unreachable',
    message: expect.stringMatching(/certificate/i) as string,
  });
  const other = `${api.key.slice(0, -4)}AAAA`;
  expect(await connect(api.told.certificate, other).backend.availability(anything())).toMatchObject({
    kind: 'signedOut',
  });
}, 60_000);
