import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { RecognisedFile } from '../../../src/app/models/modelFiles';
import { createScript, makeScript } from '../../../src/app/models/scaffold';
import type { Framework, ModelVersion } from '../../../src/core/model';
import { makeFolder, write } from './folders';

const FRAMEWORKS: readonly Framework[] = ['SKLEARN', 'XGBOOST', 'LIGHTGBM', 'TORCH', 'ONNX', 'TENSORFLOW', 'PYTHON'];
const FORMS = ['pickle', 'booster', 'native', 'script', 'weights', 'folder'] as const;

async function makeVersion(name: string, files: Readonly<Record<string, string>>): Promise<ModelVersion> {
  const folder = await makeFolder();
  const directory = path.join(folder, 'Models', name, '1');
  await write(directory, files);
  return { name, version: 1, folder, directory, metadata: {} };
}

describe.each(FRAMEWORKS)('the script for %s', (framework) => {
  it.each(FORMS)('from %s has the three verbs, and the cursor in predict', (form) => {
    const file: RecognisedFile = { name: 'a "b"\\ü.bin', framework, form, certain: true, why: '' };
    const { text, cursor } = makeScript('iris', framework, [file]);
    const lines = text.split('\n');
    for (const verb of ['predict', 'classify', 'regress']) {
      expect(lines.filter((line) => line === `    def ${verb}(self, inputs):`)).toHaveLength(1);
    }
    expect(lines.filter((line) => line.startsWith('class Predict'))).toHaveLength(1);
    expect(text).toContain(String.raw`"a \"b\"\\ü.bin"`);
    const before = lines.slice(0, cursor.line).join('\n');
    expect(before.slice(before.lastIndexOf('def '))).toMatch(/^def predict\(/);
    expect(lines[cursor.line]?.slice(cursor.column)).toMatch(/^(?:return|scores|answer|raise)/);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(122);
  });
});

describe('creating the script', () => {
  it('writes it beside the model and never over a file', async () => {
    const version = await makeVersion('iris', { 'my.onnx': '\x08\x08\x12\x07' });
    const made = await createScript({ version });
    expect(made.file).toBe(path.join(version.directory, 'iris.py'));
    expect(await readFile(made.file, 'utf8')).toBe(made.text);
    expect(made.text).toContain('"my.onnx"');
    await write(version.directory, { 'iris_2.py': '' });
    const again = createScript({ version });
    await expect(again).rejects.toMatchObject({ code: 'exists', remedies: [{ kind: 'openFile', file: made.file }] });
    await expect(again).rejects.toThrow('iris_3.py is free');
    expect((await createScript({ version, name: 'iris_3.py' })).file).toBe(path.join(version.directory, 'iris_3.py'));
  });

  it('does not hide the library that it imports', async () => {
    const version = await makeVersion('XGBoost', { 'm.json': '{"learner":{' });
    expect(path.basename((await createScript({ version })).file)).toBe('predict_XGBoost.py');
    await expect(createScript({ version, name: 'random.py' })).rejects.toMatchObject({ code: 'invalid' });
    await expect(createScript({ version, name: '../x.py' })).rejects.toMatchObject({ code: 'invalid' });
  });

  it('goes by model.json where the file alone does not tell', async () => {
    const version = await makeVersion('m', { 'm.model': 'tree' });
    expect((await createScript({ version: { ...version, metadata: { framework: 'PYTHON' } } })).text).toContain(
      'with Python',
    );
  });

  it('is refused where the version is gone', async () => {
    const version = await makeVersion('m', { a: '' });
    const gone = { ...version, directory: path.join(version.directory, 'gone') };
    await expect(createScript({ version: gone })).rejects.toMatchObject({ code: 'notFound' });
  });
});
