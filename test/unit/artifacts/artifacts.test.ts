import { mkdir, readFile, rename, rm, stat, symlink, truncate, utimes } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { Artifacts } from '../../../src/backends/artifacts/artifacts';
import type { Packable } from '../../../src/backends/artifacts/sources';
import { copyFile } from '../../../src/files/copyFile';
import { ENOSPC, everything, makeFolder, makeOperation, write } from '../models/folders';

const FILES = {
  'Models/iris/1/knn für alle.pkl': 'model one',
  'Models/iris/1/iris.py': 'class Predict: pass',
  'Models/iris/1/data/names.csv': 'a,b',
  'Models/iris/1/__pycache__/iris.pyc': 'x',
  'Models/iris/1/iris.requests.json': '{}',
  'scripts/other.py': 'class Predict: other = 1',
};
const SHARED: Packable = {
  model: { name: 'iris', version: 1 },
  script: 'Models/iris/1/iris.py',
  artifact: 'MODEL-ONLY',
};
const NUMBERED: Packable = { ...SHARED, artifact: 'CREATE' };

interface Place {
  readonly folder: string;
  readonly cache: string;
  readonly artifacts: Artifacts;
  readonly numbered: string;
}

async function makePlace(copy = copyFile, files: Readonly<Record<string, string>> = FILES): Promise<Place> {
  const folder = await makeFolder();
  await write(folder, files);
  const cache = path.join(await makeFolder(), 'cache');
  return {
    folder,
    cache,
    artifacts: new Artifacts(folder, cache, copy),
    numbered: path.join(folder, 'Models/iris/1/Artifacts'),
  };
}

const text = (...way: string[]): Promise<string> => readFile(path.join(...way), 'utf8');

describe('MODEL-ONLY', () => {
  it('is a snapshot that is shared while nothing changes', async () => {
    const { folder, cache, artifacts } = await makePlace();
    const first = await artifacts.pack(SHARED, makeOperation());
    expect(first).toMatchObject({ label: 'MODEL-ONLY', cached: false, script: path.join(first.directory, 'iris.py') });
    expect(first.directory.startsWith(cache)).toBe(true);
    expect(await everything(first.directory)).toEqual(['data', 'data/names.csv', 'iris.py', 'knn für alle.pkl']);
    expect(await artifacts.pack(SHARED, makeOperation())).toEqual({ ...first, cached: true });
    expect(await new Artifacts(folder, cache).pack(SHARED, makeOperation())).toEqual({ ...first, cached: true });
    await utimes(path.join(folder, SHARED.script), new Date(), new Date());
    expect(await artifacts.pack(SHARED, makeOperation())).toEqual({ ...first, cached: true });
  });

  it('keeps what was packed when the files change in place, and is packed again then', async () => {
    const { folder, artifacts } = await makePlace();
    const first = await artifacts.pack(SHARED, makeOperation());
    await write(folder, { 'Models/iris/1/knn für alle.pkl': 'MODEL ONE' });
    expect(await text(first.directory, 'knn für alle.pkl')).toBe('model one');
    const second = await artifacts.pack(SHARED, makeOperation());
    expect(second).toMatchObject({ cached: false });
    expect(second.fingerprint).not.toBe(first.fingerprint);
    expect(await text(second.directory, 'knn für alle.pkl')).toBe('MODEL ONE');
    expect(await text(first.directory, 'knn für alle.pkl')).toBe('model one');
  });

  it('is made again when somebody changed it', async () => {
    const { artifacts } = await makePlace();
    const first = await artifacts.pack(SHARED, makeOperation());
    await rm(path.join(first.directory, 'iris.py'));
    await write(first.directory, { 'iris.py': 'hacked' });
    expect(await artifacts.pack(SHARED, makeOperation())).toEqual(first);
    expect(await text(first.script)).toBe('class Predict: pass');
  });

  it('follows links, and packs what they point to', async () => {
    const { folder, artifacts } = await makePlace();
    await write(folder, { 'far/big.bin': 'far' });
    await symlink(path.join(folder, 'far'), path.join(folder, 'Models/iris/1/far'));
    const { directory } = await artifacts.pack(SHARED, makeOperation());
    expect(await text(directory, 'far/big.bin')).toBe('far');
  });

  it('made by two at once is one', async () => {
    const { folder, cache } = await makePlace();
    const packs = [1, 2, 3].map(() => new Artifacts(folder, cache).pack(SHARED, makeOperation()));
    const [first, ...others] = await Promise.all(packs);
    for (const other of others) {
      expect(other.directory).toBe(first?.directory);
    }
    expect((await everything(cache)).filter((name) => name.includes('.pack-'))).toEqual([]);
  });
});

