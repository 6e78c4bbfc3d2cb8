import type { ServingDefinition } from '../../core/definition';
import { KAFKA_CLIENT, sendsToKafka } from '../../core/kafka';
import { packageNames } from '../../environments/requirements';

/** Requirements with what sends records to a topic, where the serving has one; what the user names stays as it is. */
export function withKafkaClient(definition: Pick<ServingDefinition, 'inferenceLog'>, text: string): string {
  if (!sendsToKafka(definition) || packageNames(text).includes(KAFKA_CLIENT)) {
    return text;
  }
  return `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}${KAFKA_CLIENT}\n`;
}
