import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkDefinition } from '../../../src/app/checkDefinition';

describe('checkDefinition', () => {
  let folder: string;
  const good = '{"name": "iris", "model": {"name": "iris", "version": 1}, "script": "Models/iris/1/iris.py"}';

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'check '));
    await mkdir(join(folder, 'Models/iris/1'), { recursive: true });
    await writeFile(join(folder, 'Models/iris/1/iris.py'), '');
  });
  afterAll(() => rm(folder, { recursive: true }));

  const found = async (text: string): Promise<unknown[]> =>
    (await checkDefinition(folder, text)).map(({ field, message, offset, length }) => [
      field,
      message,
      text.slice(offset, offset + length),
    ]);

  it('finds nothing wrong in what is right, and leaves to the schema what the schema says', async () => {
    expect(await found(good)).toEqual([]);
    expect(await found('{"name": 1}')).toEqual([]);
    expect(await found('{')).toEqual([]);
  });

  it('says at its place what is not there', async () => {
    expect(await found(good.replace('iris.py', 'x.py'))).toEqual([
      [
        'script',
        'There is no Models/iris/1/x.py: create a Predict script, or name another one',
        '"Models/iris/1/x.py"',
      ],
    ]);
    expect(await found(good.replace('"version": 1', '"version": 2').replace('{', '{"artifact": 3, '))).toEqual([
      ['model', expect.stringMatching(/^There is no Models\/iris\/2/), '{"name": "iris", "version": 2}'],
      ['artifact', 'There is no artifact 3 of iris v2', '3'],
    ]);
    expect(await found(good.replace('{', '{"environment": {"requirements": "r.txt"}, '))).toEqual([
      ['environment.requirements', 'There is no r.txt', '"r.txt"'],
    ]);
  });

  it('says what contradicts itself', async () => {
    expect(await found(good.replace('{', '{"replicas": {"min": 3, "max": 1}, '))).toEqual([
      ['replicas.max', 'The maximum is below the minimum: use 3 or more', '1'],
    ]);
  });

  it('says what is not there beside what is wrong elsewhere, but not of a field that is wrong itself', async () => {
    const absent = good.replace('iris.py', 'x.py');
    expect(await found(absent.replace('{', '{"port": -1, "replicas": {"min": 3, "max": 1}, '))).toEqual([
      ['replicas.max', expect.stringMatching(/below the minimum/), '1'],
      ['script', expect.stringMatching(/^There is no Models\/iris\/1\/x.py/), '"Models/iris/1/x.py"'],
    ]);
    expect(await found(absent.replace('.py', '.txt'))).toEqual([]);
  });
});
