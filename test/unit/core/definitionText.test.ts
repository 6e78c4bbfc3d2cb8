import { parse } from 'jsonc-parser';
import { describe, expect, it } from 'vitest';
import { DEFAULTS, type ServingDefinition } from '../../../src/core/definition';
import { locateField, parseDefinition, sameDefinition, writeDefinition } from '../../../src/core/definitionText';
import { INFERENCE_LOG_MODES } from '../../../src/core/inferenceLog';
import { Random } from '../../fakes/random';

const MINIMAL = '{"name": "iris", "model": {"name": "iris_knn", "version": 3}, "script": "Models/iris_knn/3/iris.py"}';

function right(text: string): ServingDefinition {
  const { definition, issues } = parseDefinition(text);
  expect(issues).toEqual([]);
  if (!definition) {
    throw new Error('there is no definition');
  }
  return definition;
}

/** The one thing that is wrong: its field, its message and the text at its place. */
function wrong(text: string): readonly [string, string, string] {
  const { definition, issues } = parseDefinition(text);
  expect(definition).toBeUndefined();
  const [issue] = issues;
  expect(issues).toHaveLength(1);
  return [issue?.field ?? '', issue?.message ?? '', text.slice(issue?.offset ?? 0).slice(0, issue?.length ?? 0)];
}

describe('parseDefinition', () => {
  it('fills in every default', () => {
    expect(right(MINIMAL)).toEqual({
      ...DEFAULTS,
      name: 'iris',
      model: { name: 'iris_knn', version: 3 },
      script: 'Models/iris_knn/3/iris.py',
    });
  });

  it('takes comments, trailing commas, null for a default, a byte order mark and unknown fields', () => {
    const text = `\uFEFF// mine\n${MINIMAL.replace('{', '{"port": null, "team": [1], ').replace(/}$/, ',}')}`;
    expect(right(text).port).toBe('auto');
    expect(locateField(text, 'script').offset).toBe(text.indexOf('"Models'));
  });

  it.each([
    ['"version": 3', '"version": 0', 'model.version', '"model.version" must be a number: 1 or more', '0'],
    ['"version": 3', '"version": 1.5', 'model.version', '"model.version" must be a whole number', '1.5'],
    ['"version": 3', '"version": "3"', 'model.version', '"model.version" must be a number: 1 or more', '"3"'],
    [', "version": 3', '', 'model.version', '"model.version" is missing', '{'],
    ['"name": "iris",', '', 'name', '"name" is missing', '{'],
    ['"iris",', '"my iris",', 'name', /letters and digits only.*: myiris$/, '"my iris"'],
    ['"Models/iris_knn/3/iris.py"', '"/etc/x.py"', 'script', /below the workspace folder/, '"/etc/x.py"'],
    ['"Models/iris_knn/3/iris.py"', '"a/../../x.py"', 'script', /below the workspace folder/, '"a/../../x.py"'],
    ['"Models/iris_knn/3/iris.py"', '"C:x.py"', 'script', /below the workspace folder/, '"C:x.py"'],
    ['"Models/iris_knn/3/iris.py"', '"x.txt"', 'script', /must be a \.py file/, '"x.txt"'],
    ['{', '{"port": 70000, ', 'port', '"port" must be a number: 1 to 65535', '70000'],
    ['{', '{"backend": "cloud", ', 'backend', '"backend" must be "process" or "docker"', '"cloud"'],
    ['{', '{"artifact": -1, ', 'artifact', /^Use "MODEL-ONLY"/, '-1'],
    ['{', '{"replicas": {"min": 3, "max": 2}, ', 'replicas.max', /below the minimum: use 3/, '2'],
    ['{', '{"environment": {"variables": {"A": 1}}, ', 'environment.variables', /object of texts/, '{"A": 1}'],
    ['{', '{"environment": {"secrets": ["a-b"]}, ', 'environment.secrets', /list of names/, '["a-b"]'],
    ['{', '{"preload": 1, ', 'preload', '"preload" must be true or false', '1'],
    ['{', '{"reload": "yes", ', 'reload', '"reload" must be true or false', '"yes"'],
    ['{', '{"batching": {"maxRows": 0}, ', 'batching.maxRows', /1 to 1000000/, '0'],
    ['{', '{"batching": {"enabled": 0}, ', 'batching.enabled', /true or false/, '0'],
    ['{', '{"limits": {"queueLength": 1.5}, ', 'limits.queueLength', /whole number/, '1.5'],
    ['{', '{"limits": {"requestSeconds": 0}, ', 'limits.requestSeconds', /0.01 to/, '0'],
    ['{', '{"token": "abc def", ', 'token', /^Use the name of a secret/, '"abc def"'],
    ['{', '{"pickleImports": "sklearn", ', 'pickleImports', /list of patterns/, '"sklearn"'],
    ['{', '{"transformer": "x.txt", ', 'transformer', /must be a \.py file or a notebook/, '"x.txt"'],
    [
      '{',
      '{"transformer": "Models/iris/1/t.py", ',
      'transformer',
      /into the folder.*: Models\/iris_knn\/3\/$/,
      '"Models/iris/1/t.py"',
    ],
    ['{', '{"environment": [], ', '', '', ''],
  ])('finds what is wrong: %s → %s', (from, to, field, message, place) => {
    if (field === '') {
      // A list in the place of an object has no fields: the defaults hold.
      expect(right(MINIMAL.replace(from, to)).environment).toEqual({ variables: {}, secrets: [] });
      return;
    }
    const [inField, said, at] = wrong(MINIMAL.replace(from, to));
    expect([inField, at]).toEqual([field, place]);
    expect(said).toMatch(message);
  });

  it.each(['', ' ', '[]', 'null', '{', '{"a":}', '"x"', '{} {}'])(
    'says that %j is no object, without failing',
    (text) => {
      const { issues } = parseDefinition(text);
      expect(issues[0]?.message).toMatch(/not a JSON object|missing/);
    },
  );

  it('never throws, and says something whenever there is no definition', () => {
    const random = new Random(7);
    const keys =
      'name backend model version script artifact replicas min max resources environment variables port'.split(' ');
    for (let n = 0; n < 3000; n++) {
      const text = JSON.stringify(random.json(keys));
      const cut = random.chance(0.3) ? text.slice(0, random.whole(text.length)) : text;
      const { definition, issues } = parseDefinition(cut);
      expect(definition === undefined, cut).toBe(issues.length > 0);
      for (const { offset, length } of issues) {
        expect(offset >= 0 && offset + length <= Math.max(cut.length, 1), cut).toBe(true);
      }
    }
  });
});

