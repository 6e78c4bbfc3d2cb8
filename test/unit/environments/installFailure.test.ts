import { describe, expect, it } from 'vitest';
import { installFailure } from '../../../src/environments/installFailure';
import { listed, progressOf } from '../../../src/environments/installer';

const where = { kind: 'openFile', file: '/w/requirements.txt', line: 2 } as const;

function fail(output: string, known = ''): { code: string; message: string; leadsToLine: boolean } {
  const asked: string[] = [];
  const error = installFailure({
    what: 'The environment could not be made',
    output,
    index: 'PyPI',
    python: '3.11.7',
    whereIs: (name) => {
      asked.push(name);
      return name === known ? where : undefined;
    },
  });
  return { code: error.code, message: error.message, leadsToLine: error.remedies[0] === where };
}

const BUILD = `
error: Failed to build \`needscc @ file:///tmp/needscc-1.0.tar.gz\`
  cause: The build backend returned an error
  cause: Call to \`setuptools.build_meta:__legacy__.build_wheel\` failed (exit status: 1)

         [stderr]
         error: [Errno 2] No such file or directory: '/usr/bin/gcc'

hint: Build failures usually indicate a problem with the package or the build environment
`;

/** What pip 23 and uv 0.13 really print. */
const CASES: readonly (readonly [string, string, string, string])[] = [
  [
    'uv: no such package',
    'error: No solution found when resolving dependencies\n  cause: Because nosuchpkg-zzqq was not found in the package registry and you require nosuchpkg-zzqq, we can conclude that your requirements are unsatisfiable.\n',
    'nosuchpkg-zzqq',
    'there is no package nosuchpkg-zzqq in PyPI: check the spelling',
  ],
  [
    'older uv: no such package',
    '  × No solution found when resolving dependencies:\n  ╰─▶ Because nosuchpkg-zzqq was not found in the package registry and you require\n      nosuchpkg-zzqq, we can conclude that your requirements are unsatisfiable.\n',
    'nosuchpkg-zzqq',
    'there is no package nosuchpkg-zzqq in PyPI: check the spelling',
  ],
  [
    'pip: no such package',
    'ERROR: Could not find a version that satisfies the requirement nosuchpkg-zzqq (from versions: none)\nERROR: No matching distribution found for nosuchpkg-zzqq\n',
    'nosuchpkg-zzqq',
    'there is no package nosuchpkg-zzqq in PyPI: check the spelling',
  ],
  [
    'uv: no such version',
    'error: No solution found when resolving dependencies\n  cause: Because there is no version of six==99.0 and you require six==99.0, we can conclude that your requirements are unsatisfiable.\n',
    'six',
    'there is no six==99.0 for Python 3.11 in PyPI',
  ],
  [
    'pip: no such version',
    'ERROR: Could not find a version that satisfies the requirement six==99.0 (from versions: 1.16.0, 1.17.0)\nERROR: No matching distribution found for six==99.0 (from -r r.txt (line 1))\n',
    'six',
    'there is no six==99.0 for Python 3.11 in PyPI',
  ],
  [
    'uv: no wheel for this Python',
    'error: No solution found when resolving dependencies\n  cause: Because tensorflow==2.1.0 has no wheels with a matching Python ABI tag (e.g., `cp311`) and you require tensorflow==2.1.0, we can conclude that your requirements are unsatisfiable.\n',
    'tensorflow',
    'there is no tensorflow==2.1.0 for Python 3.11 in PyPI',
  ],
  [
    'uv: no network',
    'error: Request failed after 3 retries in 5.3s\n  cause: Failed to fetch: https://x/simple/flask/\n  cause: client error (Connect)\n  cause: dns error\n  cause: failed to lookup address information: Name or service not known\n',
    '',
    "PyPI could not be reached: check the network, or pip's index-url and proxy",
  ],
  [
    'pip: no network',
    "WARNING: Retrying (Retry(total=0, connect=None)) after connection broken by 'NewConnectionError('<pip._vendor>: Failed to establish a new connection: [Errno 111] Connection refused')': /simple/flask/\nERROR: Could not find a version that satisfies the requirement flask (from versions: none)\nERROR: No matching distribution found for flask\n",
    '',
    "PyPI could not be reached: check the network, or pip's index-url and proxy",
  ],
  [
    'pip: a proxy that refuses',
    "WARNING: Retrying (Retry(total=0)) after connection broken by 'ProxyError('Cannot connect to proxy.', OSError('Tunnel connection failed: 403 Forbidden'))': /simple/six/\nERROR: No matching distribution found for six\n",
    '',
    "PyPI could not be reached through the proxy: check the network, or pip's index-url and proxy",
  ],
  [
    'pip: a connection that came back',
    "WARNING: Retrying (Retry(total=4)) after connection broken by 'ReadTimeoutError': /simple/flask/\nERROR: Could not find a version that satisfies the requirement flaskk (from versions: none)\nERROR: No matching distribution found for flaskk\n",
    'flaskk',
    'there is no package flaskk in PyPI: check the spelling',
  ],
  [
    'uv: certificate',
    'error: Failed to fetch: https://localhost/simple/flask/\n  cause: client error (Connect)\n  cause: invalid peer certificate: UnknownIssuer\n',
    '',
    'the certificate of PyPI is not trusted: set pip\'s "cert" (or PIP_CERT) to your authority\'s file',
  ],
  [
    'uv: password',
    'error: No solution found when resolving dependencies\n  cause: Because flask was not found in the package registry and you require flask, we can conclude that your requirements are unsatisfiable.\n\nhint: An index URL (http://127.0.0.1/simple) could not be queried due to a lack of valid authentication credentials (401 Unauthorized)\n',
    '',
    'PyPI wants a user name and password, or refuses those that it was given',
  ],
  [
    'uv: hashes',
    'error: Failed to download `six==1.17.0`\n  cause: Hash mismatch for `six==1.17.0`\n\n         Expected:\n           sha256:00\n',
    'six',
    'six==1.17.0 is not the file that the hashes in the requirements stand for: update the hashes, or find out who changed it',
  ],
  [
    'pip: hashes',
    'ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE. If you have updated the package versions, please update the hashes.\n    six==1.17.0 from https://x/six-1.17.0-py2.py3-none-any.whl (from -r h.txt (line 1)):\n        Expected sha256 00\n',
    'six',
    'six==1.17.0 is not the file that the hashes in the requirements stand for: update the hashes, or find out who changed it',
  ],
  [
    'uv: no compiler',
    BUILD,
    'needscc',
    'needscc has no ready-made package for Python 3.11 on this computer, and compiling it failed: install a compiler, or take a version that has one',
  ],
  [
    'pip: compiler fails',
    "  error: subprocess-exited-with-error\n      error: Command '['gcc', '-c', 'x.c']' returned non-zero exit status 1.\n  ERROR: Failed building wheel for needscc\nFailed to build needscc\nERROR: Could not build wheels for needscc, which is required to install pyproject.toml-based projects\n",
    'needscc',
    'needscc has no ready-made package for Python 3.11 on this computer, and compiling it failed: install a compiler, or take a version that has one',
  ],
  [
    'pip: build program fails',
    "  error: subprocess-exited-with-error\n      ModuleNotFoundError: No module named 'numpy'\n      ValueError: bad setup\n  ERROR: Failed building wheel for oldpkg\n",
    'oldpkg',
    'oldpkg has no ready-made package for Python 3.11 on this computer, and building it failed: ValueError: bad setup',
  ],
  [
    'uv: conflict',
    'error: No solution found when resolving dependencies\n  cause: Because flask==3.0.0 depends on werkzeug>=3.0.0 and you require flask==3.0.0, we can conclude that you require werkzeug>=3.0.0.\n         And because you require werkzeug==1.0.0, we can conclude that your requirements are unsatisfiable.\n',
    'flask',
    'some packages do not fit together: flask==3.0.0 depends on werkzeug>=3.0.0 and you require flask==3.0.0; you require werkzeug==1.0.0',
  ],
  [
    'pip: conflict',
    'ERROR: Cannot install -r b.txt (line 1) and werkzeug==1.0.0 because these package versions have conflicting dependencies.\n\nThe conflict is caused by:\n    The user requested werkzeug==1.0.0\n    flask 3.0.0 depends on Werkzeug>=3.0.0\n\nTo fix this you could try to:\n',
    'werkzeug',
    'some packages do not fit together: you ask for werkzeug==1.0.0; flask 3.0.0 depends on Werkzeug>=3.0.0',
  ],
  [
    'uv: not a requirement',
    'error: Couldn\'t parse requirement in `b.txt` at position 0\n  cause: no such comparison operator "==!!", must be one of ~= ==\n         six==!!\n            ^^^^\n',
    'six',
    '"six==!!" is not a requirement: no such comparison operator "==!!", must be one of ~= ==',
  ],
  ['anything else', 'noise\nERROR: the moon is full\nmore noise\n', '', 'the moon is full'],
  ['nothing', '', '', 'the installer ended with an error and without a word'],
];