describe('CREATE', () => {
  it('counts up when something changed, and only then', async () => {
    const { folder, artifacts, numbered } = await makePlace();
    const first = await artifacts.pack(NUMBERED, makeOperation());
    expect(first).toMatchObject({ label: 'iris_1_1', cached: false, directory: path.join(numbered, '1/iris_1_1') });
    expect(await artifacts.pack(NUMBERED, makeOperation())).toEqual({ ...first, cached: true });
    await write(folder, { [NUMBERED.script]: 'class Predict: v = 2' });
    expect(await artifacts.pack(NUMBERED, makeOperation())).toMatchObject({ label: 'iris_1_2' });
    expect(await text(first.script)).toBe('class Predict: pass');
    expect((await stat(first.script)).mode & 0o222).toBe(0);
    expect(JSON.parse(await text(numbered, '1/artifact.json'))).toMatchObject({ label: 'iris_1_1', script: 'iris.py' });
  });

  it('is what a script from elsewhere gets, also when MODEL-ONLY was asked for', async () => {
    const { artifacts } = await makePlace();
    const packed = await artifacts.pack({ ...SHARED, script: 'scripts/other.py' }, makeOperation());
    expect(packed).toMatchObject({ label: 'iris_1_1', script: path.join(packed.directory, 'other.py') });
    const names = ['data', 'data/names.csv', 'iris.py', 'knn für alle.pkl', 'other.py'];
    expect(await everything(packed.directory)).toEqual(names);
  });

  it('by two at once gives each its number, or both the same artifact', async () => {
    const { folder, cache, numbered } = await makePlace();
    const pack = (script: string): ReturnType<Artifacts['pack']> =>
      new Artifacts(folder, cache).pack({ ...NUMBERED, script }, makeOperation());
    const scripts = ['scripts/other.py', NUMBERED.script, 'scripts/other.py', NUMBERED.script];
    const packed = await Promise.all(scripts.map(pack));
    for (const [index, each] of packed.entries()) {
      expect(path.basename(each.script)).toBe(path.basename(scripts[index]!));
      expect(await text(each.script)).toBe(FILES[scripts[index] as keyof typeof FILES]);
      expect(each.directory).toBe(path.join(numbered, each.label.split('_')[2]!, each.label));
    }
    expect((await everything(numbered)).filter((name) => name.startsWith('.'))).toEqual([]);
  });
});

