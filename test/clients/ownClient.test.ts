import { mkdtempSync, realpathSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { checkConnection } from '../../src/backends/hopsworks/checkConnection';
import { HopsworksBackend } from '../../src/backends/hopsworks/hopsworksBackend';
import type { Serving } from '../../src/core/serving';
import { definition, operation, recorder } from '../unit/hopsworks/support';
import { connected } from './connected';
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
  const { connection, client } = connected(api, caFile, given);
  return { connection, client, backend: new HopsworksBackend({ connection, client, log: recorder() }) };
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
  const said = async (): Promise<string> => {
    const lines: string[] = [];
    for await (const { message } of backend.logs(ref, { follow: false }, anything())) {
      lines.push(message);
    }
    return lines.join('\n');
  };
  await expect.poll(said, { timeout: 10_000 }).toContain('asked');
  await backend.stop(ref, operation());
  expect((await find())?.state).toBe('stopped');
  await backend.remove(ref, operation());
  expect(await find()).toBeUndefined();
}, 120_000);

it('a script of this computer is uploaded, and exchanged by an edit', async () => {
  const { backend } = connect(api.told.certificate, api.key);
  const offer = await backend.remote.offer(anything());
  expect([offer.hasKserve, offer.refusal]).toEqual([true, undefined]);
  expect(await backend.remote.models(anything())).toMatchObject([{ name: 'iris', version: 1 }]);
  const script = join(root, 'mine.py');
  await writeFile(script, SCRIPT.replace('sum', 'max'));
  const asked = definition('iris', {
    script: 'mine.py',
    remote: { ...offer.defaults, topic: { name: 'NONE' }, inferenceLogging: 'NONE', upload: { script } },
  });
  expect(await backend.remote.checkFiles(asked, anything())).toBeUndefined();
  const ref = await backend.create(asked, operation());
  await backend.start(ref, operation());
  const ask = async (): Promise<unknown> =>
    JSON.parse(
      (await backend.predict(ref, { verb: 'predict', body: '{"inputs": [[1, 2], [3, 4]]}' }, anything())).body,
    );
  expect(await ask()).toEqual({ predictions: [2, 4] });

  const since = (await backend.servings(anything()))[0]?.definition ?? asked;
  await writeFile(script, SCRIPT.replace('sum', 'min'));
  const remote = since.remote && { ...since.remote, upload: { script } };
  const changed = { ...since, script: 'mine.py', artifact: 'CREATE' as const, ...(remote ? { remote } : {}) };
  await backend.update(ref, changed, operation(), since);
  expect(await ask()).toEqual({ predictions: [1, 3] });
  await expect(backend.update(ref, { ...changed, description: 'late' }, operation(), asked)).rejects.toMatchObject({
    code: 'conflict',
  });
  await backend.remove(ref, operation());
}, 180_000);

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
