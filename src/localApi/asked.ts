import { numberOf, objectOf, textOf, type Json } from './json';

/** A deployment as a client asks for it, read and with Hopsworks' defaults; nothing of it is checked yet. */
export interface Asked {
  readonly id: number | undefined;
  readonly name: string | undefined;
  readonly modelPath: string | undefined;
  readonly modelName: string | undefined;
  readonly modelVersion: number | undefined;
  readonly modelServer: string | undefined;
  readonly modelFramework: string;
  readonly servingTool: string | undefined;
  readonly artifactVersion: number | undefined;
  readonly predictor: string | undefined;
  readonly transformer: string | undefined;
  readonly topic: string | undefined;
  readonly logging: string | undefined;
  readonly instances: number | undefined;
  readonly transformerInstances: number | undefined;
  readonly requests: Amounts;
  readonly limits: Amounts;
  readonly batching: Batching;
  readonly description: string;
  /** What was sent, to be told again as it is. */
  readonly wire: Json;
}

/** -1: no limit. */
export interface Amounts {
  readonly cores: number;
  readonly memory: number;
  readonly gpus: number;
}

export interface Batching {
  readonly isOn: boolean;
  readonly hasNumbers: boolean;
  readonly maxBatchSize: number | undefined;
}

const SERVERS = ['PYTHON', 'TENSORFLOW_SERVING'];
const TOOLS = ['DEFAULT', 'KSERVE'];
const FRAMEWORKS = ['TENSORFLOW', 'PYTHON', 'SKLEARN', 'TORCH'];
const LOGGING = ['ALL', 'PREDICTIONS', 'MODEL_INPUTS'];

/** A word that Hopsworks does not know counts as not sent. */
export function toAsked(sent: Json): Asked {
  const body = withModelPath(sent);
  const modelPath = textOf(body, 'modelPath')?.replace(/\/+$/, '');
  // The word up to 2.4.
  const server = textOf(body, 'modelServer') === 'FLASK' ? 'PYTHON' : word(body, 'modelServer', SERVERS);
  const tool = textOf(body, 'servingTool') === 'KFSERVING' ? 'KSERVE' : word(body, 'servingTool', TOOLS);
  const artifact = body.artifactVersion;
  const resources = objectOf(body, 'predictorResources') ?? {};
  const older = objectOf(body, 'predictorResourceConfig');
  return {
    id: numberOf(body, 'id'),
    name: textOf(body, 'name'),
    modelPath,
    modelName: textOf(body, 'modelName') ?? modelPath?.replace(/^\/Projects\/[^/]+\/Models\//, '').split('/')[0],
    modelVersion: numberOf(body, 'modelVersion'),
    modelServer: server,
    modelFramework:
      word(body, 'modelFramework', FRAMEWORKS) ?? (server === 'TENSORFLOW_SERVING' ? 'TENSORFLOW' : 'SKLEARN'),
    servingTool: tool,
    artifactVersion:
      artifact === 'CREATE' || artifact === -1 || artifact === null ? undefined : numberOf(body, 'artifactVersion'),
    predictor: textOf(body, 'predictor'),
    transformer: textOf(body, 'transformer'),
    topic: topicOf(body),
    logging: word(body, 'inferenceLogging', LOGGING),
    instances: numberOf(body, 'requestedInstances'),
    transformerInstances: numberOf(body, 'requestedTransformerInstances'),
    requests: amounts(objectOf(resources, 'requests') ?? older, { cores: 0.2, memory: 32, gpus: 0 }),
    limits: amounts(objectOf(resources, 'limits') ?? older, { cores: -1, memory: -1, gpus: -1 }),
    batching: batchingOf(body, tool === 'KSERVE'),
    description: textOf(body, 'description') ?? '',
    wire: body,
  };
}

/** Up to 2.4 the path of a Python model is that of its script, in the folder of its version. */
function withModelPath(body: Json): Json {
  const script = textOf(body, 'modelPath');
  const [, modelPath] = /^(.*\/?Models\/[^/]+)\/\d+\/.+\.py$/.exec(script ?? '') ?? [];
  return modelPath === undefined ? body : { ...body, modelPath, predictor: textOf(body, 'predictor') ?? script };
}

function word(body: Json, field: string, words: readonly string[]): string | undefined {
  const text = textOf(body, field);
  return text !== undefined && words.includes(text) ? text : undefined;
}

function topicOf(body: Json): string | undefined {
  const name = textOf(objectOf(body, 'kafkaTopicDTO') ?? {}, 'name');
  return name === 'NONE' ? undefined : name;
}

function amounts(json: Json | undefined, fallback: Amounts): Amounts {
  return {
    cores: numberOf(json ?? {}, 'cores') ?? fallback.cores,
    memory: numberOf(json ?? {}, 'memory') ?? fallback.memory,
    gpus: numberOf(json ?? {}, 'gpus') ?? fallback.gpus,
  };
}

/** KServe batches as soon as there is a number for it. */
function batchingOf(body: Json, isKServe: boolean): Batching {
  const json = objectOf(body, 'batchingConfiguration') ?? {};
  const hasNumbers = ['maxBatchSize', 'maxLatency', 'timeout'].some((field) => numberOf(json, field) !== undefined);
  return {
    isOn: json.batchingEnabled === true || body.batchingEnabled === true || (isKServe && hasNumbers),
    hasNumbers,
    maxBatchSize: numberOf(json, 'maxBatchSize'),
  };
}