describe('installFailure', () => {
  it.each(CASES)('%s', (_title, output, name, reason) => {
    expect(fail(output, name)).toEqual({
      code: 'package',
      message: `The environment could not be made: ${reason}`,
      leadsToLine: true,
    });
  });

  it.each([
    'copy from a to b: No space left on device (os error 28)',
    "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device: '/x'",
    'OSError: [Errno 122] Disk quota exceeded',
  ])('%s: the disk is full', (output) => {
    expect(fail(output)).toMatchObject({
      code: 'disk',
      message: 'The environment could not be made: the disk is full',
    });
  });

  it('tells no password of an address', () => {
    expect(fail('error: odd answer of https://me:secret@host/simple').message).not.toContain('secret');
  });
});

describe('progressOf', () => {
  it.each([
    ['Collecting scikit-learn==1.5.2 (from -r r.txt (line 1))', 'Collecting scikit-learn'],
    [
      '  Downloading scikit_learn-1.5.2-cp311-cp311-manylinux_2_17_x86_64.whl (13.3 MB)',
      'Downloading scikit_learn (13.3 MB)',
    ],
    ['Downloading numpy (16.1MiB)', 'Downloading numpy (16.1MiB)'],
    [' Downloaded numpy', undefined],
    ['  Building wheel for needscc (pyproject.toml): started', 'Building needscc'],
    ['   Building needscc @ file:///x.tar.gz', 'Building needscc'],
    ['Building wheels for collected packages: needscc', undefined],
    ['Prepared 2 packages in 290ms', 'Installing 2 packages'],
    ['Installing collected packages: six, joblib, a, b', 'Installing six, joblib, a and 1 more'],
    ['Resolved 2 packages in 128ms', undefined],
  ])('%s', (line, message) => {
    expect(progressOf(line)).toBe(message);
  });

  it('lists three names', () => {
    expect(listed(['a', 'b', 'c'])).toBe('a, b, c');
  });
});
