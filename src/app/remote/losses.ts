import { DEFAULTS, type ServingDefinition } from '../../core/definition';
import type { OpenPlace } from './openPlace';

/** What of a definition of this computer there is not on Hopsworks: a line each. */
export function lossesThere(definition: ServingDefinition, { offer }: Pick<OpenPlace, 'offer'>): readonly string[] {
  const { environment, port, token, transformer, artifact, batching, limits, replicas } = definition;
  const kserve = offer.defaults.tool === 'KSERVE';
  const names = [...Object.keys(environment.variables), ...environment.secrets];
  const lines: readonly (string | false)[] = [
    environment.requirements !== undefined &&
      `Its managed environment (${environment.requirements}): Hopsworks runs it in an environment of the project`,
    environment.python !== undefined && 'Its interpreter: Hopsworks runs it in an environment of the project',
    names.length > 0 && `Variables and secrets: ${names.join(', ')}`,
    port !== 'auto' && `Its port ${port}: it answers at Hopsworks' address`,
    token !== undefined && `Its token ${token}: requests bring the API key instead`,
    typeof artifact === 'number' && `Artifact ${artifact}: what is packed now is taken`,
    replicas.max > replicas.min && !offer.scales && `More than ${replicas.min} replicas: this release does not scale`,
    transformer !== undefined && !kserve && `Its transformer ${transformer}: that takes KServe`,
    batching.enabled && (kserve ? 'Batching: it is off there until you turn it on' : 'Batching: that takes KServe'),
    definition.preload && 'A model that is loaded once for all replicas',
    definition.reload && 'Reload when the script changes',
    definition.pickleImports !== undefined && 'The limits to what a pickle may import',
    !definition.lenientReplies && 'Replies that are refused instead of converted',
    (limits.queueLength !== DEFAULTS.limits.queueLength || limits.requestSeconds !== DEFAULTS.limits.requestSeconds) &&
      'Limits of queue and waiting time',
  ];
  return lines.filter((line) => line !== false);
}

/** What of a serving on Hopsworks there is not on this computer. */
export function lossesHere({ remote, replicas, resources }: ServingDefinition): readonly string[] {
  const transforms = remote?.transformer !== undefined;
  const lines: readonly (string | false)[] = [
    remote !== undefined && remote.topic.name !== 'NONE' && `Inference logs to the Kafka topic ${remote.topic.name}`,
    remote?.environment !== undefined && `The environment ${remote.environment}: it runs on a Python of this computer`,
    replicas.min === 0 && 'Scaling to zero: one replica is there all the time',
    transforms && 'Replicas of the transformer of its own: it runs with each replica',
    resources.cores < 0 && 'No limits: it gets the usual ones',
    remote?.protocol === 'GRPC' && 'GRPC: it answers over HTTP',
  ];
  return lines.filter((line) => line !== false);
}
