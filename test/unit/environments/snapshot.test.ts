import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { takeSnapshot } from '../../../src/environments/snapshot';
import { failure, scratch } from './support';

const folder = scratch('snapshot');

function write(name: string, text: string): string {
  const file = path.join(folder, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
}

describe('takeSnapshot', () => {
  it('takes in the files that are named, constraints apart, cycles once', async () => {
    write('sub/more.txt', '-r ../base.txt\nsix==1.17.0 # pinned\n-c limits.txt\n');
    write('sub/limits.txt', 'numpy<2\n');
    write('base.txt', '-r sub/more.txt\njoblib\n');
    const snapshot = await takeSnapshot('-r base.txt\n--index-url https://me:pw@h/simple\n', folder);
    expect(snapshot.requirements).toBe('six==1.17.0\njoblib\n--index-url https://me:pw@h/simple');
    expect(snapshot.constraints).toBe('numpy<2');
    expect(snapshot.sources).toBe('--index-url https://me:pw@h/simple');
    expect(snapshot.packages).toEqual(['six', 'joblib']);
    expect(snapshot.whereIs('SIX')).toEqual({ kind: 'openFile', file: path.join(folder, 'sub/more.txt'), line: 2 });
  });

  it('makes places absolute', async () => {
    write('pkg/setup.py', '');
    const wheel = pathToFileURL(path.join(folder, 'w h/x-1.0-py3-none-any.whl')).href;
    const pkg = pathToFileURL(path.join(folder, 'pkg')).href;
    const { requirements } = await takeSnapshot('./w h/x-1.0-py3-none-any.whl\n-e ./pkg[extra]\n-f ./w h\n', folder);
    expect(requirements.split('\n')).toEqual([
      wheel,
      `--editable ${pkg}[extra]`,
      `--find-links ${pathToFileURL(path.join(folder, 'w h')).href}`,
    ]);
  });

  it('is the same for the same packages in other words', async () => {
    const hashOf = async (text: string): Promise<string> => (await takeSnapshot(text, folder)).hash;
    const one = await hashOf('Scikit_Learn == 1.5.2\nsix\n--index-url https://a:old@h/simple');
    expect(await hashOf('# comment\nsix\n\nscikit-learn==1.5.2 # why\n-i https://a:rotated@h/simple\n')).toBe(one);
    expect(await hashOf('scikit-learn==1.5.1\nsix\n-i https://h/simple')).not.toBe(one);
    expect(await hashOf('scikit-learn==1.5.2\nsix\n-i https://other/simple')).not.toBe(one);
  });

  it('changes when a named file or a local package does', async () => {
    write('inner.txt', 'six\n');
    write('local/pyproject.toml', '[project]\n');
    const text = '-r inner.txt\n./local\n';
    const before = (await takeSnapshot(text, folder)).hash;
    expect((await takeSnapshot(text, folder)).hash).toBe(before);
    write('inner.txt', 'six==1.17.0\n');
    const between = (await takeSnapshot(text, folder)).hash;
    expect(between).not.toBe(before);
    write('local/pyproject.toml', '[project]\nname = "x"\n');
    expect((await takeSnapshot(text, folder)).hash).not.toBe(between);
  });

  it('says which line names a file that is missing', async () => {
    const file = write('top.txt', 'six\n\n-r gone.txt\n');
    const error = await failure(takeSnapshot('six\n\n-r gone.txt\n', folder, file));
    expect(error.code).toBe('package');
    expect(error.message).toBe(
      `The requirements could not be read: line 3 of ${file} names gone.txt: there is no such file`,
    );
    expect(error.remedies).toEqual([{ kind: 'openFile', file, line: 3 }]);
  });
});
