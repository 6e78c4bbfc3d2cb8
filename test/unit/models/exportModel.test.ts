import { chmod, mkdir, readFile, rename, stat, symlink, truncate, utimes } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { deleteVersion, exportModel, type ExportRequest } from '../../../src/app/models/exportModel';
import { readModels, readVersion } from '../../../src/app/models/modelFolder';
import { copyFile } from '../../../src/files/copyFile';
import { ENOSPC, everything, makeFolder, makeOperation, write } from './folders';

const NOW = new Date('2026-11-02T10:00:00Z');
const parts = { copy: copyFile, now: () => NOW };
const request = (folder: string, source: string, more: Partial<ExportRequest> = {}): ExportRequest => ({
  source: path.join(folder, source),
  folder,
  name: 'iris',
  version: 1,
  overwrite: false,
  metadata: {},
  ...more,
});
const read = (folder: string, file: string): Promise<string> => readFile(path.join(folder, file), 'utf8');
const DEAD = `.export-${'0'.repeat(8)}-1-00000000`;

describe('export', () => {
  it('of a file makes a version with its metadata', async () => {
    const folder = await makeFolder();
    await write(folder, { 'iris für alle.ubj': '{L\0\0\0\0\0\0\0\x07learner{' });
    const metadata = { metrics: { accuracy: 0.97 }, description: 'Flowers' };
    const operation = makeOperation();
    const made = await exportModel(request(folder, 'iris für alle.ubj', { metadata }), operation, parts);
    const expected = { ...metadata, framework: 'XGBOOST', created: NOW.toISOString() };
    expect(made).toMatchObject({ name: 'iris', version: 1, metadata: expected });
    expect(JSON.parse(await read(folder, 'Models/iris/1/model.json'))).toEqual(expected);
    expect(await everything(path.join(folder, 'Models'))).toEqual([
      'iris',
      'iris/1',
      'iris/1/iris für alle.ubj',
      'iris/1/model.json',
    ]);
    expect(operation.said.at(-1)).toEqual({ stage: 'artifact', message: '18 of 18 bytes' });
    expect(await readVersion(folder, 'iris', 1)).toEqual(made);
  });

  it('never writes metadata over a model that is named like them', async () => {
    const folder = await makeFolder();
    const booster = '{"learner":{"attributes":{}},"version":[3,0,5]}';
    await write(folder, { 'model.json': booster, 'out/model.json': booster });
    await exportModel(request(folder, 'model.json'), makeOperation(), parts);
    expect(await read(folder, 'Models/iris/1/iris.json')).toBe(booster);
    expect(JSON.parse(await read(folder, 'Models/iris/1/model.json'))).toMatchObject({ framework: 'XGBOOST' });
    await expect(exportModel(request(folder, 'out', { version: 2 }), makeOperation(), parts)).rejects.toMatchObject({
      code: 'invalid',
      message: expect.stringContaining('is not the metadata of a model version') as string,
    });
  });

  it('of a folder takes its content, links as files, and not what belongs to tools', async () => {
    const folder = await makeFolder();
    await write(folder, {
      'out/a.pkl': 'a',
      'out/data/b.csv': 'b',
      'out/model.json': '{"owner":"me","description":"brought"}',
      'out/__pycache__/x.pyc': 'x',
      'out/.git/config': 'x',
      'out/.venv/bin/python': 'x',
      'out/data/.ipynb_checkpoints/x': 'x',
      'far/c.bin': 'c',
    });
    await symlink(path.join(folder, 'far'), path.join(folder, 'out', 'linked'));
    await exportModel(request(folder, 'out'), makeOperation(), parts);
    const files = (await everything(path.join(folder, 'Models/iris/1'))).filter((each) => each.includes('.'));
    expect(files).toEqual(['a.pkl', 'data/b.csv', 'linked/c.bin', 'model.json']);
    const json: unknown = JSON.parse(await read(folder, 'Models/iris/1/model.json'));
    expect(json).toMatchObject({ owner: 'me', description: 'brought', framework: 'SKLEARN' });
  });

  it('over a version keeps artifacts, scripts and unknown fields, and nothing else', async () => {
    const folder = await makeFolder();
    await write(folder, {
      'second.pkl': '2',
      'Models/iris/1/first.pkl': '1',
      'Models/iris/1/iris.py': 'class Predict: pass',
      'Models/iris/1/requirements.txt': 'joblib',
      'Models/iris/1/Artifacts/1/artifact.json': '{}',
      'Models/iris/1/model.json': '{"owner":"me","description":"Flowers","metrics":{"accuracy":1},"python":"3.8"}',
    });
    const other = request(folder, 'second.pkl');
    await expect(exportModel(other, makeOperation(), parts)).rejects.toMatchObject({ code: 'exists' });
    await exportModel({ ...other, overwrite: true }, makeOperation(), parts);
    const files = await everything(path.join(folder, 'Models/iris/1'));
    const kept = [
      'Artifacts',
      'Artifacts/1',
      'Artifacts/1/artifact.json',
      'iris.py',
      'model.json',
      'requirements.txt',
      'second.pkl',
    ];
    expect(files).toEqual(kept);
    expect(JSON.parse(await read(folder, 'Models/iris/1/model.json'))).toEqual({
      framework: 'SKLEARN',
      description: 'Flowers',
      created: NOW.toISOString(),
      owner: 'me',
    });
  });

  it('of another version leaves its artifacts there', async () => {
    const folder = await makeFolder();
    await write(folder, { 'Models/iris/1/a.pkl': '1', 'Models/iris/1/Artifacts/1/x': 'x' });
    await exportModel(request(folder, 'Models/iris/1', { version: 2 }), makeOperation(), parts);
    expect(await everything(path.join(folder, 'Models/iris/2'))).toEqual(['a.pkl', 'model.json']);
  });
});

