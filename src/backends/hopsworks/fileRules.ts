import type { RemoteDefinition, ServingDefinition } from '../../core/definition';
import { t } from '../../core/l10n';
import type { TopicOffer } from '../../core/remotePlace';
import { topicTrouble } from '../../core/topics';
import { isFrom, type ServerFacts } from './request';

/** What Hopsworks refuses of a model version by the names of its files. */
export function checkModelFiles(
  { script, remote, model, artifact }: ServingDefinition,
  names: readonly string[],
  facts: ServerFacts,
): string | undefined {
  const what = `${model.name} v${model.version}`;
  const server = remote?.server ?? 'PYTHON';
  if (server === 'TENSORFLOW_SERVING') {
    return names.includes('variables') && names.some((name) => name.includes('.pb'))
      ? undefined
      : t('TensorFlow Serving needs a saved model, and {0} has no variables folder with a .pb file beside it', what);
  }
  if (server !== 'PYTHON' || (typeof artifact === 'number' && artifact > 0)) {
    return undefined;
  }
  const models = names.filter((name) => /\.(joblib|pkl|pickle)$/.test(name));
  if (script === '' && models.length !== 1) {
    return models.length === 0
      ? t('Without a Predict script there has to be a joblib or pickle file, and {0} has none', what)
      : t('Without a Predict script it is not known which model file is meant: {0} has {1}', what, models.join(', '));
  }
  // Known of 3.x: wherever the script is.
  return models.length === 0 && !isFrom(facts, 4, 0) && !names.some((name) => name.endsWith('.py'))
    ? t('Hopsworks wants a Python script or a joblib or pickle file beside the model, and {0} has neither', what)
    : undefined;
}

/** What Hopsworks refuses of a topic that is there, or is not. */
export function checkTopic({ topic, tool }: RemoteDefinition, topics: readonly TopicOffer[]): string | undefined {
  if (topic.name === 'CREATE' || topic.name === 'NONE') {
    return undefined;
  }
  const found = topics.find(({ name }) => name === topic.name);
  return found ? topicTrouble(found, tool) : t('There is no Kafka topic {0} in the project', topic.name);
}
