import { mkdtempSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { HopsworksBackend } from '../../src/backends/hopsworks/hopsworksBackend';
import { definition, operation, recorder } from '../unit/hopsworks/support';
import { connected } from './connected';
import { startApi, type StartedApi } from './startApi';

const SECRET = 'lookforthiskeyeverywhere0123456789';
const KEY = `RECOGNISABLEKEY0.${SECRET}`;
const SCRIPT = 'class Predict:\n    def predict(self, inputs):\n        print("asked")\n        return inputs\n';

let root: string;
let keyFile: string;
let api: StartedApi;
beforeEach(async () => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'secrecy ')));
  keyFile = join(root, 'key');
  await writeFile(keyFile, `${KEY}\n`, { mode: 0o600 });
  await mkdir(join(root, 'demo/Models/iris/1'), { recursive: true });
  await writeFile(join(root, 'demo/Models/iris/1/predict.py'), SCRIPT);
  const python = process.env.MODEL_SERVING_HSML_PYTHON;
  const own = ['--workspace', join(root, 'demo'), '--storage', join(root, 'storage'), '--api-key-file', keyFile];
  api = await startApi([...own, ...(python === undefined ? [] : ['--python', python])]);
}, 60_000);
afterEach(async () => {
  await api.stop();
  await rm(root, { recursive: true, force: true });
});

/** Command lines and surroundings of all processes of this user that can be read. */
function processes(): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((pid) =>
      ['cmdline', 'environ'].map((what) => {
        try {
          return readFileSync(`/proc/${pid}/${what}`, 'utf8');
        } catch {
          return '';
        }
      }),
    );
}

async function filesWithKey(): Promise<readonly string[]> {
  const found: string[] = [];
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name);
    if (entry.isFile() && (await readFile(file, 'latin1')).includes(SECRET)) {
      found.push(file);
    }
  }
  return found;
}

it('the key of the local API is in its file only: in no argument, no environment, no log, no state', async () => {
  const log = recorder();
  const backend = new HopsworksBackend({ ...connected(api, api.told.certificate, KEY), log });
  const ref = await backend.create(definition('iris'), operation());
  await backend.start(ref, operation());
  const signal = AbortSignal.timeout(60_000);
  for (const body of ['{"inputs":[[1,2]]}', '{"nothing":1}']) {
    await backend.predict(ref, { verb: 'predict', body }, signal);
  }
  const running = processes();
  expect(running.some((text) => text.includes(keyFile))).toBe(true);
  expect(running.filter((text) => text.includes(SECRET))).toEqual([]);
  expect(await filesWithKey()).toEqual([keyFile]);
  await backend.stop(ref, operation());
  await backend.remove(ref, operation());
  expect(await api.stop()).toBe(0);
  expect(await filesWithKey()).toEqual([keyFile]);
  expect(api.errors()).not.toContain(SECRET);
  expect(`${JSON.stringify(api.told)}${log.lines.join('\n')}`).not.toContain(SECRET);
}, 120_000);
