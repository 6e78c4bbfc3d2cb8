import Ajv from 'ajv';
import { describe, expect, it } from 'vitest';
import { toMetadata } from '../../src/app/models/modelJson';
import { DEFAULTS, type ServingDefinition } from '../../src/core/definition';
import { parseDefinition, writeDefinition } from '../../src/core/definitionText';
import { manifest, textOf } from './manifest';

// VS Code's own keywords (enumDescriptions …) are unknown to it, and formats are VS Code's to check.
const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true });
const schema = (name: string): object => JSON.parse(textOf(`media/schemas/${name}.schema.json`)) as object;
const validDefinition = ajv.compile(schema('serving'));
const validModel = ajv.compile(schema('model'));

const good = { name: 'iris', model: { name: 'iris', version: 1 }, script: 'Models/iris/1/iris.py' };

describe('schemas', () => {
  it('that are contributed are valid draft-07, with a description on every property', () => {
    const walk = (node: unknown, at: string): void => {
      if (typeof node !== 'object' || node === null) {
        return;
      }
      const { properties = {} } = node as { properties?: Record<string, { description?: string }> };
      for (const [name, property] of Object.entries(properties)) {
        expect(property.description, `${at}.${name}`).toMatch(/\.$/);
        walk(property, `${at}.${name}`);
      }
    };
    for (const { url } of manifest.contributes.jsonValidation) {
      const text = JSON.parse(textOf(url)) as object;
      expect(ajv.validateSchema(text), ajv.errorsText()).toBe(true);
      walk(text, url);
    }
  });

  it('are for the files of the folders that are read', () => {
    expect(manifest.contributes.jsonValidation.map(({ fileMatch }) => fileMatch)).toEqual([
      '**/servings/*.serving.json',
      '**/Models/*/*/model.json',
      '*.requests.json',
    ]);
  });
});