describe('an artifact that was chosen', () => {
  const chosen = { ...NUMBERED, artifact: 1 };

  it('is taken as it is', async () => {
    const { folder, artifacts } = await makePlace();
    const first = await artifacts.pack(NUMBERED, makeOperation());
    await write(folder, { [NUMBERED.script]: 'changed' });
    expect(await artifacts.pack(chosen, makeOperation())).toEqual({ ...first, cached: true });
    expect(await artifacts.differences(first, chosen)).toEqual([]);
    await utimes(first.script, new Date(), new Date(Date.now() + 5000));
    expect(await artifacts.pack(chosen, makeOperation())).toMatchObject({ cached: true });
  });

  it('must be there', async () => {
    const { artifacts } = await makePlace();
    const missing = artifacts.pack({ ...chosen, artifact: 7 }, makeOperation());
    await expect(missing).rejects.toMatchObject({ code: 'notFound' });
    await expect(missing).rejects.toThrow(/^Artifact of iris_1_7: .*none was packed/);
  });

  it.each([
    ['changed', (directory: string) => rewrite(directory, 'iris.py', 'class PREDICT: pass')],
    ['taken away', (directory: string) => rm(path.join(directory, 'data/names.csv'))],
    ['added', (directory: string) => write(directory, { 'more.py': 'x' })],
  ])('is refused when a file was %s', async (_what, tamper) => {
    const { artifacts } = await makePlace();
    const { directory } = await artifacts.pack(NUMBERED, makeOperation());
    await tamper(directory);
    await expect(artifacts.pack(chosen, makeOperation())).rejects.toMatchObject({ code: 'conflict' });
    expect(await artifacts.pack(NUMBERED, makeOperation())).toMatchObject({ label: 'iris_1_2' });
  });

  it('is refused with another script', async () => {
    const { artifacts } = await makePlace();
    await artifacts.pack(NUMBERED, makeOperation());
    const other = artifacts.pack({ ...chosen, script: 'scripts/other.py' }, makeOperation());
    await expect(other).rejects.toMatchObject({ code: 'invalid' });
  });
});

async function rewrite(directory: string, name: string, content: string): Promise<void> {
  await rm(path.join(directory, name));
  await write(directory, { [name]: content });
}

describe('packing that ends early leaves nothing', () => {
  it.each([SHARED, NUMBERED])('when it is cancelled while 2 GB are read', async (definition) => {
    const { folder, cache, artifacts, numbered } = await makePlace();
    await truncate(path.join(folder, 'Models/iris/1/knn für alle.pkl'), 2 * 1024 ** 3);
    const operation = makeOperation(() => {
      operation.cancel();
    });
    await expect(artifacts.pack(definition, operation)).rejects.toMatchObject({ code: 'cancelled' });
    expect([...(await everything(cache)), ...(await everything(numbered))]).toEqual([]);
  });

  it.each([SHARED, NUMBERED])('when it is cancelled while it copies, or the disk is full', async (definition) => {
    const operation = makeOperation();
    const cancelled = await makePlace(async (...call) => {
      await copyFile(...call);
      operation.cancel();
    });
    await expect(cancelled.artifacts.pack(definition, operation)).rejects.toMatchObject({ code: 'cancelled' });
    const full = await makePlace(() => Promise.reject(ENOSPC));
    await expect(full.artifacts.pack(definition, makeOperation())).rejects.toMatchObject({ code: 'disk' });
    for (const { cache, numbered } of [cancelled, full]) {
      expect([...(await everything(cache)), ...(await everything(numbered))]).toEqual([]);
    }
  });

  it('when a file keeps changing; one change is forgiven', async () => {
    let changes = 0;
    let last = 1;
    const place: Place = await makePlace(async (from, to, options) => {
      await copyFile(from, to, options);
      if (from.endsWith('.pkl') && changes < last) {
        changes++;
        await write(place.folder, { 'Models/iris/1/knn für alle.pkl': `model ${'x'.repeat(changes)}` });
      }
    });
    const packed = await place.artifacts.pack(SHARED, makeOperation());
    expect(await text(packed.directory, 'knn für alle.pkl')).toBe('model x');
    last = 10;
    await rm(place.cache, { recursive: true });
    await expect(place.artifacts.pack(SHARED, makeOperation())).rejects.toMatchObject({ code: 'conflict' });
    expect(await everything(place.cache)).toEqual([]);
  });

  it.each([
    [{ ...SHARED, script: 'Models/iris/1/gone.py' }, /there is no Predict script/],
    [{ ...SHARED, model: { name: 'iris', version: 2 } }, /there is no folder Models\/iris\/2/],
  ])('when something is missing', async (definition, message) => {
    const { cache, artifacts } = await makePlace();
    const missing = artifacts.pack(definition, makeOperation());
    await expect(missing).rejects.toMatchObject({ code: 'notFound' });
    await expect(missing).rejects.toThrow(message);
    expect(await everything(cache)).toEqual([]);
  });
});

