import { mkdtempSync, realpathSync } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ApiPlace, KEY } from '../unit/localApi/apiPlace';
import { makeCertificate } from '../../src/localApi/certificate';
import { clientPython, runFlow } from './runClient';
import { startApi } from './startApi';

let root: string;
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'hops ')));
});
afterEach(() => rm(root, { recursive: true, force: true }));

/** What Hopsworks sets for a job; `folder` is the project's. */
async function environment(folder: string, port: number, key: string): Promise<Readonly<Record<string, string>>> {
  const scratch = join(root, 'scratch');
  await mkdir(scratch, { recursive: true });
  return {
    REST_ENDPOINT: `https://127.0.0.1:${port}`,
    HOPSWORKS_PROJECT_ID: '1',
    HOPSWORKS_PROJECT_NAME: 'demo',
    HADOOP_USER_NAME: 'demo__ada',
    API_KEY: key,
    MODEL_SERVING_PROJECT_DIR: folder,
    PYTHONDONTWRITEBYTECODE: '1',
    TMPDIR: scratch,
  };
}

it('hops goes its whole way over the backend in memory', async () => {
  const python = clientPython('hops');
  const place = await new ApiPlace().open(3, makeCertificate(new Date()));
  try {
    place.world.scripts.set('Models/iris/1/predict.py', {
      predict: (inputs) => {
        if (inputs === 'raise') {
          throw new Error('ValueError: asked to');
        }
        return inputs;
      },
    });
    const env = await environment(place.folder, place.ports.port, KEY);
    const { code, output } = await runFlow(python, root, { ...env, MEMORY: '1' }, 'hops_flow.py');
    expect(output).toContain('ALL OK');
    expect(code).toBe(0);
    expect(place.world.texts.size).toBe(0);
  } finally {
    await place.dispose();
  }
}, 120_000);

it('hops deploys a scikit-learn model to a process', async () => {
  const python = clientPython('hops');
  const workspace = join(root, 'demo');
  await mkdir(workspace);
  const args = ['--workspace', workspace, '--storage', join(root, 'storage'), '--python', python, '--generation', '3'];
  const api = await startApi(args);
  try {
    const env = await environment(workspace, api.told.port, api.key);
    const { code, output } = await runFlow(python, root, env, 'hops_flow.py');
    expect(output).toContain('ALL OK');
    expect(code).toBe(0);
    expect(api.errors()).not.toContain(api.key.split('.')[1]);
  } finally {
    await api.stop();
  }
  expect(await readdir(join(workspace, 'servings')).catch(() => [])).toEqual([]);
}, 240_000);