describe('the schema of a definition and its reader', () => {
  it.each<[string, unknown]>([
    ['the least', good],
    [
      'everything',
      {
        ...good,
        backend: 'docker',
        artifact: 'CREATE',
        replicas: { min: 1, max: 4 },
        resources: { cores: 0.5, memoryMb: 256, gpus: 1 },
        environment: { python: '/usr/bin/python3', variables: { A: '1' }, secrets: ['API_KEY'] },
        inferenceLog: {
          mode: 'PREDICTIONS',
          local: false,
          redact: ['$.inputs[*].name', '$..pin'],
          headers: ['user-agent'],
          kafka: { topic: 'iris-inf1234', partitions: 2, copies: 3, schemaVersion: 4 },
        },
        port: 8080,
        description: 'x',
      },
    ],
    ['a numbered artifact', { ...good, artifact: 3 }],
    ['requirements', { ...good, environment: { requirements: 'requirements.txt' } }],
    ['unknown fields', { ...good, owner: 'me', environment: { future: true } }],
    ['a schema address', { ...good, $schema: './x.json' }],
    ['port auto', { ...good, port: 'auto' }],
    ['a script with blanks', { ...good, script: 'my models/Modèle #1.py' }],
    ['dots in a name of a folder', { ...good, script: 'a..b/c.py' }],
  ])('accept %s', (_, value) => {
    expect(validDefinition(value), ajv.errorsText(validDefinition.errors)).toBe(true);
    expect(parseDefinition(JSON.stringify(value)).issues).toEqual([]);
  });

  it.each<[string, unknown, string]>([
    ['no name', { ...good, name: undefined }, 'name'],
    ['a name with a blank', { ...good, name: 'my iris' }, 'name'],
    ['a name that is no text', { ...good, name: 1 }, 'name'],
    ['a long name', { ...good, name: 'a'.repeat(257) }, 'name'],
    ['an unknown backend', { ...good, backend: 'cloud' }, 'backend'],
    ['no model', { ...good, model: undefined }, 'model.name'],
    ['no version', { ...good, model: { name: 'iris' } }, 'model.version'],
    ['version 0', { ...good, model: { name: 'iris', version: 0 } }, 'model.version'],
    ['half a version', { ...good, model: { name: 'iris', version: 1.5 } }, 'model.version'],
    ['a model name with -', { ...good, model: { name: 'i-ris', version: 1 } }, 'model.name'],
    ['no script', { ...good, script: undefined }, 'script'],
    ['an absolute script', { ...good, script: '/tmp/a.py' }, 'script'],
    ['a script on a drive', { ...good, script: 'C:\\a.py' }, 'script'],
    ['a script outside', { ...good, script: 'a/../../b.py' }, 'script'],
    ['a script that is no .py', { ...good, script: 'a.txt' }, 'script'],
    ['an empty script', { ...good, script: '' }, 'script'],
    ['artifact 0', { ...good, artifact: 0 }, 'artifact'],
    ['another artifact', { ...good, artifact: 'LATEST' }, 'artifact'],
    ['no replica', { ...good, replicas: { min: 0 } }, 'replicas.min'],
    ['65 replicas', { ...good, replicas: { min: 65, max: 65 } }, 'replicas.min'],
    ['no core', { ...good, resources: { cores: 0 } }, 'resources.cores'],
    ['little memory', { ...good, resources: { memoryMb: 1 } }, 'resources.memoryMb'],
    ['half a GPU', { ...good, resources: { gpus: 0.5 } }, 'resources.gpus'],
    ['a variable that is a number', { ...good, environment: { variables: { A: 1 } } }, 'environment.variables'],
    ['a secret with a blank', { ...good, environment: { secrets: ['A B'] } }, 'environment.secrets'],
    ['another mode', { ...good, inferenceLog: { mode: 'SOME' } }, 'inferenceLog.mode'],
    ['a path without $', { ...good, inferenceLog: { redact: ['inputs'] } }, 'inferenceLog.redact'],
    ['a header with a blank', { ...good, inferenceLog: { headers: ['a b'] } }, 'inferenceLog.headers'],
    ['a topic with a blank', { ...good, inferenceLog: { kafka: { topic: 'a b' } } }, 'inferenceLog.kafka.topic'],
    ['no partition', { ...good, inferenceLog: { kafka: { partitions: 0 } } }, 'inferenceLog.kafka.partitions'],
    ['schema 5', { ...good, inferenceLog: { kafka: { schemaVersion: 5 } } }, 'inferenceLog.kafka.schemaVersion'],
    ['port 0', { ...good, port: 0 }, 'port'],
    ['port 70000', { ...good, port: 70000 }, 'port'],
    ['a port in a text', { ...good, port: '80' }, 'port'],
    ['a description that is no text', { ...good, description: 1 }, 'description'],
    ['a transformer that is no script', { ...good, transformer: 'Models/iris/1/t.txt' }, 'transformer'],
    ['no row of a batch', { ...good, batching: { maxRows: 0 } }, 'batching.maxRows'],
    ['no place to wait', { ...good, limits: { queueLength: 0 } }, 'limits.queueLength'],
    ['no time', { ...good, limits: { requestSeconds: 0 } }, 'limits.requestSeconds'],
    ['a token in place of its name', { ...good, token: 'a b' }, 'token'],
    ['imports that are no list', { ...good, pickleImports: 'sklearn' }, 'pickleImports'],
    ['a word for true', { ...good, reload: 'yes' }, 'reload'],
    ['a text for false', { ...good, lenientReplies: 'no' }, 'lenientReplies'],
    ['a number for true', { ...good, preload: 1 }, 'preload'],
    ['null for a name', { ...good, name: null }, 'name'],
  ])('refuse %s', (_, value, field) => {
    const text = JSON.stringify(value);
    expect(validDefinition(JSON.parse(text))).toBe(false);
    expect(parseDefinition(text).issues.map((issue) => issue.field)).toContain(field);
  });

  it('agree on what is written', () => {
    const definition: ServingDefinition = {
      ...DEFAULTS,
      ...good,
      environment: { requirements: 'r.txt', variables: { A: 'b' }, secrets: ['S'] },
      transformer: `Models/${good.model.name}/${good.model.version}/t.py`,
      preload: true,
      batching: { enabled: false, maxRows: 8, check: false },
      limits: { queueLength: 5, requestSeconds: 0.5 },
      token: 'TOKEN',
      pickleImports: ['sklearn.*'],
      reload: true,
      lenientReplies: false,
      sample: [[1, 2]],
    };
    expect(validDefinition(JSON.parse(writeDefinition(definition)))).toBe(true);
    expect(parseDefinition(writeDefinition(definition)).definition).toEqual(definition);
  });
});

describe('the schema of model.json and its reader', () => {
  it.each<[string, unknown]>([
    ['nothing', {}],
    [
      'everything',
      {
        framework: 'SKLEARN',
        description: 'x',
        metrics: { accuracy: 0.9 },
        created: '2026-01-01T00:00:00Z',
        python: '3.11.7',
        packages: { joblib: '1.4' },
      },
    ],
    ['unknown fields', { owner: 'me' }],
  ])('accept %s', (_, value) => {
    expect(validModel(value)).toBe(true);
    const { owner: _owner, ...known } = value as Record<string, unknown>;
    expect(toMetadata(JSON.stringify(value))).toEqual(known);
  });

  it.each<[string, unknown]>([
    ['an unknown framework', { framework: 'CAFFE' }],
    ['a metric in words', { metrics: { accuracy: 'good' } }],
    ['a package without a version', { packages: { joblib: 1 } }],
  ])('refuse %s', (_, value) => {
    expect(validModel(value)).toBe(false);
    expect(toMetadata(JSON.stringify(value))).not.toEqual(value);
  });
});
