import type { RemoteDefinition } from '../../core/definition';
import { ServingError } from '../../core/errors';
import { t } from '../../core/l10n';
import type { TopicOffer } from '../../core/remotePlace';
import { topicTrouble } from '../../core/topics';
import { BACK, type Choice } from '../prompts';
import { adjusted } from '../remote/adjust';
import { input, remoteOf, type RemoteQuestion } from './remoteAsk';

const ALONE = { canGoBack: true } as const;

/** CREATE, NONE or one that is there; of those, one whose schema does not fit says so. */
export const askTopic: RemoteQuestion = async (definition, { prompts, place }) => {
  const remote = remoteOf(definition, place);
  const found = await topicsOf(place.remote.topics(AbortSignal.timeout(20_000)));
  const topics = typeof found === 'string' ? [] : found;
  for (let placeholder = t('Where are requests and replies logged to?'); ;) {
    const chosen = await prompts.pick<string>({
      ...ALONE,
      title: t('Kafka Topic'),
      placeholder,
      choices: [
        {
          label: 'CREATE',
          value: 'CREATE',
          icon: 'new-file',
          detail: t('A topic of its own, with the schema of inference logs'),
        },
        { label: 'NONE', value: 'NONE', icon: 'circle-slash', detail: t('Requests are not logged') },
        ...topics.map((topic, index) => topicChoice(topic, remote.tool, index === 0)),
        ...(typeof found === 'string'
          ? [
              {
                separator: t('Topics of the project'),
                label: t('They cannot be listed'),
                value: '',
                icon: 'warning',
                detail: found,
              },
            ]
          : []),
      ],
      active: remote.topic.name,
    });
    if (chosen === BACK) {
      return definition;
    }
    const topic = topics.find(({ name }) => name === chosen);
    const trouble = topic ? topicTrouble(topic, remote.tool) : undefined;
    if (chosen !== '' && trouble === undefined) {
      const same = chosen === remote.topic.name ? remote.topic : { name: chosen };
      return adjusted({ ...definition, remote: { ...remote, topic: same } }, place.offer);
    }
    placeholder = trouble ?? t('Choose CREATE or NONE');
  }
};

async function topicsOf(asked: Promise<readonly TopicOffer[]>): Promise<readonly TopicOffer[] | string> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof ServingError) {
      return error.message;
    }
    throw error;
  }
}

function topicChoice(topic: TopicOffer, tool: RemoteDefinition['tool'], isFirst: boolean): Choice<string> {
  const trouble = topicTrouble(topic, tool);
  const { name, schema } = topic;
  return {
    ...(isFirst ? { separator: t('Topics of the project') } : {}),
    label: name,
    value: name,
    description: schema ? `${schema.name}${schema.version === undefined ? '' : ` ${schema.version}`}` : t('no schema'),
    icon: trouble === undefined ? 'list-unordered' : 'warning',
    ...(trouble === undefined ? {} : { detail: trouble }),
  };
}

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