describe('export is refused', () => {
  it.each([
    ['a.pkl', { name: 'my model' }, 'invalid'],
    ['a.pkl', { name: 'IRIS', version: 2 }, 'exists'],
    ['a.pkl', { version: 0 }, 'invalid'],
    ['a.pkl', { version: 1.5 }, 'invalid'],
    ['gone.pkl', { version: 2 }, 'notFound'],
    ['Models/iris/1', { overwrite: true }, 'invalid'],
    ['Models/iris/1/a.pkl', { overwrite: true }, 'invalid'],
    ['.', { version: 2 }, 'invalid'],
    ['Models', { version: 2 }, 'invalid'],
    ['empty', { version: 2 }, 'invalid'],
    ['loop', { version: 2 }, 'disk'],
    ['broken', { version: 2 }, 'disk'],
    ['mlflow', { version: 2 }, 'invalid'],
  ] as const)('for %s %o', async (source, more, code) => {
    const folder = await makeFolder();
    await write(folder, {
      'a.pkl': 'a',
      'Models/iris/1/a.pkl': 'x',
      'mlflow/Artifacts/m.pkl': 'x',
      'loop/deep/a': 'x',
      'broken/a': 'x',
    });
    await mkdir(path.join(folder, 'empty'));
    await symlink(path.join(folder, 'loop'), path.join(folder, 'loop/deep/back'));
    await symlink(path.join(folder, 'nowhere'), path.join(folder, 'broken/link'));
    const before = await everything(folder);
    const refused = exportModel(request(folder, source, more), makeOperation(), parts);
    await expect(refused).rejects.toMatchObject({ name: 'ServingError', code });
    await expect(refused).rejects.toThrow(/^Export as \S.* version \S+: \S/);
    expect(await everything(folder)).toEqual(before);
  });

  it('for a file that may not be read', async () => {
    const folder = await makeFolder();
    await write(folder, { 'a.pkl': 'a' });
    await chmod(path.join(folder, 'a.pkl'), 0);
    const copy = (): Promise<void> =>
      Promise.reject(Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES', path: 'a.pkl' }));
    const refused = exportModel(request(folder, 'a.pkl'), makeOperation(), { ...parts, copy });
    await expect(refused).rejects.toThrow('there is no permission for a.pkl');
    expect(await everything(folder)).toEqual(['a.pkl']);
  });
});

describe('an export that ends early leaves everything as it was', () => {
  const existing = { 'Models/iris/1/old.pkl': 'old', 'Models/iris/1/Artifacts/1/x': 'x' };

  it('when 2 GB are cancelled in the middle', async () => {
    const folder = await makeFolder();
    await write(folder, { 'big.pkl': '' });
    await truncate(path.join(folder, 'big.pkl'), 2 * 1024 ** 3);
    const operation = makeOperation(() => {
      operation.cancel();
    });
    const cancelled = exportModel(request(folder, 'big.pkl'), operation, parts);
    await expect(cancelled).rejects.toMatchObject({ code: 'cancelled' });
    expect(operation.said[0]?.message).toMatch(/^0\.0 of 2\.1 GB$/);
    expect(await everything(folder)).toEqual(['big.pkl']);
  });

  it.each([{}, existing])('when the disk is full', async (there) => {
    const folder = await makeFolder();
    await write(folder, { 'out/a.pkl': 'a', 'out/b.pkl': 'b', ...there });
    const before = await everything(folder);
    let copies = 0;
    const copy: typeof copyFile = (from, to, options) =>
      ++copies === 2 ? Promise.reject(ENOSPC) : copyFile(from, to, options);
    const failed = exportModel(request(folder, 'out', { overwrite: true }), makeOperation(), { ...parts, copy });
    await expect(failed).rejects.toMatchObject({ code: 'disk', message: 'Export as iris version 1: the disk is full' });
    expect(await everything(folder)).toEqual(before);
  });

  it('when the file is written to meanwhile', async () => {
    const folder = await makeFolder();
    await write(folder, { 'a.pkl': 'a' });
    const copy: typeof copyFile = async (from, to, options) => {
      await copyFile(from, to, options);
      await write(folder, { 'a.pkl': 'longer' });
    };
    await expect(exportModel(request(folder, 'a.pkl'), makeOperation(), { ...parts, copy })).rejects.toThrow(
      'was changed while',
    );
    expect(await everything(folder)).toEqual(['a.pkl']);
  });

  it('when it was killed: the next one puts back what was set aside', async () => {
    const folder = await makeFolder();
    await write(folder, { 'a.pkl': 'a', ...existing });
    const model = path.join(folder, 'Models/iris');
    const scratch = path.join(model, DEAD);
    await mkdir(scratch);
    await write(scratch, { 'target.json': '{"version":1}', 'content/new.pkl': 'half' });
    await rename(path.join(model, '1'), path.join(scratch, 'previous'));
    await rename(path.join(scratch, 'previous/Artifacts'), path.join(scratch, 'content/Artifacts'));
    await utimes(scratch, new Date(0), new Date(0));
    await exportModel(request(folder, 'a.pkl', { version: 2 }), makeOperation(), parts);
    expect(await everything(model)).toEqual([
      '1',
      '1/Artifacts',
      '1/Artifacts/1',
      '1/Artifacts/1/x',
      '1/old.pkl',
      '2',
      '2/a.pkl',
      '2/model.json',
    ]);
  });

  it('but the folder of an export that runs is not touched', async () => {
    const folder = await makeFolder();
    await write(folder, { 'a.pkl': 'a' });
    const copy: typeof copyFile = async (from, to, options) => {
      await copyFile(from, to, options);
      await exportModel(request(folder, 'a.pkl', { version: 2 }), makeOperation(), parts);
    };
    await exportModel(request(folder, 'a.pkl'), makeOperation(), { ...parts, copy });
    const [model] = await readModels(folder);
    expect(model?.versions.map((each) => each.version)).toEqual([2, 1]);
  });
});

describe('delete', () => {
  it('takes the version away, and the model with its last', async () => {
    const folder = await makeFolder();
    await write(folder, { 'Models/iris/1/a.pkl': 'a', 'Models/iris/2/Artifacts/1/x': 'x' });
    await chmod(path.join(folder, 'Models/iris/2/Artifacts/1/x'), 0o444);
    const [model] = await readModels(folder);
    await deleteVersion(model!.versions[0]!);
    expect(await everything(path.join(folder, 'Models'))).toEqual(['iris', 'iris/1', 'iris/1/a.pkl']);
    await deleteVersion(model!.versions[1]!);
    expect(await everything(folder)).toEqual(['Models']);
    await expect(deleteVersion(model!.versions[1]!)).rejects.toMatchObject({ code: 'notFound' });
    expect((await stat(path.join(folder, 'Models'))).isDirectory()).toBe(true);
  });
});