it('a large model is read once, also by another window', async () => {
  const { folder, cache, artifacts } = await makePlace();
  const model = path.join(folder, 'Models/iris/1/knn für alle.pkl');
  await truncate(model, 300 * 1024 * 1024);
  await utimes(model, new Date(0), new Date(1_700_000_000_000));
  await artifacts.pack(SHARED, makeOperation());
  const begin = performance.now();
  expect(await new Artifacts(folder, cache).pack(SHARED, makeOperation())).toMatchObject({ cached: true });
  expect(performance.now() - begin).toBeLessThan(150);
});

describe('differences', () => {
  it('are none until something is edited, and name it with its time', async () => {
    const { folder, artifacts } = await makePlace();
    const run = await artifacts.pack(SHARED, makeOperation());
    expect(await artifacts.differences(run, SHARED)).toEqual([]);
    await write(folder, { [SHARED.script]: 'class Predict: v = 2' });
    const edited = {
      what: 'script',
      text: expect.stringMatching(/^edited \d\d:\d\d, artifact packed \d\d:\d\d$/) as string,
    };
    expect(await artifacts.differences(run, SHARED)).toEqual([edited]);
    await write(folder, { 'Models/iris/1/new.bin': 'x', [SHARED.script]: FILES['Models/iris/1/iris.py'] });
    await rm(path.join(folder, 'Models/iris/1/data'), { recursive: true });
    const [model, ...more] = await artifacts.differences(run, SHARED);
    expect(more).toEqual([]);
    expect(model?.text).toMatch(/^new.bin added, data\/names.csv deleted, artifact packed/);
    await rename(path.join(folder, SHARED.script), path.join(folder, 'gone.py'));
    expect((await artifacts.differences(run, SHARED))[0]?.text).toMatch(/^deleted or moved/);
  });

  it('tell another script', async () => {
    const { artifacts } = await makePlace();
    const run = await artifacts.pack(SHARED, makeOperation());
    const asked = { ...SHARED, script: 'scripts/other.py' };
    expect(await artifacts.differences(run, asked)).toEqual([
      { what: 'script', text: 'other.py is asked for, iris.py runs' },
    ]);
  });
});

describe('cleaning up', () => {
  it('removes snapshots that are neither in use nor fresh, and what killed packings left', async () => {
    const { folder, cache, artifacts } = await makePlace();
    const packed = [];
    for (const content of ['one', 'two', 'three']) {
      await write(folder, { [SHARED.script]: content });
      packed.push(await artifacts.pack(SHARED, makeOperation()));
    }
    const [used, old, fresh] = packed;
    const dead = path.join(cache, 'iris_1', '.pack-00000000-1-00000000');
    await mkdir(dead);
    for (const each of [path.dirname(used!.directory), path.dirname(old!.directory), dead]) {
      await utimes(each, new Date(0), new Date(0));
    }
    await artifacts.prune([used!]);
    const kept = [used!, fresh!].map(({ fingerprint }) => `iris_1/${fingerprint}`).sort();
    expect((await everything(cache)).filter((name) => name.split('/').length === 2)).toEqual(kept);
  });

  it('removes numbered artifacts that no run uses, but not the newest', async () => {
    const { folder, artifacts, numbered } = await makePlace();
    const first = await artifacts.pack(NUMBERED, makeOperation());
    for (const content of ['two', 'three']) {
      await write(folder, { [NUMBERED.script]: content });
      await artifacts.pack(NUMBERED, makeOperation());
    }
    expect(await artifacts.removeUnused(NUMBERED.model, [first])).toEqual([2]);
    expect((await everything(numbered)).filter((name) => !name.includes('/'))).toEqual(['1', '3']);
  });
});
