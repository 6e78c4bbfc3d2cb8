import type { RemoteDefinition, ServingDefinition } from '../../core/definition';
import { fromResources, resourcesOf } from './mapping';
import { ANSWER_ONLY, type ServingView } from './wire';

/** Not there: none. */
const OF_TRANSFORMERS = [
  'transformer',
  'requestedTransformerInstances',
  'transformerResources',
  'transformerScalingConfig',
];

/** What the server is, as far as it decides what it is asked. */
export interface ServerFacts {
  /** Undefined: it does not tell. */
  readonly version?: { readonly major: number; readonly minor: number };
  readonly hasKserve: boolean;
}

/** What a new serving on Hopsworks has where nothing else was said. */
export function remoteDefaults({ hasKserve }: ServerFacts): RemoteDefinition {
  return {
    server: 'PYTHON',
    tool: hasKserve ? 'KSERVE' : 'DEFAULT',
    topic: { name: 'CREATE' },
    inferenceLogging: 'ALL',
    batching: { enabled: false },
  };
}

/** "4.2.0-SNAPSHOT" in numbers. */
export function toVersion(text: string | undefined): ServerFacts['version'] {
  const found = /^\s*v?(\d+)\.(\d+)/.exec(text ?? '');
  return found ? { major: Number(found[1]), minor: Number(found[2]) } : undefined;
}

/** Whether it is this version or a later one; one that does not tell counts as 3.x. */
export function isFrom({ version }: ServerFacts, major: number, minor: number): boolean {
  const { major: ownMajor, minor: ownMinor } = version ?? { major: 3, minor: 0 };
  return ownMajor > major || (ownMajor === major && ownMinor >= minor);
}

/**
 * What is PUT for a definition. With `before`, it changes that serving: what this program knows nothing of stays as it
 * was, as Hopsworks takes every field that is not there as one to be emptied.
 */
export function toRequest(
  definition: ServingDefinition,
  project: string,
  facts: ServerFacts,
  before?: ServingView,
): Readonly<Record<string, unknown>> {
  const remote = definition.remote ?? remoteDefaults(facts);
  return {
    ...(before ? keptOf(before, definition.transformer !== undefined, facts) : {}),
    id: before?.id ?? null,
    name: definition.name,
    description: definition.description === '' ? null : definition.description,
    modelName: definition.model.name,
    modelPath: `/Projects/${project}/Models/${definition.model.name}`,
    modelVersion: definition.model.version,
    modelFramework: remote.framework ?? frameworkOf(remote.server),
    modelServer: remote.server,
    servingTool: remote.tool,
    predictor: toPath(definition.script, project),
    requestedInstances: definition.replicas.min,
    predictorResources: withRequests(definition.resources, remote.requests),
    inferenceLogging:
      remote.topic.name === 'NONE' || remote.inferenceLogging === 'NONE' ? null : remote.inferenceLogging,
    kafkaTopicDTO: toTopic(remote),
    batchingConfiguration: toBatching(remote.batching),
    ...toTransformer(definition, remote, project, before),
    ...byVersion(definition, remote, facts, before),
  };
}

function keptOf(before: ServingView, transforms: boolean, facts: ServerFacts): Readonly<Record<string, unknown>> {
  const dropped: readonly string[] = [
    ...ANSWER_ONLY,
    'batchingEnabled',
    // A number that is sent back would keep the script from being another one.
    ...(isFrom(facts, 4, 6) ? ['artifactVersion'] : []),
    ...(transforms ? [] : OF_TRANSFORMERS),
  ];
  return Object.fromEntries(Object.entries(before).filter(([name]) => !dropped.includes(name)));
}

function frameworkOf(server: RemoteDefinition['server']): string {
  return server === 'TENSORFLOW_SERVING' ? 'TENSORFLOW' : server === 'VLLM' ? 'LLM' : 'PYTHON';
}

