import { open, symlink, truncate } from 'node:fs/promises';
import path from 'node:path';
import { deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { recogniseFile } from '../../../src/app/models/frameworks';
import { modelFilesOf, recogniseModel } from '../../../src/app/models/modelFiles';
import { pickleGlobals } from '../../../src/app/models/pickles';
import { makeFolder, write } from './folders';

const string = (text: string): string => `\x8c${String.fromCharCode(text.length)}${text}`;
const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');
/** The beginning of a pickle of protocol 4, as Python writes it. */
const pickle4 = (module: string, name: string): Buffer =>
  bytes(`\x80\x04\x95\xc6\x01\0\0\0\0\0\0${string(module)}\x94${string(name)}\x94\x93\x94)\x81\x94}\x94(`);
const pickle2 = (module: string, name: string): Buffer => bytes(`\x80\x02c${module}\n${name}\nq\0)\x81q\x01}q\x02(`);

describe('a model file', () => {
  const KNN = ['sklearn.neighbors._classification', 'KNeighborsClassifier'] as const;
  const cases: readonly (readonly [string, Buffer, string, string, boolean])[] = [
    ['k.pkl', pickle4(...KNN), 'SKLEARN', 'pickle', true],
    ['k2.pkl', pickle2(...KNN), 'SKLEARN', 'pickle', true],
    ['k0.pkl', bytes(`ccopy_reg\n_reconstructor\np0\n(c${KNN.join('\n')}\np1\n`), 'SKLEARN', 'pickle', true],
    ['noname', pickle4(...KNN), 'SKLEARN', 'pickle', true],
    ['k.joblib', deflateSync(pickle4(...KNN)), 'SKLEARN', 'pickle', true],
    ['k.gz.joblib', gzipSync(pickle4(...KNN)), 'SKLEARN', 'pickle', true],
    ['k.lzma.joblib', Buffer.from('5d00004000ffff', 'hex'), 'SKLEARN', 'pickle', false],
    ['x.pkl', pickle4('xgboost.sklearn', 'XGBClassifier'), 'XGBOOST', 'pickle', true],
    ['xb.pkl', pickle4('xgboost.core', 'Booster'), 'XGBOOST', 'booster', true],
    ['l.pkl', pickle4('lightgbm.sklearn', 'LGBMClassifier'), 'LIGHTGBM', 'pickle', true],
    ['own.pkl', pickle4('my_models', 'Doubler'), 'PYTHON', 'pickle', true],
    ['d.pkl', bytes('\x80\x04}\x94\x8c\x01a\x94K\x01s.'), 'PYTHON', 'pickle', false],
    [
      'text.pkl',
      bytes(`\x80\x04}\x94${string('about')}\x94${string('not xgboost.core')}\x94s.`),
      'PYTHON',
      'pickle',
      false,
    ],
    ['x.json', bytes('{"learner":{"attributes":{}'), 'XGBOOST', 'native', true],
    ['x2.json', bytes('{"version":[1, 7, 0],\n "learner": {'), 'XGBOOST', 'native', true],
    ['x.ubj', bytes('{L\0\0\0\0\0\0\0\x07learner{L'), 'XGBOOST', 'native', true],
    ['other.json', bytes('{"accuracy": 0.9}'), 'PYTHON', 'native', false],
    ['l.txt', bytes('tree\nversion=v4\nnum_class=3\n'), 'LIGHTGBM', 'native', true],
    ['o.onnx', Buffer.from('08081207', 'hex'), 'ONNX', 'native', true],
    ['broken.onnx', bytes('<html>'), 'ONNX', 'native', false],
    ['t.pt', bytes('PK\x03\x04 t/data.pkl\x80\x02c__torch__\nNet\nq\0'), 'TORCH', 'script', true],
    ['n.pt', bytes('PK\x03\x04 n/data.pkl\x80\x02c__main__\nNet\nq\0'), 'TORCH', 'pickle', true],
    ['w.pth', bytes('PK\x03\x04 w/data.pkl\x80\x02ccollections\nOrderedDict\nq\0'), 'TORCH', 'weights', true],
    ['m.keras', bytes('PK\x03\x04 metadata.json PK\x03\x04 config.json'), 'TENSORFLOW', 'native', true],
    ['m.h5', bytes('\x89HDF\r\n\x1a\n'), 'TENSORFLOW', 'native', true],
    ['s.safetensors', bytes('\x10\0\0\0\0\0\0\0{"a"'), 'TORCH', 'weights', false],
    ['empty.pkl', Buffer.alloc(0), 'SKLEARN', 'pickle', false],
    ['toString', bytes('hello'), 'PYTHON', 'native', false],
    ['a.constructor', bytes('hello'), 'PYTHON', 'native', false],
  ];
  it.each(cases)('%s', async (name, content, framework, form, certain) => {
    const folder = await makeFolder();
    await write(folder, { [name]: content });
    const found = await recogniseFile(path.join(folder, name));
    expect({ framework: found.framework, form: found.form, certain: found.certain }).toEqual({
      framework,
      form,
      certain,
    });
  });

  it('of 2 GB is not read as a whole', async () => {
    const folder = await makeFolder();
    await write(folder, { 'big.pkl': pickle4('sklearn.svm._classes', 'SVC') });
    await truncate(path.join(folder, 'big.pkl'), 2 * 1024 ** 3);
    const begin = performance.now();
    expect(await recogniseFile(path.join(folder, 'big.pkl'))).toMatchObject({ why: 'a pickle of sklearn.svm.SVC' });
    expect(performance.now() - begin).toBeLessThan(1000);
  });

  it('that unpacks to gigabytes is not unpacked as a whole', async () => {
    const folder = await makeFolder();
    const bomb = gzipSync(Buffer.concat([pickle4('sklearn.svm._classes', 'SVC'), Buffer.alloc(200_000_000)]));
    await write(folder, { 'bomb.pkl': bomb });
    const before = process.memoryUsage().rss;
    expect((await recogniseFile(path.join(folder, 'bomb.pkl'))).framework).toBe('SKLEARN');
    expect(process.memoryUsage().rss - before).toBeLessThan(100_000_000);
  });

  it('that is missing is an error', async () => {
    await expect(recogniseFile('/does/not/exist.pkl')).rejects.toThrow('ENOENT');
  });
});

it('names of globals stand in the order of the pickle', () => {
  const both = Buffer.concat([pickle4('sklearn.pipeline', 'Pipeline'), pickle2('xgboost.sklearn', 'XGBClassifier')]);
  expect(pickleGlobals(both)).toEqual(['sklearn.pipeline.Pipeline', 'xgboost.sklearn.XGBClassifier']);
});

describe('a folder', () => {
  it('has its model files with the one that counts first', async () => {
    const folder = await makeFolder();
    await write(folder, {
      'scaler.pkl': pickle4('sklearn.preprocessing._data', 'StandardScaler'),
      'model.pkl': Buffer.concat([pickle4('sklearn.svm._classes', 'SVC'), Buffer.alloc(5000)]),
      'guess.bst': Buffer.alloc(90_000),
      'optimizer.pt': Buffer.alloc(100_000),
      'metrics.json': '{"accuracy":1}',
      'booster.json': '{"learner":{',
      'notes.txt': 'tree',
      'predict.py': 'class Predict: pass',
    });
    const names = (await modelFilesOf(folder)).map((file) => file.name);
    expect(names).toEqual(['model.pkl', 'scaler.pkl', 'booster.json', 'guess.bst']);
  });

  it('of a SavedModel is the model itself, also behind a link', async () => {
    const folder = await makeFolder();
    await write(folder, { 'saved/saved_model.pb': 'x', 'saved/variables/variables.index': 'x' });
    await symlink(path.join(folder, 'saved'), path.join(folder, 'link'));
    expect(await recogniseModel(path.join(folder, 'link'))).toMatchObject({
      name: '',
      framework: 'TENSORFLOW',
      form: 'folder',
    });
    expect((await modelFilesOf(folder)).map((file) => file.name).sort()).toEqual(['link', 'saved']);
  });

  it('without a model says so', async () => {
    expect(await recogniseModel(await makeFolder())).toMatchObject({ framework: 'PYTHON', certain: false });
  });

  it('with a file that cannot be read is recognised by the others', async () => {
    const folder = await makeFolder();
    await write(folder, { 'a.pkl': pickle4('sklearn.svm._classes', 'SVC') });
    await symlink('nowhere', path.join(folder, 'b.pkl'));
    await (await open(path.join(folder, 'c'), 'w')).close();
    expect((await modelFilesOf(folder)).map((file) => file.name)).toEqual(['a.pkl']);
  });
});
