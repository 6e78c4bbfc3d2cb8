import { describe, expect, it } from 'vitest';
import { toDefinition, toServing, toState } from '../../../src/backends/hopsworks/mapping';
import { remoteDefaults, toRequest, toVersion } from '../../../src/backends/hopsworks/request';
import { checkForHopsworks } from '../../../src/backends/hopsworks/rules';
import type { ServingView } from '../../../src/backends/hopsworks/wire';
import type { RemoteDefinition } from '../../../src/core/definition';
import type { BackendId } from '../../../src/core/serving';
import { SENT } from './sent';
import { definition } from './support';

const place = {
  backend: 'hopsworks:c1' as BackendId,
  address: 'https://hw.example.com',
  project: 'demo',
  projectId: 119,
};
const KSERVE = { version: { major: 3, minor: 8 }, hasKserve: true };
const view = (fields: Record<string, unknown> = {}): ServingView => ({
  id: 7,
  name: 'iris',
  modelName: 'iris',
  modelPath: '/Projects/demo/Models/iris',
  modelVersion: 1,
  modelFramework: 'SKLEARN',
  artifactVersion: 2,
  predictor: 'predict.py',
  modelServer: 'PYTHON',
  servingTool: 'KSERVE',
  requestedInstances: 2,
  availableInstances: 1,
  predictorResources: { requests: { cores: 0.5, memory: 64, gpus: 0 }, limits: { cores: 2, memory: 1024, gpus: -1 } },
  inferenceLogging: 'PREDICTIONS',
  kafkaTopicDTO: { name: 'iris-inf4821', schemaName: 'inferenceschema', schemaVersion: 4, schemaContent: '{}' },
  batchingConfiguration: { batchingEnabled: true, maxBatchSize: 16 },
  created: '2026-11-29T09:00:00.000Z',
  creator: 'Ada Lovelace',
  ...fields,
});

describe('state', () => {
  it.each([
    ['Creating', 'creating'],
    ['Created', 'stopped'],
    ['Starting', 'starting'],
    ['Failed', 'failed'],
    ['Running', 'running'],
    ['Idle', 'idle'],
    ['Updating', 'updating'],
    ['Stopping', 'stopping'],
    ['Stopped', 'stopped'],
    ['RUNNING', 'running'],
    ['Started', 'running'],
    ['Transforming', 'updating'],
    ['Sleeping', 'unknown'],
    ['', 'unknown'],
    [undefined, 'unknown'],
    [7, 'unknown'],
    ['constructor', 'unknown'],
  ])('%s is %s', (status, state) => {
    expect(toState(status)).toBe(state);
    expect(toServing(view({ status }), place).state).toBe(state);
  });

  it('has a reason where something is to be said, and none where all is well', () => {
    const reason = (status: string, condition?: unknown) => toServing(view({ status, condition }), place).reason;
    expect(reason('Failed', { type: 'STARTED', status: false, reason: 'Failed to run: no' })).toBe('Failed to run: no');
    expect(reason('Failed')).toBe('Hopsworks does not say why it failed');
    expect(reason('Idle', { type: 'READY', status: true, reason: 'idle' })).toBeUndefined();
    expect(reason('Sleeping')).toBe('Hopsworks says "Sleeping"');
    expect(toServing(view({ status: 'Starting', conditions: ['a', 'b'] }), place).reason).toBe('b');
  });
});

