import type { RemoteDefinition } from './definition';
import type { TopicOffer } from './remotePlace';

const SCHEMA = 'inferenceschema';

/** Why a topic takes no inference logs of this tool. */
export function topicTrouble({ name, schema }: TopicOffer, tool: RemoteDefinition['tool']): string | undefined {
  if (schema?.name !== SCHEMA) {
    return `The Kafka topic ${name} has ${schema ? `the schema ${schema.name}` : 'no schema'}: inference logs take one with ${SCHEMA}`;
  }
  const version = schema.version ?? 0;
  if (tool === 'KSERVE' ? version >= 4 : version <= 3) {
    return undefined;
  }
  return `The Kafka topic ${name} has version ${version} of ${SCHEMA}: ${tool === 'KSERVE' ? 'KServe takes 4 or later' : 'the default tool takes 3 or earlier'}`;
}
