import { mkdirSync, writeFileSync } from 'node:fs';
import { mkdir, symlink } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { nextVersion, readModels, readVersion, versionFiles } from '../../../src/app/models/modelFolder';
import type { Model } from '../../../src/core/model';
import { makeFolder, write } from './folders';

describe('the models of a folder', () => {
  it('are those with versions, newest version first', async () => {
    const folder = await makeFolder();
    await write(folder, {
      'Models/iris/1/a.pkl': 'x',
      'Models/iris/10/a.pkl': 'x',
      'Models/iris/2/model.json': '\uFEFF{"framework":"SKLEARN","metrics":{"accuracy":0.9,"bad":"x"},"owner":"me"}',
      'Models/iris/draft/a.pkl': 'x',
      'Models/iris/007/a.pkl': 'x',
      'Models/iris/3': 'a file',
      'Models/iris/Artifacts/4/x': 'x',
      'Models/broken/1/model.json': '{',
      'Models/Äpfel m10/1/a': 'x',
      'Models/Äpfel m9/1/a': 'x',
      'Models/empty/readme.md': 'x',
      'Models/.hidden/1/a': 'x',
      'Models/README.md': 'x',
    });
    const models = await readModels(folder);
    expect(models.map((model) => [model.name, model.versions.map((each) => each.version)])).toEqual([
      ['Äpfel m9', [1]],
      ['Äpfel m10', [1]],
      ['broken', [1]],
      ['iris', [10, 2, 1]],
    ]);
    expect(models[3]?.versions[1]?.metadata).toEqual({ framework: 'SKLEARN', metrics: { accuracy: 0.9 } });
    expect(models[2]?.versions[0]?.metadata).toEqual({});
  });

  it('are none without the folder', async () => {
    expect(await readModels(await makeFolder())).toEqual([]);
  });

  it('may be links; those that lead nowhere are left out', async () => {
    const folder = await makeFolder();
    await write(folder, { 'elsewhere/1/a.pkl': 'x' });
    await mkdir(path.join(folder, 'Models'));
    await symlink(path.join(folder, 'elsewhere'), path.join(folder, 'Models', 'linked'));
    await symlink(path.join(folder, 'nowhere'), path.join(folder, 'Models', 'broken'));
    await symlink(path.join(folder, 'Models'), path.join(folder, 'Models', 'loop'));
    expect((await readModels(folder)).map((model) => model.name)).toEqual(['linked']);
  });

  it('reject when Models is no folder', async () => {
    const folder = await makeFolder();
    await write(folder, { Models: 'a file' });
    await expect(readModels(folder)).rejects.toMatchObject({ name: 'ServingError', code: 'disk' });
  });

  it('are all listed when there are 10,000', async () => {
    const folder = await makeFolder();
    for (let n = 0; n < 10_000; n++) {
      const version = path.join(folder, 'Models', `m${n}`, '1');
      mkdirSync(version, { recursive: true });
      writeFileSync(path.join(version, 'model.json'), '{"framework":"SKLEARN","metrics":{"accuracy":0.9}}');
    }
    const firsts: (readonly Model[])[] = [];
    const models = await readModels(folder, (first) => firsts.push(first));
    expect(models).toHaveLength(10_000);
    expect(firsts, 'the first ones are told once').toEqual([models.slice(0, 1000)]);
    expect(models.every(({ versions }) => versions[0]?.metadata.framework === 'SKLEARN')).toBe(true);
  }, 120_000);
});

it('the next version follows the highest', async () => {
  const folder = await makeFolder();
  expect(await nextVersion(folder, 'iris')).toBe(1);
  await write(folder, { 'Models/iris/1/a': 'x', 'Models/iris/9/a': 'x' });
  expect(await nextVersion(folder, 'iris')).toBe(10);
});

describe('the files of a version', () => {
  it('have their kinds; artifacts and tool folders are not among them', async () => {
    const folder = await makeFolder();
    await write(folder, {
      'Models/iris/1/iris knn.pkl': '123',
      'Models/iris/1/iris.py': 'x',
      'Models/iris/1/requirements.txt': 'x',
      'Models/iris/1/model.json': '{}',
      'Models/iris/1/booster.json': '{"learner":{',
      'Models/iris/1/data/names.csv': 'x',
      'Models/iris/1/Artifacts/1/artifact.json': 'x',
      'Models/iris/1/__pycache__/iris.pyc': 'x',
      'Models/iris/1/.export-00000000-1-00000000/x': 'x',
    });
    const directory = path.join(folder, 'Models/iris/1');
    await symlink(directory, path.join(directory, 'loop'));
    await symlink(directory, path.join(directory, 'data', 'loop'));
    const version = await readVersion(folder, 'iris', 1);
    const files = await versionFiles(version!);
    expect(files.map((file) => [file.name, file.kind])).toEqual([
      ['booster.json', 'model'],
      ['data/names.csv', 'other'],
      ['iris knn.pkl', 'model'],
      ['iris.py', 'script'],
      ['model.json', 'metadata'],
      ['requirements.txt', 'requirements'],
    ]);
    expect(files[2]).toMatchObject({ bytes: 3, path: path.join(directory, 'iris knn.pkl') });
  });

  it('reject when the version is gone', async () => {
    const folder = await makeFolder();
    const version = { name: 'iris', version: 1, folder, directory: path.join(folder, 'gone'), metadata: {} };
    await expect(versionFiles(version)).rejects.toMatchObject({ code: 'notFound' });
  });
});
