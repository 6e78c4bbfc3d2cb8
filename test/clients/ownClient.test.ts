import { spawn } from 'node:child_process';
import { mkdtempSync, realpathSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { checkConnection } from '../../src/backends/hopsworks/checkConnection';
import { HopsworksClient } from '../../src/backends/hopsworks/client';
import { HopsworksBackend } from '../../src/backends/hopsworks/hopsworksBackend';
import { makeRoute } from '../../src/backends/hopsworks/route';
import { Http } from '../../src/backends/http';
import type { Connection } from '../../src/core/connection';
import type { Serving } from '../../src/core/serving';
import { definition, operation, recorder } from '../unit/hopsworks/support';

const ENTRY = resolve(import.meta.dirname, '../../dist/local-api.js');
const SCRIPT =
  'class Predict:\n    def predict(self, inputs):\n        print("asked")\n        return [sum(row) for row in inputs]\n';
const anything = (): AbortSignal => AbortSignal.timeout(60_000);

interface Told {
  readonly address: string;
  readonly project: string;
  readonly apiKeyFile: string;
  readonly certificate: string;
}

let root: string;
let stop: () => Promise<unknown>;
let told: Told;
let key: string;

beforeEach(async () => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'own client ')));
  const workspace = join(root, 'demo');
  await mkdir(join(workspace, 'Models/iris/1'), { recursive: true });
  await writeFile(join(workspace, 'Models/iris/1/predict.py'), SCRIPT);
  const python = process.env.MODEL_SERVING_HSML_PYTHON;
  const args = [ENTRY, '--workspace', workspace, '--storage', join(root, 'storage'), '--generation', '4'];
  const api = spawn(process.execPath, [...args, ...(python === undefined ? [] : ['--python', python])]);
  const ended = new Promise((done) => api.once('close', done));
  stop = () => {
    api.kill('SIGTERM');
    return ended;
  };
  const line = await new Promise<string>((done, fail) => {
    let text = '';
    api.stdout.setEncoding('utf8').on('data', (piece: string) => {
      text += piece;
      if (text.endsWith('\n')) {
        done(text);
      }
    });
    api.once('close', () => {
      fail(new Error('it ended before it was ready'));
    });
  });
  told = JSON.parse(line) as Told;
  key = (await readFile(told.apiKeyFile, 'utf8')).trim();
}, 60_000);
afterEach(async () => {
  await stop();
  await rm(root, { recursive: true, force: true });
});

function connect(caFile: string | undefined, given: string) {
  const options = { ...(caFile === undefined ? {} : { caFile }), checkHostName: true };
  const connection: Connection = { id: 'local', address: told.address, project: told.project, options };
  const client = new HopsworksClient({
    http: new Http(),
    connection,
    keys: { get: () => Promise.resolve(given) },
    route: makeRoute(connection, () => ({})),
  });
  return { connection, client, backend: new HopsworksBackend({ connection, client, log: recorder() }) };
}

it('our client deploys to our own API of Hopsworks: over TLS, to a real process', async () => {
  const { backend, client, connection } = connect(told.certificate, key);
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
  expect(await connect(undefined, key).backend.availability(anything())).toMatchObject({
    kind: 'unreachable',
    message: expect.stringMatching(/certificate/i) as string,
  });
  const other = `${key.slice(0, -4)}AAAA`;
  expect(await connect(told.certificate, other).backend.availability(anything())).toMatchObject({ kind: 'signedOut' });
}, 60_000);
