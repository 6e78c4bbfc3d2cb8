import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { DEFAULTS } from '../../src/core/definition';
import { parseDefinition, writeDefinition } from '../../src/core/definitionText';
import { testPython } from './serverRoot';

const PATHS = [
  ...[
    '$.a',
    '$..a',
    '$.*',
    '$..*',
    '$[0]',
    '$[-1].b',
    '$.inputs[*].name',
    '$[\'a b\']["c"]',
    "$..['x']",
    '$..[*]',
    '$.a..b[0]',
  ],
  ...[
    '$',
    '$.',
    '$..',
    '$a',
    'a',
    '$.a[',
    '$.a]',
    '$.[0]',
    '$.a.',
    '$.a b',
    '$[x]',
    '$[]',
    "$['a]",
    '$...a',
    '$.a[1',
    '$*',
    '$.a*',
  ],
  ...["$['a\\\\'b']", '$.é', '$.a-b', '$[12345678901]', '$.a[*][*]', '$.a[*]*'],
];

it('takes the paths that the server takes, and no others', () => {
  const script =
    'import json, sys\nfrom model_server.jsonpath import PathError, parse_path\nfor path in json.load(sys.stdin):\n    try:\n        parse_path(path)\n        print(1)\n    except PathError:\n        print(0)\n';
  const server = resolve(import.meta.dirname, '../../src/server');
  const said = execFileSync(testPython(), ['-c', script], {
    cwd: server,
    input: JSON.stringify(PATHS),
    encoding: 'utf8',
  });
  const ours = PATHS.map((path) => {
    const { issues } = parseDefinition(
      writeDefinition({
        ...DEFAULTS,
        name: 'iris',
        model: { name: 'iris', version: 1 },
        script: 'p.py',
        inferenceLog: { ...DEFAULTS.inferenceLog, redact: [path] },
      }),
    );
    return [path, issues.length === 0];
  });
  expect(ours).toEqual(PATHS.map((path, index) => [path, said.split('\n')[index] === '1']));
});
