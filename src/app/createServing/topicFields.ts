import type { RemoteDefinition } from '../../core/definition';
import { t } from '../../core/l10n';
import type { TopicOffer } from '../../core/remotePlace';
import { topicTrouble } from '../../core/topics';
import { BACK, type Choice } from '../prompts';
import { adjusted } from '../remote/adjust';
import { pickTopic } from './pickTopic';
import { input, remoteOf, type RemoteQuestion } from './remoteAsk';

const ALONE = { canGoBack: true } as const;

export const askTopic: RemoteQuestion = async (definition, { prompts, place }) => {
  const remote = remoteOf(definition, place);
  const chosen = await pickTopic<TopicOffer>(prompts, {
    heading: t('Topics of the project'),
    create: t('A topic of its own, with the schema of inference logs'),
    none: t('Requests are not logged'),
    active: remote.topic.name,
    list: () => place.remote.topics(AbortSignal.timeout(20_000)),
    trouble: (topic) => topicTrouble(topic, remote.tool),
    describe: ({ schema }) =>
      schema ? `${schema.name}${schema.version === undefined ? '' : ` ${schema.version}`}` : t('no schema'),
  });
  if (chosen === undefined) {
    return definition;
  }
  const topic = chosen.name === remote.topic.name ? remote.topic : { name: chosen.name };
  return adjusted({ ...definition, remote: { ...remote, topic } }, place.offer);
};

export const askLogging: RemoteQuestion = async (definition, { prompts, place }) => {
  const remote = remoteOf(definition, place);
  const fine: readonly Choice<RemoteDefinition['inferenceLogging']>[] =
    remote.tool === 'KSERVE'
      ? [
          { label: 'PREDICTIONS', value: 'PREDICTIONS', icon: 'output', detail: t('Replies only') },
          { label: 'MODEL_INPUTS', value: 'MODEL_INPUTS', icon: 'output', detail: t('Requests only') },
        ]
      : [];
  const chosen = await prompts.pick<RemoteDefinition['inferenceLogging']>({
    ...ALONE,
    title: t('Inference Log'),
    placeholder: t('What is logged to the Kafka topic?'),
    choices: [
      { label: 'ALL', value: 'ALL', icon: 'output', detail: t('Requests and replies') },
      ...fine,
      { label: 'NONE', value: 'NONE', icon: 'circle-slash', detail: t('Nothing, and there is no topic') },
    ],
    active: remote.inferenceLogging,
  });
  if (chosen === BACK) {
    return definition;
  }
  const topic = chosen === 'NONE' ? { name: 'NONE' } : remote.topic.name === 'NONE' ? { name: 'CREATE' } : remote.topic;
  return adjusted({ ...definition, remote: { ...remote, topic, inferenceLogging: chosen } }, place.offer);
};

/** How large a topic of its own is. */
export const askNewTopic: RemoteQuestion = async (definition, { prompts, place }) => {
  const remote = remoteOf(definition, place);
  const { partitions, copies } = remote.topic;
  return input(definition, place, prompts, {
    title: t('New Topic'),
    prompt: t('Partitions and copies of the topic that is created: 1, 1.'),
    value: `${partitions ?? 1}, ${copies ?? 1}`,
    read: (text) => {
      const match = /^\s*([1-9]\d{0,4})\s*,\s*([1-9]\d{0,2})\s*$/.exec(text);
      const topic = { name: 'CREATE', partitions: Number(match?.[1]), copies: Number(match?.[2]) };
      return match ? { ...definition, remote: { ...remote, topic } } : undefined;
    },
    wrong: t('Enter two numbers: 1, 1'),
  });
};