describe('writeDefinition', () => {
  it('writes what is asked for without what is the default', () => {
    const text = writeDefinition(right(MINIMAL));
    expect(Object.keys(JSON.parse(text) as object)).toEqual([
      'name',
      'backend',
      'model',
      'script',
      'artifact',
      'replicas',
    ]);
    expect(text.endsWith('}\n')).toBe(true);
    expect(text).toContain('\n  "model": {\n    "name": "iris_knn",');
  });

  it('keeps comments, order, unknown fields at any depth, indentation and line ends', () => {
    const before = [
      '\uFEFF// who: me',
      '{',
      '\t"script": "Models/iris_knn/3/iris.py", // the script',
      '\t"model": { "version": 3, "name": "iris_knn", "note": "x" },',
      '\t"team": { "mail": "a@b" },',
      '\t"name": "iris"',
      '}',
      '',
    ].join('\r\n');
    const after = writeDefinition(
      { ...right(before), description: 'flowers', model: { name: 'iris_knn', version: 4 } },
      before,
    );
    for (const kept of [
      '\uFEFF// who: me',
      '// the script',
      '"note": "x"',
      '"team": { "mail": "a@b" }',
      '"version": 4',
    ]) {
      expect(after).toContain(kept);
    }
    expect(after.indexOf('"script"')).toBeLessThan(after.indexOf('"model"'));
    expect(after).toContain('\r\n\t"description": "flowers"');
    expect(after.replaceAll('\r\n', '')).not.toContain('\n');
  });

  it('changes nothing when nothing changed', () => {
    const full = writeDefinition(right(MINIMAL));
    expect(writeDefinition(right(full), full)).toBe(full);
  });

  it('takes away what is back at nothing', () => {
    const before = writeDefinition({ ...right(MINIMAL), environment: { python: '/p', variables: {}, secrets: [] } });
    expect(before).toContain('/p');
    const after = writeDefinition(right(MINIMAL), before);
    expect(right(after).environment).toEqual({ variables: {}, secrets: [] });
    expect(after).not.toContain('python');
  });

  it('reads back as it was written, whatever is edited, and keeps what is not ours', () => {
    for (let seed = 1; seed <= 300; seed++) {
      const random = new Random(seed);
      let text = `{\n  // kept ${seed}\n  "x-own": {"deep": [1, {"a": null}]},\n  "resources": {"own": true}\n}\n`;
      for (let edit = 0; edit < 4; edit++) {
        const wanted = anyDefinition(random);
        text = writeDefinition(wanted, text);
        expect(right(text), `seed ${seed}`).toEqual(wanted);
        expect(sameDefinition(right(text), wanted)).toBe(true);
        expect(text).toContain(`// kept ${seed}`);
        const value = parse(text) as Record<string, Record<string, unknown>>;
        expect(value['x-own']).toEqual({ deep: [1, { a: null }] });
        expect(value.resources?.own).toBe(true);
      }
    }
  });
});

