import type { RemoteDefinition, ServingDefinition } from '../../core/definition';
import { t } from '../../core/l10n';
import { checkModelName, checkServingName } from '../../core/names';
import type { ClusterLimits } from '../../core/remotePlace';
import { isFrom, remoteDefaults, type ServerFacts } from './request';

/** What Hopsworks would refuse, by its own rules and in their order, as far as no file has to be looked at for it. */
export function checkForHopsworks(
  definition: ServingDefinition,
  facts: ServerFacts,
  limits: ClusterLimits = {},
): string | undefined {
  const remote = definition.remote ?? remoteDefaults(facts);
  const checks = [
    () => checkServingName(definition.name),
    () => checkNameForTool(definition.name, remote),
    () => checkModelName(definition.model.name),
    () => (definition.model.version >= 1 ? undefined : t('Choose a version of the model')),
    () => checkTool(remote, facts),
    () => checkScripts(definition, remote),
    () => checkLogging(remote),
    () => checkReplicas(definition, remote, limits),
    () => checkResources(definition, remote, limits),
    () => checkBatching(remote),
  ];
  for (const check of checks) {
    const wrong = check();
    if (wrong !== undefined) {
      return wrong;
    }
  }
  return undefined;
}

function checkNameForTool(name: string, { tool }: RemoteDefinition): string | undefined {
  return tool === 'KSERVE' && name !== name.toLowerCase()
    ? t('KServe takes small letters only: name it {0}, or use the default tool', name.toLowerCase())
    : undefined;
}

function checkTool({ tool, server, framework }: RemoteDefinition, facts: ServerFacts): string | undefined {
  if (tool === 'KSERVE' && !facts.hasKserve) {
    return t('This Hopsworks has no KServe: use the default tool');
  }
  if (server === 'VLLM' && !isFrom(facts, 4, 2)) {
    return t('vLLM takes Hopsworks 4.2 or later');
  }
  if (framework === 'TENSORFLOW' && server !== 'TENSORFLOW_SERVING') {
    return t('TensorFlow models run in TensorFlow Serving');
  }
  return framework === 'TORCH' && server !== 'PYTHON' ? t('Torch models run in the Python server') : undefined;
}

function checkScripts(
  { script, transformer, artifact }: ServingDefinition,
  remote: RemoteDefinition,
): string | undefined {
  if (remote.server === 'TENSORFLOW_SERVING' && script !== '') {
    return t('TensorFlow Serving runs no Predict script');
  }
  if (script !== '' && !script.endsWith('.py')) {
    return t('A Predict script is a .py file');
  }
  if (remote.server === 'PYTHON' && script === '' && (remote.tool === 'DEFAULT' || needsScript(remote))) {
    return t('It needs a Predict script');
  }
  if (transformer !== undefined && remote.tool !== 'KSERVE') {
    return t('Transformers run with KServe only');
  }
  if (transformer !== undefined && !/\.(py|ipynb)$/.test(transformer)) {
    return t('A transformer is a .py or .ipynb file');
  }
  if (typeof artifact === 'number' && artifact > 0 && [script, transformer ?? ''].some((path) => path.includes('/'))) {
    return t('What an artifact holds cannot change: let a new artifact be created for another script');
  }
  return undefined;
}

function needsScript({ framework }: RemoteDefinition): boolean {
  return framework === undefined || framework === 'PYTHON' || framework === 'TORCH';
}

function checkLogging({ topic, inferenceLogging, tool }: RemoteDefinition): string | undefined {
  const logs = inferenceLogging !== 'NONE';
  if (topic.name === '') {
    return t('Choose a Kafka topic, CREATE or NONE');
  }
  if (logs && topic.name === 'NONE') {
    return t('Requests are logged to a Kafka topic: choose one, or log nothing');
  }
  if (!logs && topic.name !== 'NONE') {
    return t('Say what is logged to the Kafka topic, or use none');
  }
  if (topic.name === 'CREATE' && topic.partitions !== undefined && topic.partitions < 1) {
    return t('A Kafka topic has one partition or more');
  }
  return tool === 'DEFAULT' && logs && inferenceLogging !== 'ALL'
    ? t('The default tool logs requests and replies together: choose ALL, or use KServe')
    : undefined;
}

function checkReplicas(
  { replicas, transformer }: ServingDefinition,
  remote: RemoteDefinition,
  { minReplicas, maxReplicas }: ClusterLimits,
): string | undefined {
  const counts = [replicas.min, ...(transformer === undefined ? [] : [remote.transformer?.replicas ?? 1])];
  if (counts.some((count) => !Number.isInteger(count) || count < 0)) {
    return t('The number of replicas is a whole number from 0');
  }
  if (isLimit(maxReplicas) && counts.some((count) => count > maxReplicas)) {
    return t('This Hopsworks allows at most {0} replicas', maxReplicas);
  }
  return minReplicas === 0 && remote.tool === 'KSERVE' && counts.some((count) => count !== 0)
    ? t('This Hopsworks wants KServe to scale to zero: set the least number of replicas to 0')
    : undefined;
}

function checkResources(
  { resources }: ServingDefinition,
  { requests }: RemoteDefinition,
  limits: ClusterLimits,
): string | undefined {
  for (const [name, unit] of [
    ['cores', t('cores')],
    ['memoryMb', t('MB of memory')],
    ['gpus', t('GPUs')],
  ] as const) {
    const most = limits[name];
    if (isLimit(most) && Math.max(resources[name], requests?.[name] ?? 0) > most) {
      return t('This Hopsworks allows at most {0} {1}', most, unit);
    }
    if (resources[name] >= 0 && (requests?.[name] ?? 0) > resources[name]) {
      return t(
        'More {0} are requested than the limit allows: {1} of {2}',
        unit,
        requests?.[name] ?? 0,
        resources[name],
      );
    }
  }
  return undefined;
}

function checkBatching({ batching, server, tool }: RemoteDefinition): string | undefined {
  if (!batching.enabled || tool === 'KSERVE') {
    return undefined;
  }
  if (server === 'PYTHON') {
    return t('Only KServe batches the requests of a Predict script');
  }
  return [batching.maxRows, batching.maxLatencyMs, batching.timeoutSeconds].some((value) => value !== undefined)
    ? t('Only KServe takes numbers for batching')
    : undefined;
}

function isLimit(value: number | undefined): value is number {
  return value !== undefined && value >= 0;
}
