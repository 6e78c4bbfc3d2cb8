import { afterEach, beforeEach, expect, it } from 'vitest';
import { ApiPlace, deployment, type Answer } from './apiPlace';

type Change = Readonly<Record<string, unknown>>;
/** `usrMsg` is that of the contract, where it tells one. */
type Row = readonly [rule: string, change: Change, status: number, errorCode: number, usrMsg: string | undefined];

let place: ApiPlace;
beforeEach(async () => {
  place = await new ApiPlace().open(3);
  await place.addModel();
});
afterEach(() => place.dispose());

const put = (change: Change): Promise<Answer> => place.inProject('PUT', '/serving', { body: deployment(change) });
const TF = { modelServer: 'TENSORFLOW_SERVING', modelFramework: 'TENSORFLOW', predictor: null };
const OF_MODEL = '/Projects/demo/Models/iris/1/';
const logged = (name: string, inferenceLogging: string | null): Change => ({
  kafkaTopicDTO: { name },
  inferenceLogging,
});
const amounts = (requests: Change, limits: Change): Change => ({ predictorResources: { requests, limits } });
const batching = (more: Change, servingTool = 'DEFAULT'): Change => ({ servingTool, batchingConfiguration: more });

/** The table of the contract (2.6), in its order, for what is new. Not in it: what only a cluster has. */
const NEW: readonly Row[] = rows([
  ['no name', { name: null }, 422, 120001, 'Serving name not provided'],
  ['an empty name', { name: '' }, 422, 120001, 'Serving name not provided'],
  ['a space', { name: 'two words' }, 422, 120001, 'Serving name cannot contain spaces'],
  ['other signs', { name: 'a-b' }, 422, 120001, 'Serving name must follow regex: "[a-zA-Z0-9]+"'],
  [
    'capitals with KServe',
    { name: 'Iris' },
    422,
    120001,
    "Serving name must consist of lower case alphanumeric characters, '-' or '.', and start and end with an alphanumeric character",
  ],
  ['no path', { modelPath: null }, 422, 120001, 'Model path not provided'],
  ['no version', { modelVersion: null }, 422, 120001, 'Model version not provided'],
  ['no server', { modelServer: null }, 422, 120001, 'Model server not provided or unsupported'],
  ['an unknown server', { modelServer: 'NOSUCH' }, 422, 120001, 'Model server not provided or unsupported'],
  ['no such version', { modelVersion: 7 }, 400, 240006],
  ['TF without its files', TF, 400, 240017, 'Model path does not respect the Tensorflow standard'],
  [
    'two model files',
    { modelPath: '/Projects/demo/Models/two', modelName: 'two', modelFramework: 'SKLEARN', predictor: null },
    400,
    240017,
    'Model path cannot contain more than one model file (i.e., joblib or pickle files)',
  ],
  [
    'neither model nor script',
    { modelPath: '/Projects/demo/Models/bare', modelName: 'bare', modelFramework: 'SKLEARN', predictor: null },
    400,
    240017,
    'Model path requires either a python script or model file (i.e., joblib or pickle files)',
  ],
  [
    'only a script, and none is named',
    { modelPath: '/Projects/demo/Models/code', modelName: 'code', modelFramework: 'SKLEARN', predictor: null },
    400,
    240017,
    'KServe deployments without predictor script require a model file',
  ],
  [
    'TF in Python',
    { modelFramework: 'TENSORFLOW' },
    422,
    120001,
    'Tensorflow models require Tensorflow Serving server',
  ],
  [
    'Torch in TF',
    { ...TF, modelPath: '/Projects/demo/Models/tf', modelName: 'tf', modelFramework: 'TORCH' },
    422,
    120001,
    'Torch models require Python model server',
  ],
  ['another name of the model', { modelName: 'other' }, 422, 120001, 'Model name does not match the model path'],
  ['no tool', { servingTool: null }, 422, 120001, 'Serving tool not provided or invalid'],
  ['an unknown tool', { servingTool: 'NOSUCH' }, 422, 120001, 'Serving tool not provided or invalid'],
  [
    'an artifact for TF',
    { ...TF, modelPath: '/Projects/demo/Models/tf', modelName: 'tf', servingTool: 'DEFAULT', artifactVersion: 2 },
    400,
    240018,
    'Default deployments with Tensorflow Serving only support MODEL-ONLY artifacts',
  ],
  [
    'a script in MODEL-ONLY',
    { artifactVersion: 0 },
    400,
    240019,
    'Predictors and transformers cannot be used in MODEL-ONLY artifacts',
  ],
  [
    'an artifact without a script',
    { artifactVersion: 3, predictor: null, modelFramework: 'SKLEARN' },
    400,
    240019,
    'Other than MODEL-ONLY artifacts require a predictor or transformer',
  ],
  [
    'another script for an artifact',
    { artifactVersion: 3 },
    400,
    240019,
    'Existing artifacts cannot be modified. To change predictors or transformers, create a new artifact',
  ],
  [
    'no such artifact',
    { artifactVersion: 3, predictor: 'predict.py' },
    422,
    120001,
    'Artifact with version 3 does not exist in model iris with version 1',
  ],
  [
    'a script with TF',
    { ...TF, modelPath: '/Projects/demo/Models/tf', modelName: 'tf', predictor: `${OF_MODEL}predict.py` },
    400,
    240020,
    'Predictors are not supported with Tensorflow Serving',
  ],
  [
    'a script of another kind',
    { predictor: `${OF_MODEL}model.pkl` },
    422,
    120001,
    'Predictor script should have a valid extension: .py',
  ],
  [
    'a transformer of another kind',
    { transformer: `${OF_MODEL}model.pkl` },
    422,
    120001,
    'Transformer script should have a valid extension: .py, .ipynb',
  ],
  ['no such script', { predictor: '/Projects/demo/Resources/no.py' }, 400, 240016, 'Predictor script does not exist'],
  ['no such transformer', { transformer: `${OF_MODEL}no.py` }, 400, 240016, 'Transformer script does not exist'],
  [
    'no script with the default tool',
    { servingTool: 'DEFAULT', predictor: null, modelFramework: 'SKLEARN' },
    400,
    240018,
    'Default deployments require a predictor',
  ],
  [
    'no script for Python',
    { predictor: null },
    422,
    120001,
    'Predictor scripts are required in custom python deployments',
  ],
  [
    'no script for Torch',
    { predictor: null, modelFramework: 'TORCH' },
    422,
    120001,
    'Predictor scripts are required in torch deployments',
  ],
  [
    'a transformer without KServe',
    { servingTool: 'DEFAULT', transformer: `${OF_MODEL}predict.py` },
    400,
    240021,
    'Transformers are only supported on KServe deployments',
  ],
  ['no such topic', logged('nosuch', 'ALL'), 400, 240022],
  [
    'a topic of another schema',
    logged('plain', 'ALL'),
    400,
    240023,
    "Inference logging requires a Kafka topic with schema 'inferenceschema'",
  ],
  [
    'a new schema with the default tool',
    { ...logged('fourth', 'ALL'), servingTool: 'DEFAULT' },
    400,
    240023,
    'Inference logging in default deployments requires schema version 3 or lower',
  ],
  [
    'an old schema with KServe',
    logged('third', 'ALL'),
    400,
    240023,
    'Inference logging in KServe deployments requires schema version 4 or greater',
  ],
  [
    'a log without a topic',
    logged('NONE', 'ALL'),
    422,
    120001,
    'Inference logger mode cannot be provided without a Kafka topic',
  ],
  [
    'a topic without a log',
    logged('fourth', null),
    422,
    120001,
    'A valid inference logger mode must be provided with a Kafka topic',
  ],
  [
    'a part of the log with the default tool',
    { ...logged('third', 'PREDICTIONS'), servingTool: 'DEFAULT' },
    400,
    240024,
    'Fine-grained inference logging only supported in KServe deployments',
  ],
  ['no partition', { ...logged('CREATE', 'ALL'), kafkaTopicDTO: { name: 'CREATE', numOfPartitions: 0 } }, 400, 190015],
  ['no instances', { requestedInstances: null }, 422, 120001, 'Number of instances not provided'],
  [
    'too many instances',
    { requestedInstances: 65 },
    422,
    120001,
    'Number of instances exceeds maximum number of instances allowed of 64 instances',
  ],
  [
    'instances of no transformer',
    { requestedTransformerInstances: 1 },
    422,
    120001,
    'Number of transformer instances cannot be provided without a transformer',
  ],
  [
    'a transformer without instances',
    { transformer: `${OF_MODEL}predict.py` },
    422,
    120001,
    'Number of transformer instances must be provided with a transformer',
  ],
  [
    'more cores than the limit',
    amounts({ cores: 2 }, { cores: 1 }),
    422,
    120001,
    'Requested cores allocation of 2 exceeds maximum core allocation of 1 cores',
  ],
  [
    'more memory than the limit',
    amounts({ memory: 900 }, { memory: 100 }),
    422,
    120001,
    'Requested memory allocation of 900 exceeds maximum memory allocation of 100 MB',
  ],
  [
    'more GPUs than the limit',
    amounts({ gpus: 2 }, { gpus: 1 }),
    422,
    120001,
    'Requested gpus allocation of 2 exceeds maximum gpu allocation of 1 gpus',
  ],
  [
    'batching in Python',
    batching({ batchingEnabled: true, maxBatchSize: 3 }),
    400,
    240025,
    'Request batching is not supported in Python deployments without KServe',
  ],
  [
    'numbers of batching without KServe',
    batching({ batchingEnabled: false, maxLatency: 3 }),
    400,
    240025,
    'Fine-grained request batching is only supported in KServe deployments',
  ],
  ['a deployment that is not there', { id: 9 }, 404, 240000],
]);

