import { DEFAULTS, type RemoteDefinition, type ServingDefinition } from '../../core/definition';
import { t } from '../../core/l10n';
import { isObject } from '../../core/objects';
import type { Replica, Serving, ServingRun, ServingState } from '../../core/serving';
import { toFailedStage, toStages } from './conditions';
import { toDetails } from './details';
import { toEndpoint, type Place } from './shownPlace';
import {
  dateAt,
  fieldsAt,
  numberAt,
  textAt,
  type RequestsAndLimits,
  type ServingStatus,
  type ServingView,
} from './wire';

const STATES: Readonly<Record<ServingStatus, ServingState>> = {
  Creating: 'creating',
  Created: 'stopped',
  Starting: 'starting',
  Failed: 'failed',
  Running: 'running',
  Idle: 'idle',
  Updating: 'updating',
  Stopping: 'stopping',
  Stopped: 'stopped',
};
/** Names that only old versions have. */
const OLD_STATES: Readonly<Record<string, ServingState>> = { STARTED: 'running', TRANSFORMING: 'updating' };
/** Reads another word for a value of theirs. */
const OLD_SERVERS: Readonly<Record<string, RemoteDefinition['server']>> = {
  FLASK: 'PYTHON',
  SKLEARN: 'PYTHON',
  TENSORFLOW: 'TENSORFLOW_SERVING',
};

/** Our state for a status of theirs, in any letters. */
export function toState(status: unknown): ServingState {
  const text = typeof status === 'string' ? status.toUpperCase() : '';
  const known = Object.entries(STATES).find(([name]) => name.toUpperCase() === text);
  return known?.[1] ?? OLD_STATES[text] ?? 'unknown';
}

/** What one of their servings is for us; never fails, whatever is in it. */
export function toServing(view: ServingView, place: Place): Serving {
  const state = toState(view.status);
  const reason = reasonOf(view, state);
  const run = toRun(view, state, place);
  return {
    ref: { backend: place.backend, name: view.name },
    kind: 'hopsworks',
    state,
    ...(reason === undefined ? {} : { reason }),
    definition: toDefinition(view, place),
    differences: [],
    ...(run ? { run } : {}),
    remote: toDetails(view, place),
  };
}

/** What was asked for, as far as it can be told from what is there. */
export function toDefinition(view: ServingView, { project }: Pick<Place, 'project'>): ServingDefinition {
  const path = textAt(view, 'modelPath') ?? textAt(view, 'artifactPath');
  const resources = resourcesOf(view, 'predictorResources');
  const replicas = numberAt(view, 'requestedInstances') ?? 0;
  const scaling = fieldsAt(view, 'predictorScalingConfig');
  const min = numberAt(scaling, 'minInstances') ?? replicas;
  const transformer = textAt(view, 'transformer');
  const artifact = numberAt(view, 'artifactVersion');
  return {
    ...DEFAULTS,
    name: view.name,
    backend: 'hopsworks',
    model: {
      name: textAt(view, 'modelName') ?? path?.split('/')[4] ?? '',
      version: numberAt(view, 'modelVersion') ?? 0,
    },
    script: belowProject(textAt(view, 'predictor') ?? '', project),
    artifact: artifact === 0 ? 'MODEL-ONLY' : artifact !== undefined && artifact > 0 ? artifact : 'CREATE',
    replicas: { min, max: Math.max(min, numberAt(scaling, 'maxInstances') ?? replicas) },
    resources: resources?.limits ?? DEFAULTS.resources,
    ...(transformer === undefined ? {} : { transformer: belowProject(transformer, project) }),
    description: textAt(view, 'description') ?? '',
    remote: toRemote(view, resources?.requests, transformer !== undefined),
  };
}

function toRemote(view: ServingView, requests: RemoteDefinition['requests'], transforms: boolean): RemoteDefinition {
  const topic = fieldsAt(view, 'kafkaTopicDTO');
  const [partitions, copies] = [numberAt(topic, 'numOfPartitions'), numberAt(topic, 'numOfReplicas')];
  const framework = textAt(view, 'modelFramework');
  const environment = textAt(fieldsAt(view, 'environmentDTO'), 'name');
  const protocol = textAt(view, 'apiProtocol');
  const resources = resourcesOf(view, 'transformerResources')?.limits;
  return {
    server: serverOf(textAt(view, 'modelServer') ?? textAt(view, 'servingType')),
    tool: /^(KSERVE|KFSERVING)$/i.test(textAt(view, 'servingTool') ?? '') ? 'KSERVE' : 'DEFAULT',
    ...(framework === undefined ? {} : { framework }),
    topic: {
      name: textAt(topic, 'name') ?? 'NONE',
      ...(partitions === undefined ? {} : { partitions }),
      ...(copies === undefined ? {} : { copies }),
    },
    inferenceLogging: loggingOf(textAt(view, 'inferenceLogging')),
    ...(requests ? { requests } : {}),
    batching: batchingOf(view),
    ...(transforms
      ? {
          transformer: {
            replicas: numberAt(view, 'requestedTransformerInstances') ?? 0,
            ...(resources ? { resources } : {}),
          },
        }
      : {}),
    ...(environment === undefined ? {} : { environment }),
    ...(protocol === 'REST' || protocol === 'GRPC' ? { protocol } : {}),
  };
}

