import { messageOf } from '../../core/errors';
import type { Life } from './life';
import { fieldsAt, textAt, type ServingView } from './wire';

/** Takes away the topic that Hopsworks made for a serving that is gone, unless another serving logs to it, too. */
export async function removeTopic(
  { client, project, log }: Life,
  view: ServingView,
  signal: AbortSignal,
): Promise<void> {
  const topic = textAt(fieldsAt(view, 'kafkaTopicDTO'), 'name');
  if (topic === undefined || !new RegExp(`^${view.name}-inf\\d{4}$`).test(topic)) {
    return;
  }
  try {
    const others = await client.servings(project, signal);
    if (!others.some((other) => textAt(fieldsAt(other, 'kafkaTopicDTO'), 'name') === topic)) {
      await client.topicDeleted(project, topic, signal);
    }
  } catch (error) {
    log.warn(`the topic ${topic} of ${view.name} is left: ${messageOf(error)}`);
  }
}