it.each(NEW)('%s: %j is refused with %i %i', async (_rule, change, status, errorCode, usrMsg) => {
  await place.write('Models/two/1/a.pkl', '');
  await place.write('Models/two/1/b.joblib', '');
  await place.write('Models/bare/1/notes.txt', '');
  await place.write('Models/code/1/predict.py', '');
  await place.write('Models/tf/1/saved_model.pb', '');
  await place.write('Models/tf/1/variables/a', '');
  for (const [name, schemaName, schemaVersion] of [
    ['third', 'inferenceschema', 3],
    ['fourth', 'inferenceschema', 4],
    ['plain', undefined, undefined],
  ] as const) {
    const body = JSON.stringify({ name, numOfReplicas: 1, numOfPartitions: 1, schemaName, schemaVersion });
    expect((await place.inProject('POST', '/kafka/topics', { body })).status).toBe(201);
  }
  const answer = await put(change);
  expect(answer).toMatchObject({ status, json: { errorCode, ...(usrMsg === undefined ? {} : { usrMsg }) } });
  expect(place.world.texts.size).toBe(0);
  const topics = (await place.inProject('GET', '/kafka/topics')).json as { count: number };
  expect(topics.count).toBe(3);
});

/** The same, of one that is there: with the number 1. */
const CHANGED: readonly Row[] = rows([
  ['the same name, another number', { id: null }, 400, 240011],
  ['another server', { ...TF, id: 1 }, 400, 240013],
  [
    'an artifact without its script',
    { id: 1, artifactVersion: 1, predictor: null, modelFramework: 'SKLEARN' },
    400,
    240019,
    'Existing artifacts cannot be modified. To change predictors or transformers, create a new artifact',
  ],
  [
    'a script that is not in the artifact',
    { id: 1, artifactVersion: 1, predictor: 'other.py' },
    422,
    120001,
    'Predictor script cannot change in an existent artifact',
  ],
  [
    'a transformer that is not in the artifact',
    { id: 1, artifactVersion: 1, predictor: 'predict.py', transformer: 'other.py', requestedTransformerInstances: 1 },
    422,
    120001,
    'Transformer script cannot change in an existent artifact',
  ],
]);

