import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { normalise, packageOf } from '../../../src/environments/modules';
import { serverRoot } from './support';

describe('packageOf', () => {
  it.each([
    ['sklearn.neighbors', 'scikit-learn'],
    ['sklearn.externals.joblib', 'joblib'],
    ['cv2', 'opencv-python-headless'],
    ['PIL.Image', 'pillow'],
    ['yaml', 'PyYAML'],
    ['bs4', 'beautifulsoup4'],
    ['dateutil.parser', 'python-dateutil'],
    ['skimage.io', 'scikit-image'],
    ['google.cloud.storage.blob', 'google-cloud-storage'],
    ['google.cloud.secretmanager_v1', 'google-cloud-secretmanager-v1'],
    ['google.protobuf.json_format', 'protobuf'],
    ['azure.identity', 'azure-identity'],
    ['azure.storage.blob', 'azure-storage-blob'],
    ['xgboost', 'xgboost'],
    ['tomli', 'tomli'],
  ])('%s comes from %s', (module, name) => {
    expect(packageOf(module)).toBe(name);
  });

  it.each([
    'os.path',
    'tomllib',
    'distutils',
    'imp',
    'annotationlib',
    'compression.zstd',
    '__future__',
    '_ctypes',
    'hops',
    'hops.hdfs',
    'google',
    'google.cloud',
    '',
  ])('%s is no package of PyPI that can be named', (module) => {
    expect(packageOf(module)).toBeUndefined();
  });

  it('says the same as the server, whose errors name packages, too', () => {
    const source = readFileSync(path.join(serverRoot, 'model_server/script/packages.py'), 'utf8');
    const table = /_PACKAGES = \{([^}]*)\}/.exec(source)?.[1] ?? '';
    const theirs = [...table.matchAll(/"([^"]+)": "([^"]+)"/g)].map(([, module = '', name = '']) => [
      module,
      normalise(name),
    ]);
    expect(theirs.length).toBeGreaterThan(20);
    expect(theirs.map(([module = '']) => [module, normalise(packageOf(module) ?? '')])).toEqual(theirs);
  });

  it('normalises names as PyPI does', () => {
    expect(['Flask', 'ruamel.yaml', 'a--b__c'].map(normalise)).toEqual(['flask', 'ruamel-yaml', 'a-b-c']);
  });
});
