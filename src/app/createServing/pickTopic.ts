import { ServingError } from '../../core/errors';
import { t } from '../../core/l10n';
import { BACK, type Choice, type Prompts } from '../prompts';

export interface TopicQuestion<T extends { readonly name: string }> {
  /** Of the topics that are there: "Topics of the broker". */
  readonly heading: string;
  readonly create: string;
  readonly none: string;
  readonly active: string;
  list(): Promise<readonly T[]>;
  /** Why a topic takes no records of predictions. */
  trouble(topic: T): string | undefined;
  describe(topic: T): string;
}

/** CREATE, NONE or one that is there; of those, one that does not fit says so. Undefined: back. */
export async function pickTopic<T extends { readonly name: string }>(
  prompts: Pick<Prompts, 'pick'>,
  question: TopicQuestion<T>,
): Promise<{ readonly name: string; readonly topic?: T | undefined } | undefined> {
  const { heading, create, none, active } = question;
  const found = await topicsOf(question);
  const topics = typeof found === 'string' ? [] : found;
  const unlisted: readonly Choice<string>[] =
    typeof found === 'string'
      ? [{ separator: heading, label: t('They cannot be listed'), value: '', icon: 'warning', detail: found }]
      : [];
  for (let placeholder = t('Where are requests and replies logged to?'); ;) {
    const name = await prompts.pick<string>({
      canGoBack: true,
      title: t('Kafka Topic'),
      placeholder,
      choices: [
        { label: 'CREATE', value: 'CREATE', icon: 'new-file', detail: create },
        { label: 'NONE', value: 'NONE', icon: 'circle-slash', detail: none },
        ...topics.map((topic, index) => topicChoice(question, topic, index === 0)),
        ...unlisted,
      ],
      active,
    });
    if (name === BACK) {
      return undefined;
    }
    const topic = topics.find((each) => each.name === name);
    const trouble = topic && question.trouble(topic);
    if (name !== '' && trouble === undefined) {
      return { name, topic };
    }
    placeholder = trouble ?? t('Choose CREATE or NONE');
  }
}

async function topicsOf<T extends { readonly name: string }>(
  question: TopicQuestion<T>,
): Promise<readonly T[] | string> {
  try {
    return await question.list();
  } catch (error) {
    if (error instanceof ServingError) {
      return error.message;
    }
    throw error;
  }
}

function topicChoice<T extends { readonly name: string }>(
  question: TopicQuestion<T>,
  topic: T,
  isFirst: boolean,
): Choice<string> {
  const trouble = question.trouble(topic);
  return {
    ...(isFirst ? { separator: question.heading } : {}),
    label: topic.name,
    value: topic.name,
    description: question.describe(topic),
    icon: trouble === undefined ? 'list-unordered' : 'warning',
    ...(trouble === undefined ? {} : { detail: trouble }),
  };
}
