import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { downloadModel, type DownloadRequest } from '../../../src/app/models/downloadModel';
import { readModels } from '../../../src/app/models/modelFolder';
import { isCancelled, ServingError } from '../../../src/core/errors';
import type { Registry, RegistryVersion, Transfer } from '../../../src/core/registry';
import { everything, makeFolder, write } from './folders';

const from: RegistryVersion = {
  name: 'iris',
  version: 3,
  framework: 'SKLEARN',
  description: 'flowers',
  metrics: { accuracy: 0.93 },
  created: new Date('2026-11-01T10:00:00Z'),
  path: '/Projects/demo/Models/iris/3',
  page: 'https://hw/x',
};
const transfer = (signal: AbortSignal = AbortSignal.timeout(10_000)): Transfer => ({ signal, tell: () => undefined });

/** A registry that has these files, or does something else in place of giving them. */
function request(
  folder: string,
  files: Readonly<Record<string, string>> | ((into: string) => Promise<void>),
  more: Partial<DownloadRequest> = {},
): DownloadRequest {
  const download = (_from: unknown, into: string): Promise<void> =>
    typeof files === 'function' ? files(into) : write(into, files);
  return { registry: { download } as unknown as Registry, from, folder, version: 3, overwrite: false, ...more };
}
const metadataIn = async (folder: string, version = 3): Promise<unknown> =>
  JSON.parse(await readFile(path.join(folder, `Models/iris/${version}/model.json`), 'utf8'));

describe('download of a model version', () => {
  it('stands among the local models, with what the registry says of it', async () => {
    const folder = await makeFolder();
    const made = await downloadModel(request(folder, { 'model.pkl': 'x', 'deep/a.txt': 'y' }), transfer());
    expect(await metadataIn(folder)).toEqual({
      framework: 'SKLEARN',
      description: 'flowers',
      metrics: { accuracy: 0.93 },
      created: '2026-11-01T10:00:00.000Z',
    });
    const [model] = await readModels(folder);
    expect(model?.versions).toEqual([made]);
    expect(await everything(path.join(folder, 'Models/iris'))).toEqual([
      '3',
      '3/deep',
      '3/deep/a.txt',
      '3/model.json',
      '3/model.pkl',
    ]);
  });

  it('keeps what the model itself says beside that', async () => {
    const folder = await makeFolder();
    const own = {
      framework: 'XGBOOST',
      metrics: { old: 1 },
      python: '3.11.2',
      packages: { xgboost: '3.0' },
      mine: [1],
    };
    const files = { 'model.json': JSON.stringify(own) };
    await downloadModel(request(folder, files, { from: { ...from, framework: 'PYTHON' } }), transfer());
    expect(await metadataIn(folder)).toMatchObject({ ...own, metrics: { accuracy: 0.93 }, description: 'flowers' });
  });

  it('takes a model that is named like the metadata for what it is', async () => {
    const folder = await makeFolder();
    const booster = '{"learner":{"attributes":{}},"version":[3,0,5]}';
    await downloadModel(
      request(folder, { 'model.json': booster }, { from: { ...from, framework: 'PYTHON' } }),
      transfer(),
    );
    expect(await readFile(path.join(folder, 'Models/iris/3/iris.json'), 'utf8')).toBe(booster);
    expect(await metadataIn(folder)).toMatchObject({ framework: 'XGBOOST' });
  });

  it('leaves nothing when it breaks, when it is cancelled, and when the name cannot be', async () => {
    const folder = await makeFolder();
    const half = async (into: string): Promise<never> => {
      await writeFile(path.join(into, 'half'), 'x');
      throw new ServingError('unreachable', 'Could not download: nothing answers');
    };
    await expect(downloadModel(request(folder, half), transfer())).rejects.toMatchObject({ code: 'unreachable' });
    expect(await everything(path.join(folder, 'Models'))).toEqual([]);
    const cancel = new AbortController();
    const late = async (into: string): Promise<void> => {
      await writeFile(path.join(into, 'whole'), 'x');
      cancel.abort();
    };
    const failed: unknown = await downloadModel(request(folder, late), transfer(cancel.signal)).catch(
      (error: unknown) => error,
    );
    expect(isCancelled(failed)).toBe(true);
    const wrong = request(folder, {}, { from: { ...from, name: '../out' } });
    await expect(downloadModel(wrong, transfer())).rejects.toMatchObject({ code: 'invalid' });
    expect(await everything(path.join(folder, 'Models'))).toEqual([]);
  });

  it('replaces a version only when it may, and keeps its scripts', async () => {
    const folder = await makeFolder();
    await write(folder, {
      'Models/iris/3/old.pkl': 'old',
      'Models/iris/3/predict.py': 'mine',
      'Models/iris/3/Artifacts/1/a': 'a',
    });
    await expect(downloadModel(request(folder, { 'new.pkl': 'x' }), transfer())).rejects.toMatchObject({
      code: 'exists',
    });
    await downloadModel(request(folder, { 'new.pkl': 'x' }, { overwrite: true }), transfer());
    expect(await everything(path.join(folder, 'Models/iris'))).toEqual([
      '3',
      '3/Artifacts',
      '3/Artifacts/1',
      '3/Artifacts/1/a',
      '3/model.json',
      '3/new.pkl',
      '3/predict.py',
    ]);
  });
});