describe('serving', () => {
  it('tells all that Hopsworks tells', () => {
    const condition = { type: 'STARTED', reason: 'Deployment is starting' };
    const serving = toServing(
      view({
        status: 'Starting',
        condition,
        deployed: '2026-11-29T10:00:00.000Z',
        revision: '12345678',
        internalPort: 80,
      }),
      place,
    );
    expect(serving.run).toMatchObject({
      startedAt: new Date('2026-11-29T10:00:00Z'),
      endpoint: {
        host: 'hw.example.com',
        port: 443,
        url: 'https://hw.example.com/hopsworks-api/api/project/119/inference/models/iris',
      },
      replicas: [{ state: 'ready' }, { state: 'starting' }],
    });
    expect(serving.run?.stages.map(({ name, state }) => `${name} ${state}`)).toEqual([
      'prepared done',
      'scheduled done',
      'initialized done',
      'started running',
      'ready later',
    ]);
    expect(serving.remote).toMatchObject({
      id: 7,
      created: new Date('2026-11-29T09:00:00Z'),
      creator: 'Ada Lovelace',
      revision: '12345678',
      wanted: { replicas: 2 },
      available: { replicas: 1 },
      internalPort: 80,
      topic: { name: 'iris-inf4821', schema: { name: 'inferenceschema', version: 4, text: '{}' } },
    });
    expect(serving.remote?.pages.logs).toContain("query:'serving_name:iris'");
  });

  it('is made from anything without failing', () => {
    const values: unknown[] = [
      undefined,
      null,
      0,
      -1,
      NaN,
      '',
      'x',
      true,
      [],
      [null],
      {},
      { a: 1 },
      { type: 7, reason: {} },
    ];
    const fields = [
      ...Object.keys(view()),
      'status',
      'condition',
      'conditions',
      'deployed',
      'revision',
      'transformer',
      'environmentDTO',
      'apiProtocol',
      'predictorScalingConfig',
      'requestedTransformerInstances',
      'hopsworksInferencePath',
      'servingType',
      'artifactPath',
      'predictorResourceConfig',
    ];
    for (const value of values) {
      for (const name of fields.filter((each) => each !== 'id' && each !== 'name')) {
        for (const status of ['Running', 'Failed', 'Stopped', value]) {
          const serving = toServing(view({ status, [name]: value }), place);
          expect(serving.ref.name).toBe('iris');
          JSON.stringify(toRequest(serving.definition, 'demo', KSERVE, view({ [name]: value })));
        }
      }
      toServing(
        Object.fromEntries([...fields.map((each) => [each, value]), ['id', 1], ['name', 'a']]) as ServingView,
        place,
      );
    }
    expect(toServing({ id: 1, name: 'a' }, { ...place, address: '' }).state).toBe('unknown');
  });

  it('reads old versions', () => {
    const old = toDefinition(
      {
        id: 1,
        name: 'a',
        artifactPath: '/Projects/demo/Models/iris/1/predict.py',
        modelVersion: 1,
        servingType: 'SKLEARN',
        batchingEnabled: true,
        predictorResourceConfig: { cores: 2, memory: 512, gpus: 1 },
        servingTool: 'KFSERVING',
      },
      place,
    );
    expect(old).toMatchObject({
      model: { name: 'iris', version: 1 },
      resources: { cores: 2, memoryMb: 512, gpus: 1 },
      remote: { server: 'PYTHON', tool: 'KSERVE', batching: { enabled: true }, topic: { name: 'NONE' } },
    });
  });
});

describe('request', () => {
  it('is what the official client sends for a new one', () => {
    expect(toRequest(definition(), 'demo', KSERVE)).toEqual({
      ...SENT,
      predictorResources: {
        requests: { cores: 0.2, memory: 32, gpus: 0 },
        limits: { cores: 1, memory: 1024, gpus: 0 },
      },
      inferenceLogging: 'ALL',
      kafkaTopicDTO: { name: 'CREATE', numOfReplicas: 1, numOfPartitions: 1 },
    });
  });

  it('has the fields of its version', () => {
    const facts = (major: number, minor: number) => ({ version: { major, minor }, hasKserve: true });
    const at = (major: number, minor: number) => toRequest(definition(), 'demo', facts(major, minor));
    expect(at(4, 4)).toMatchObject({ artifactVersion: -1, apiProtocol: 'REST' });
    expect(at(5, 2)).toMatchObject({ predictorScalingConfig: { minInstances: 1 } });
    expect(at(5, 2)).not.toHaveProperty('artifactVersion');
    expect(toRequest(definition(), 'demo', { hasKserve: false })).toMatchObject({
      servingTool: 'DEFAULT',
      artifactVersion: -1,
    });
    expect(toVersion('4.2.0-SNAPSHOT')).toEqual({ major: 4, minor: 2 });
    expect(toVersion('main')).toBeUndefined();
  });

  it('asks for the same again when what was read is sent back', () => {
    const resources = { requests: { cores: 0.3, memory: 40, gpus: 0 }, limits: { cores: 1, memory: 99, gpus: 0 } };
    const before = view({
      transformerResources: resources,
      transformer: 'transf.py',
      requestedTransformerInstances: 1,
      tags: ['a'],
      status: 'Running',
    });
    const read = toDefinition(before, place);
    const sent = toRequest(read, 'demo', KSERVE, before) as ServingView;
    expect(sent.tags).toEqual(['a']);
    expect(sent.status).toBeUndefined();
    expect(sent).toMatchObject({ id: 7, artifactVersion: 2, predictor: 'predict.py', transformer: 'transf.py' });
    expect(sent.transformerResources).toEqual(resources);
    expect(toDefinition(sent, place)).toEqual(read);
    const { transformer, ...without } = read;
    expect(transformer).toBe('transf.py');
    expect(Object.keys(toRequest(without, 'demo', KSERVE, before)).join(' ')).not.toMatch(/transformer/i);
  });
});