function anyDefinition(random: Random): ServingDefinition {
  const min = 1 + random.whole(4);
  const model = { name: random.pick(['iris', 'a_b']), version: 1 + random.whole(9) };
  return {
    name: random.pick(['iris', 'Iris2', 'x']),
    backend: random.pick(['process', 'docker'] as const),
    model,
    script: random.pick(['Models/iris/1/iris.py', 'ä ö/x.py', 'x.py']),
    artifact: random.pick(['MODEL-ONLY', 'CREATE', 1, 12] as const),
    replicas: { min, max: min + random.whole(3) },
    resources: { cores: random.pick([1, 0.5, 4]), memoryMb: random.pick([1024, 16]), gpus: random.whole(2) },
    environment: {
      ...(random.chance(0.3) ? { python: random.text() } : {}),
      ...(random.chance(0.3) ? { requirements: random.text() } : {}),
      variables: random.chance(0.5) ? {} : { [random.pick(['A', 'a.b', '__proto__x'])]: random.text(), B: '' },
      secrets: random.pick([[], ['API_KEY'], ['A', '_b']]),
    },
    ...(random.chance(0.3)
      ? { transformer: `Models/${model.name}/${model.version}/t.${random.chance(0.5) ? 'py' : 'ipynb'}` }
      : {}),
    preload: random.chance(0.3),
    reload: random.chance(0.3),
    lenientReplies: random.chance(0.8),
    batching: { enabled: random.chance(0.7), maxRows: random.pick([256, 1, 64]), check: random.chance(0.8) },
    limits: { queueLength: random.pick([1000, 1]), requestSeconds: random.pick([300, 0.5]) },
    ...(random.chance(0.3) ? { token: random.pick(['TOKEN', '_t1']) } : {}),
    ...(random.chance(0.3) ? { pickleImports: random.pick([[], ['sklearn.*', 'numpy.*']]) } : {}),
    ...(random.chance(0.3) ? { sample: random.pick([[[5.1, 3.5]], 'a text', { a: [1, null] }, 0, false]) } : {}),
    inferenceLog: {
      mode: random.pick(INFERENCE_LOG_MODES),
      local: random.chance(0.7),
      redact: random.pick([[], ['$.inputs[*].name', '$..pin']]),
      headers: random.pick([[], ['user-agent']]),
      kafka: {
        topic: random.pick(['NONE', 'CREATE', 'iris-inf1234']),
        partitions: random.pick([1, 6]),
        copies: random.pick([1, 3]),
        schemaVersion: random.pick([1, 2, 3, 4] as const),
      },
    },
    port: random.pick(['auto', 8080, 65_535] as const),
    description: random.text(20),
  };
}