it.each(CHANGED)(
  '%s: %j of one that is there is refused with %i %i',
  async (_rule, change, status, errorCode, usrMsg) => {
    expect((await put({})).status).toBe(201);
    const before = place.world.texts.get('iris');
    const answer = await put(change);
    expect(answer).toMatchObject({ status, json: { errorCode, ...(usrMsg === undefined ? {} : { usrMsg }) } });
    expect(place.world.texts.get('iris')).toBe(before);
  },
);

it('has nothing against what is right', async () => {
  expect(await put({ artifactVersion: 'CREATE', ...batching({ maxBatchSize: 8 }, 'KSERVE') })).toMatchObject({
    status: 201,
  });
  expect(await put({ id: 1, artifactVersion: 1, predictor: 'predict.py' })).toMatchObject({ status: 201 });
});

it.each([
  ['PUT', '/serving', '', 422, 'serving was not provided'],
  ['PUT', '/serving', '[]', 422, 'serving was not provided'],
  ['GET', '/serving?modelVersion=1', '', 422, 'Cannot filter by model version without a model name'],
  ['POST', '/serving/1', '', 422, 'Command not provided'],
  ['POST', '/serving/1?action=JUMP', '', 404, 'action: JUMP'],
  [
    'GET',
    '/serving/1/logs?component=nosuch',
    '',
    422,
    'component not valid, possible values are predictor or transformer',
  ],
  [
    'GET',
    '/serving/1/logs?component=transformer',
    '',
    422,
    'Transformer logs only available in KServe deployments with transformer',
  ],
])('%s %s %s: %i', async (method, path, body, status, usrMsg) => {
  await put({});
  expect(await place.inProject(method, path, { body })).toMatchObject({ status, json: { usrMsg } });
});

function rows(short: readonly (readonly [string, Change, number, number, string?])[]): readonly Row[] {
  return short.map(([rule, change, status, errorCode, usrMsg]) => [rule, change, status, errorCode, usrMsg]);
}