describe('rules', () => {
  const remote = (more: Partial<RemoteDefinition>): RemoteDefinition => ({ ...remoteDefaults(KSERVE), ...more });
  const check = (more: Parameters<typeof definition>[1], facts = KSERVE, limits = {}) =>
    checkForHopsworks(definition(more?.name ?? 'iris', more), facts, limits);

  it('has nothing against what is right', () => {
    expect(check({})).toBeUndefined();
    expect(check({ name: 'Iris', remote: remote({ tool: 'DEFAULT' }) })).toBeUndefined();
  });

  it.each([
    [{ name: 'a b' }, 'letters and digits'],
    [{ name: 'Iris' }, 'small letters only: name it iris'],
    [{ script: 'a.ipynb' }, '.py file'],
    [{ script: '' }, 'needs a Predict script'],
    [{ model: { name: 'iris', version: 0 } }, 'version'],
    [{ artifact: 3 }, 'cannot change'],
    [{ transformer: 'a/t.py', remote: remote({ tool: 'DEFAULT' }) }, 'KServe only'],
    [{ transformer: 't.txt' }, '.ipynb'],
    [{ remote: remote({ topic: { name: 'NONE' } }) }, 'choose one'],
    [{ remote: remote({ inferenceLogging: 'NONE' }) }, 'Say what is logged'],
    [{ remote: remote({ tool: 'DEFAULT', inferenceLogging: 'PREDICTIONS' }) }, 'choose ALL'],
    [{ remote: remote({ topic: { name: 'CREATE', partitions: 0 } }) }, 'partition'],
    [{ remote: remote({ framework: 'TENSORFLOW' }) }, 'TensorFlow Serving'],
    [{ remote: remote({ server: 'TENSORFLOW_SERVING' }) }, 'no Predict script'],
    [{ remote: remote({ server: 'VLLM' }) }, '4.2 or later'],
    [{ remote: remote({ tool: 'DEFAULT', batching: { enabled: true } }) }, 'Only KServe batches'],
    [{ remote: remote({ requests: { cores: 2, memoryMb: 1, gpus: 0 } }) }, 'requested than the limit'],
    [{ replicas: { min: 0.5, max: 1 } }, 'whole number'],
  ])('refuses %j', (more, text) => {
    expect(check(more)).toContain(text);
  });

  it('keeps the limits of the cluster', () => {
    expect(check({}, { ...KSERVE, hasKserve: false })).toBeUndefined();
    expect(check({ remote: remote({ tool: 'KSERVE' }) }, { ...KSERVE, hasKserve: false })).toContain('no KServe');
    expect(check({ replicas: { min: 5, max: 5 } }, KSERVE, { maxReplicas: 4 })).toContain('at most 4 replicas');
    expect(check({}, KSERVE, { minReplicas: 0 })).toContain('scale to zero');
    expect(check({}, KSERVE, { memoryMb: 512 })).toContain('at most 512 MB');
    expect(check({}, KSERVE, { memoryMb: -1, maxReplicas: -1 })).toBeUndefined();
  });
});
