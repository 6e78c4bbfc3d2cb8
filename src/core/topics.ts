import type { RemoteDefinition } from './definition';
import type { InferenceSchemaVersion } from './inferenceLog';
import type { KafkaTopic } from './kafka';
import { t } from './l10n';
import type { TopicOffer } from './remotePlace';

const SCHEMA = 'inferenceschema';

/** Why a topic takes no inference logs of this tool. */
export function topicTrouble({ name, schema }: TopicOffer, tool: RemoteDefinition['tool']): string | undefined {
  if (schema?.name !== SCHEMA) {
    return schema
      ? t('The Kafka topic {0} has the schema {1}: inference logs take one with {2}', name, schema.name, SCHEMA)
      : t('The Kafka topic {0} has no schema: inference logs take one with {1}', name, SCHEMA);
  }
  const version = schema.version ?? 0;
  if (tool === 'KSERVE' ? version >= 4 : version <= 3) {
    return undefined;
  }
  return tool === 'KSERVE'
    ? t('The Kafka topic {0} has version {1} of {2}: KServe takes 4 or later', name, version, SCHEMA)
    : t('The Kafka topic {0} has version {1} of {2}: the default tool takes 3 or earlier', name, version, SCHEMA);
}

/**
 * Why a topic of a plain Kafka takes no records of this version. Such a broker knows no schemas: what can be looked at is
 * its newest message, and whether it may be written.
 */
export function brokerTopicTrouble(
  { name, newest, writable }: KafkaTopic,
  version: InferenceSchemaVersion,
): string | undefined {
  if (writable === false) {
    return t('The Kafka topic {0} may not be written by this user', name);
  }
  if (newest === undefined || newest.schemaVersion === version) {
    return undefined;
  }
  return newest.schemaVersion === null
    ? t('The Kafka topic {0} has other messages: inference logs take one with {1}', name, SCHEMA)
    : t(
        'The Kafka topic {0} has version {1} of {2}: this serving writes version {3}',
        name,
        newest.schemaVersion,
        SCHEMA,
        version,
      );
}