function serverOf(text: string | undefined): RemoteDefinition['server'] {
  const name = text?.toUpperCase() ?? '';
  return name === 'TENSORFLOW_SERVING' || name === 'VLLM' ? name : (OLD_SERVERS[name] ?? 'PYTHON');
}

function loggingOf(text: string | undefined): RemoteDefinition['inferenceLogging'] {
  return text === 'ALL' || text === 'PREDICTIONS' || text === 'MODEL_INPUTS' ? text : 'NONE';
}

function batchingOf(view: ServingView): RemoteDefinition['batching'] {
  const batching = fieldsAt(view, 'batchingConfiguration');
  const [rows, latency, timeout] = ['maxBatchSize', 'maxLatency', 'timeout'].map((name) => numberAt(batching, name));
  return {
    enabled: (batching.batchingEnabled ?? view.batchingEnabled) === true,
    ...(rows === undefined ? {} : { maxRows: rows }),
    ...(latency === undefined ? {} : { maxLatencyMs: latency }),
    ...(timeout === undefined ? {} : { timeoutSeconds: timeout }),
  };
}

type Resources = ServingDefinition['resources'];

/** Undefined: Hopsworks does not tell them. */
export function resourcesOf(
  view: ServingView,
  name: 'predictorResources' | 'transformerResources',
): { readonly requests?: Resources; readonly limits: Resources } | undefined {
  const all = view[name];
  if (isObject(all)) {
    return {
      requests: toResources(fieldsAt(all, 'requests'), { cores: 0.2, memoryMb: 32, gpus: 0 }),
      limits: toResources(fieldsAt(all, 'limits'), { cores: -1, memoryMb: -1, gpus: -1 }),
    };
  }
  const old = name === 'predictorResources' ? view.predictorResourceConfig : undefined;
  return isObject(old) ? { limits: toResources(old, { cores: 1, memoryMb: 2048, gpus: 0 }) } : undefined;
}

function toResources(fields: Readonly<Record<string, unknown>>, without: Resources): Resources {
  return {
    cores: numberAt(fields, 'cores') ?? without.cores,
    memoryMb: numberAt(fields, 'memory') ?? without.memoryMb,
    gpus: numberAt(fields, 'gpus') ?? without.gpus,
  };
}

/** The other way round. */
export function fromResources({ cores, memoryMb, gpus }: Resources): RequestsAndLimits['limits'] {
  return { cores, memory: memoryMb, gpus };
}

/** A path as the workspace has it: `/Projects/demo/Models/iris/1/predict.py` is `Models/iris/1/predict.py`. */
function belowProject(path: string, project: string): string {
  const root = `/Projects/${project}/`;
  const whole = /^(hdfs|hopsfs):\/\/[^/]*/i.exec(path);
  const plain = whole ? path.slice(whole[0].length) : path;
  return plain.startsWith(root) ? plain.slice(root.length) : plain;
}

function reasonOf(view: ServingView, state: ServingState): string | undefined {
  const said = textAt(fieldsAt(view, 'condition'), 'reason') ?? lastCondition(view.conditions);
  switch (state) {
    case 'failed':
      return said ?? t('Hopsworks does not say why it failed');
    case 'starting':
    case 'creating':
    case 'updating':
      return said;
    case 'unknown':
      return typeof view.status === 'string'
        ? t('Hopsworks says {0}', JSON.stringify(view.status.slice(0, 60)))
        : t('Hopsworks does not tell its state');
    default:
      return undefined;
  }
}

function lastCondition(conditions: unknown): string | undefined {
  const last: unknown = Array.isArray(conditions) ? conditions.at(-1) : undefined;
  return typeof last === 'string' && last !== '' ? last : undefined;
}

function toRun(view: ServingView, state: ServingState, place: Place): ServingRun | undefined {
  const there = dateAt(view, 'deployed') ?? dateAt(view, 'created');
  const since = there && (place.toHere?.(there) ?? there);
  if (since === undefined || state === 'stopped' || state === 'creating') {
    return undefined;
  }
  const failure = state === 'failed' ? toFailedStage(view) : undefined;
  const endpoint = toEndpoint(view, place);
  return {
    startedAt: since,
    stages: toStages(view, state),
    replicas: toReplicas(view, state),
    ...(endpoint ? { endpoint } : {}),
    ...(failure ? { failure } : {}),
  };
}

/** Hopsworks only counts them. */
function toReplicas(view: ServingView, state: ServingState): readonly Replica[] {
  const [ready, wanted] = [numberAt(view, 'availableInstances') ?? 0, numberAt(view, 'requestedInstances') ?? 0];
  const comes = state === 'starting' || state === 'updating';
  return Array.from({ length: Math.min(1000, Math.max(0, ready, comes ? wanted : 0)) }, (_, index) => ({
    number: index + 1,
    state: index < ready ? 'ready' : 'starting',
    restarts: 0,
    requests: 0,
  }));
}
