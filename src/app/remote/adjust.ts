import type { RemoteDefinition, ServingDefinition } from '../../core/definition';
import type { RemoteOffer } from '../../core/remotePlace';

type Resources = ServingDefinition['resources'];

/** The same with what follows from what was chosen: what a server has no place for is left out, what it wants is there. */
export function adjusted(definition: ServingDefinition, offer: RemoteOffer): ServingDefinition {
  const asked = definition.remote ?? offer.defaults;
  const { tool } = asked;
  const { transformer, ...rest } = definition;
  const transforms = tool === 'KSERVE' && transformer !== undefined;
  return {
    ...rest,
    name: tool === 'KSERVE' ? definition.name.toLowerCase() : definition.name,
    replicas: replicasOf(definition.replicas, tool, offer),
    ...(transforms ? { transformer } : {}),
    remote: remoteOf(asked, transforms, definition.resources, offer),
  };
}

function replicasOf(
  { min, max }: ServingDefinition['replicas'],
  tool: RemoteDefinition['tool'],
  { limits, scales }: RemoteOffer,
): ServingDefinition['replicas'] {
  const fewest = scalesToZero(tool, limits) ? 0 : min;
  return { min: fewest, max: scales ? Math.max(fewest, max) : fewest };
}

/** Such a cluster takes no other number. */
export function scalesToZero(tool: RemoteDefinition['tool'], { minReplicas }: RemoteOffer['limits']): boolean {
  return tool === 'KSERVE' && minReplicas === 0;
}

function remoteOf(
  asked: RemoteDefinition,
  transforms: boolean,
  limits: Resources,
  offer: RemoteOffer,
): RemoteDefinition {
  const { transformer, upload, requests, ...rest } = asked;
  const { transformer: _dropped, ...others } = upload ?? {};
  const kept = transforms ? upload : others;
  const replicas = scalesToZero(asked.tool, offer.limits) ? 0 : (transformer?.replicas ?? 1);
  return {
    ...rest,
    ...loggingOf(asked),
    batching: batchingOf(asked),
    ...(requests ? { requests: atMost(requests, limits) } : {}),
    ...(transforms ? { transformer: { ...transformer, replicas } } : {}),
    ...(kept && Object.keys(kept).length > 0 ? { upload: kept } : {}),
  };
}

/** Both or none. */
function loggingOf({
  topic,
  inferenceLogging,
  tool,
}: RemoteDefinition): Pick<RemoteDefinition, 'topic' | 'inferenceLogging'> {
  if (topic.name === 'NONE') {
    return { topic: { name: 'NONE' }, inferenceLogging: 'NONE' };
  }
  return { topic, inferenceLogging: tool === 'DEFAULT' || inferenceLogging === 'NONE' ? 'ALL' : inferenceLogging };
}

function batchingOf({ batching, tool, server }: RemoteDefinition): RemoteDefinition['batching'] {
  if (tool === 'KSERVE') {
    return batching;
  }
  return { enabled: batching.enabled && server === 'TENSORFLOW_SERVING' };
}

/** -1 is no limit. */
export function atMost(wanted: Resources, limits: Partial<Resources>): Resources {
  const least = (value: number, limit: number | undefined): number =>
    limit === undefined || limit < 0 ? value : value < 0 ? limit : Math.min(value, limit);
  return {
    cores: least(wanted.cores, limits.cores),
    memoryMb: least(wanted.memoryMb, limits.memoryMb),
    gpus: least(wanted.gpus, limits.gpus),
  };
}
