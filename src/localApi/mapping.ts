import path from 'node:path';
import { DEFAULTS, type LocalBackendKind, type ServingDefinition } from '../core/definition';
import type { Serving, StageName } from '../core/serving';
import { toAsked, type Asked } from './asked';
import type { Checked } from './checkDeployment';
import { objectOf, numberOf, withoutNulls, type Json } from './json';
import type { Places } from './places';
import { namespaceOf, type ApiProject } from './project';
import { argument } from './problem';
import type { DeploymentRecord } from './records';
import { conditionOf, type Status } from './status';

/** Replicas of one serving on this computer at the most. */
const MOST = 64;

/** What a client asks for, as a definition; what Hopsworks has no word for stays as it was. */
export function toDefinition(
  asked: Asked,
  { name, model, script, transformer }: Checked & { readonly script: string },
  /** What it was, or where a new one runs. */
  before: ServingDefinition | LocalBackendKind,
): ServingDefinition {
  const known: ServingDefinition =
    typeof before === 'object' ? before : { ...DEFAULTS, name, model, script, backend: before };
  const { transformer: _old, ...base } = known;
  const min = Math.max(1, asked.instances ?? 1);
  if (min > MOST) {
    throw argument(`Number of instances exceeds maximum number of instances allowed of ${MOST} instances`);
  }
  const scaling = objectOf(asked.wire, 'predictorScalingConfig') ?? {};
  const max = Math.min(MOST, Math.max(min, numberOf(scaling, 'maxInstances') ?? min));
  return {
    ...base,
    name,
    model,
    script,
    artifact: 'CREATE',
    replicas: { min, max },
    resources: resourcesOf(asked),
    ...(transformer === undefined ? {} : { transformer }),
    batching: {
      ...base.batching,
      enabled: asked.batching.isOn,
      ...(asked.batching.maxBatchSize === undefined ? {} : { maxRows: Math.max(1, asked.batching.maxBatchSize) }),
    },
    description: asked.description || base.description,
  };
}

function resourcesOf({ limits, requests }: Asked): ServingDefinition['resources'] {
  const { cores, memoryMb } = DEFAULTS.resources;
  return {
    cores: limits.cores > 0 ? limits.cores : Math.max(requests.cores, cores),
    memoryMb: Math.round(limits.memory > 0 ? limits.memory : Math.max(requests.memory, memoryMb)),
    gpus: Math.max(0, Math.round(limits.gpus > 0 ? limits.gpus : requests.gpus)),
  };
}

/** What a client would have sent for a serving that was made here. */
export function toWire(definition: ServingDefinition, places: Places): Json {
  const { name, model, script, transformer, replicas, resources, batching, description } = definition;
  const amounts = { cores: resources.cores, memory: resources.memoryMb, gpus: resources.gpus };
  const isLower = !/[A-Z]/.test(name);
  return {
    name,
    modelName: model.name,
    modelPath: places.toPath(`Models/${model.name}`),
    modelVersion: model.version,
    modelFramework: 'PYTHON',
    modelServer: 'PYTHON',
    servingTool: isLower ? 'KSERVE' : 'DEFAULT',
    predictor: places.toPath(script),
    ...(transformer === undefined ? {} : { transformer: places.toPath(transformer), requestedTransformerInstances: 1 }),
    requestedInstances: replicas.min,
    predictorResources: { requests: { cores: 0.2, memory: 32, gpus: 0 }, limits: amounts },
    batchingConfiguration: { batchingEnabled: isLower && batching.enabled },
    ...(description === '' ? {} : { description }),
  };
}

/** A deployment as it is told; `now` only where Hopsworks tells it, not in the answer to a change. */
export function toView(
  project: ApiProject,
  record: DeploymentRecord,
  { definition, run, reason }: Serving,
  now?: { readonly state: Status; readonly stage?: StageName },
): Json {
  const state = now?.state;
  const { generation } = project;
  const asked = toAsked(record.wire);
  const { wire } = asked;
  const { model } = definition;
  return withoutNulls({
    id: record.id,
    name: definition.name,
    description: definition.description === '' ? undefined : definition.description,
    modelPath: `/Projects/${project.name}/Models/${model.name}`,
    modelName: model.name,
    modelVersion: model.version,
    modelFramework: asked.modelFramework,
    modelServer: asked.modelServer ?? 'PYTHON',
    servingTool: asked.servingTool ?? 'DEFAULT',
    predictor: path.posix.basename(definition.script),
    transformer: definition.transformer && path.posix.basename(asked.transformer ?? definition.transformer),
    requestedInstances: instancesOf(asked, definition),
    requestedTransformerInstances: definition.transformer && (asked.transformerInstances ?? 1),
    predictorResources: { requests: asked.requests, limits: asked.limits },
    transformerResources: definition.transformer && objectOf(wire, 'transformerResources'),
    batchingConfiguration: objectOf(wire, 'batchingConfiguration') ?? { batchingEnabled: false },
    ...(asked.topic === undefined
      ? {}
      : { kafkaTopicDTO: objectOf(wire, 'kafkaTopicDTO'), inferenceLogging: asked.logging }),
    created: record.created,
    creator: project.user.fullName,
    deployed: record.deployed,
    revision: record.revision,
    ...(generation === 5 ? {} : { artifactVersion: artifactOf(run?.artifact) ?? 1 }),
    ...(generation === 3 ? {} : ofLater(project, record, asked, definition)),
    ...(state === undefined
      ? {}
      : {
          status: state,
          condition: conditionOf(state, record.failure ?? run?.failure?.message ?? reason, now?.stage),
          availableInstances: state === 'Running' ? readyOf(run, definition) : 0,
          ...(definition.transformer && { availableTransformerInstances: state === 'Running' ? 1 : 0 }),
          hopsworksInferencePath: `/project/${project.id}/inference/models/${definition.name}`,
          modelServerInferencePath: asked.servingTool === 'KSERVE' ? `/v1/models/${definition.name}` : '/',
        }),
  });
}

function ofLater(
  project: ApiProject,
  record: DeploymentRecord,
  { wire, instances, transformerInstances }: Asked,
  definition: ServingDefinition,
): Json {
  return {
    version: record.version,
    apiProtocol: 'REST',
    projectNamespace: namespaceOf(project.name),
    environmentDTO: objectOf(wire, 'environmentDTO'),
    predictorScalingConfig: { minInstances: instances ?? 1, ...objectOf(wire, 'predictorScalingConfig') },
    ...(definition.transformer && {
      transformerScalingConfig: {
        minInstances: transformerInstances ?? 1,
        ...objectOf(wire, 'transformerScalingConfig'),
      },
    }),
  };
}

/** 0 asks for as few as possible: one, here. */
function instancesOf({ instances }: Asked, { replicas }: ServingDefinition): number {
  return instances === 0 && replicas.min === 1 ? 0 : replicas.min;
}

function readyOf(run: Serving['run'], { replicas }: ServingDefinition): number {
  const ready = run?.replicas.filter(({ state }) => state === 'ready').length ?? 0;
  return ready > 0 ? ready : replicas.min;
}

function artifactOf(label: string | undefined): number | undefined {
  const [, number] = /_(\d+)$/.exec(label ?? '') ?? [];
  return number === undefined ? undefined : Number(number);
}