/** A bare name is one that Hopsworks keeps already; null: none. */
function toPath(script: string, project: string): string | null {
  if (script === '') {
    return null;
  }
  return script.startsWith('/') || !script.includes('/') ? script : `/Projects/${project}/${script}`;
}

function withRequests(limits: ServingDefinition['resources'], requests?: ServingDefinition['resources']): unknown {
  const least = (wanted: number, limit: number): number => (limit < 0 ? wanted : Math.min(wanted, limit));
  const wanted = requests ?? { cores: 0.2, memoryMb: 32, gpus: Math.max(0, limits.gpus) };
  return {
    requests: {
      cores: least(wanted.cores, limits.cores),
      memory: least(wanted.memoryMb, limits.memoryMb),
      gpus: least(wanted.gpus, limits.gpus),
    },
    limits: fromResources(limits),
  };
}

function toTopic({ topic }: RemoteDefinition): unknown {
  if (topic.name === 'NONE') {
    return null;
  }
  const isNew = topic.name === 'CREATE';
  return {
    name: topic.name,
    ...(isNew || topic.copies !== undefined ? { numOfReplicas: topic.copies ?? 1 } : {}),
    ...(isNew || topic.partitions !== undefined ? { numOfPartitions: topic.partitions ?? 1 } : {}),
  };
}

function toBatching({ enabled, maxRows, maxLatencyMs, timeoutSeconds }: RemoteDefinition['batching']): unknown {
  return {
    batchingEnabled: enabled,
    ...(enabled && maxRows !== undefined ? { maxBatchSize: maxRows } : {}),
    ...(enabled && maxLatencyMs !== undefined ? { maxLatency: maxLatencyMs } : {}),
    ...(enabled && timeoutSeconds !== undefined ? { timeout: timeoutSeconds } : {}),
  };
}

function toTransformer(
  { transformer }: ServingDefinition,
  remote: RemoteDefinition,
  project: string,
  before: ServingView | undefined,
): Readonly<Record<string, unknown>> {
  if (transformer === undefined) {
    return {};
  }
  const limits = remote.transformer?.resources;
  const requests = before && resourcesOf(before, 'transformerResources')?.requests;
  return {
    transformer: toPath(transformer, project),
    requestedTransformerInstances: remote.transformer?.replicas ?? 1,
    ...(limits ? { transformerResources: withRequests(limits, requests) } : {}),
  };
}

function byVersion(
  definition: ServingDefinition,
  remote: RemoteDefinition,
  facts: ServerFacts,
  before: ServingView | undefined,
): Readonly<Record<string, unknown>> {
  const { min, max } = definition.replicas;
  const scaling = (name: string, wanted: Readonly<Record<string, number>>): unknown => {
    const old = before?.[name];
    return { ...(typeof old === 'object' && old !== null ? old : {}), ...wanted };
  };
  return {
    ...(isFrom(facts, 4, 6) ? {} : { artifactVersion: artifactOf(definition) }),
    ...(isFrom(facts, 4, 0) ? { apiProtocol: remote.protocol ?? 'REST' } : {}),
    ...(isFrom(facts, 4, 0) && remote.environment !== undefined
      ? { environmentDTO: { name: remote.environment } }
      : {}),
    ...(isFrom(facts, 4, 6)
      ? {
          predictorScalingConfig: scaling('predictorScalingConfig', {
            minInstances: min,
            ...(max > min ? { maxInstances: max } : {}),
          }),
          ...(definition.transformer === undefined
            ? {}
            : {
                transformerScalingConfig: scaling('transformerScalingConfig', {
                  minInstances: remote.transformer?.replicas ?? 1,
                }),
              }),
        }
      : {}),
  };
}

/** -1: a new one, 0: none but the model's own files. Ours of that name has the script in it, theirs must have none. */
function artifactOf({ artifact, script, transformer }: ServingDefinition): number {
  if (typeof artifact === 'number') {
    return artifact;
  }
  return artifact === 'MODEL-ONLY' && script === '' && transformer === undefined ? 0 : -1;
}
