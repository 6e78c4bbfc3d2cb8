import { describe, expect, it } from 'vitest';
import {
  modulesToPin,
  packageNames,
  parseRequirements,
  requirementsFrom,
} from '../../../src/environments/requirements';

function parsePackage(text: string): unknown {
  return parseRequirements(text)[0];
}

describe('parseRequirements', () => {
  it('reads names, extras, specifiers, markers and hashes', () => {
    expect(parsePackage('Scikit_Learn[a, b] (>=1.2, <2) ; python_version < "3.12"  # why')).toEqual({
      kind: 'package',
      line: 1,
      text: 'Scikit_Learn[a, b] (>=1.2, <2) ; python_version < "3.12"',
      name: 'Scikit_Learn',
      extras: ['a', 'b'],
      specifier: '>=1.2,<2',
      marker: 'python_version < "3.12"',
      hashes: [],
    });
    expect(parsePackage('six==1.17.0 \\\n    --hash=sha256:aa \\\n    --hash sha256:bb')).toMatchObject({
      name: 'six',
      specifier: '==1.17.0',
      hashes: ['sha256:aa', 'sha256:bb'],
    });
    expect(parsePackage('pip @ https://127.0.0.1/pip-1.0.whl#sha1=x')).toMatchObject({
      name: 'pip',
      specifier: '@https://127.0.0.1/pip-1.0.whl#sha1=x',
    });
    expect(parsePackage('torch==2.1.*')).toMatchObject({ name: 'torch', specifier: '==2.1.*' });
    expect(parsePackage('x===odd-1')).toMatchObject({ specifier: '===odd-1' });
  });

  it('keeps line numbers over comments, continuations and all ends of lines', () => {
    const text =
      '\uFEFF# c\r\n\r\nnumpy>=1\\\r\n ,<3\rpandas\n-r other.txt # all\n--index-url=https://127.0.0.1/simple\n';
    expect(parseRequirements(text).map((each) => [each.line, each.kind, each.text])).toEqual([
      [3, 'package', 'numpy>=1 ,<3'],
      [5, 'package', 'pandas'],
      [6, 'option', '-r other.txt'],
      [7, 'option', '--index-url=https://127.0.0.1/simple'],
    ]);
  });

  it('names options by their long names', () => {
    const lines = parseRequirements(
      '-rbase.txt\n-c "c d.txt"\n--extra-index-url https://x/y#z\n-e .\n--no-index\n-i u\n-fwheels',
    );
    expect(lines.map((line) => (line.kind === 'option' ? [line.option, line.value] : line))).toEqual([
      ['--requirement', 'base.txt'],
      ['--constraint', 'c d.txt'],
      ['--extra-index-url', 'https://x/y#z'],
      ['--editable', '.'],
      ['--no-index', ''],
      ['--index-url', 'u'],
      ['--find-links', 'wheels'],
    ]);
  });

  it.each(['./x-1.0.tar.gz', 'x-1.0-py3-none-any.whl', 'C:\\wheels\\x.whl', 'git+https://h/r.git@v1', '../pkg', '.'])(
    'takes %s for a place',
    (place) => {
      expect(parsePackage(place)).toMatchObject({ kind: 'place', place });
    },
  );

  it.each(['six==!!', 'a b', '=1', '==='])('leaves %s to the installer', (text) => {
    expect(parsePackage(text)).toMatchObject({ kind: 'invalid', text });
  });

  it('lists the packages once each', () => {
    expect(packageNames('Six\nsix==1\n-r x\nscikit_learn')).toEqual(['six', 'scikit-learn']);
  });
});

describe('requirementsFrom', () => {
  it("pins the seed's script to what the interpreter has", () => {
    const imports = ['hops', 'sklearn.externals', 'numpy', 'os'];
    const installed = new Map([
      ['sklearn', '1.5.2'],
      ['numpy', '2.1.0'],
      ['joblib', '1.4.2'],
      ['scipy', '1.14.1'],
    ]);
    expect(modulesToPin(imports, 'SKLEARN')).toEqual(['sklearn', 'numpy', 'joblib', 'scipy']);
    expect(requirementsFrom(imports, 'SKLEARN', installed)).toEqual([
      'joblib==1.4.2',
      'numpy==2.1.0',
      'scikit-learn==1.5.2',
      'scipy==1.14.1',
    ]);
  });

  it('leaves open what is not installed, and takes no version of a local build', () => {
    const installed = new Map([
      ['torch', '2.1.0+cpu'],
      ['pandas', undefined],
      ['cv2', ''],
    ]);
    expect(requirementsFrom(['pandas', 'cv2', 'json'], 'TORCH', installed)).toEqual([
      'opencv-python-headless',
      'pandas',
      'torch==2.1.0',
    ]);
  });

  it('takes versions by package, too, and each package once', () => {
    const imports = ['sklearn.svm', 'sklearn', 'google.cloud.storage', 'google.cloud.storage.blob'];
    expect(requirementsFrom(imports, undefined, new Map([['scikit-learn', '1.2']]))).toEqual([
      'google-cloud-storage',
      'scikit-learn==1.2',
    ]);
    expect(requirementsFrom([], 'PYTHON', new Map())).toEqual([]);
    expect(requirementsFrom([], 'ONNX', new Map())).toEqual(['onnxruntime']);
  });
});
