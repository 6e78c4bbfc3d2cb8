import { topicSource } from '../../app/inferenceLog/topicSource';
import { BACK, type Prompts } from '../../app/prompts';
import { ServingError } from '../../core/errors';
import type { RecordSource } from '../../core/inferenceLog';
import type { KafkaBroker, TopicStart } from '../../core/kafka';
import { t } from '../../core/l10n';
import { withOperation } from '../../platform/progress';

export interface OpenTopicParts {
  readonly prompts: Prompts;
  readonly broker: Pick<KafkaBroker, 'connection' | 'topics' | 'read'>;
  /** Shows what it has in the table of inference logs. */
  readonly show: (source: RecordSource) => void;
}

const HOUR_MS = 3_600_000;

/** Asks which topic, and from where on. */
export async function openTopic({ prompts, broker, show }: OpenTopicParts): Promise<void> {
  const title = t('Open Kafka Topic');
  if (broker.connection() === undefined) {
    throw new ServingError('invalid', t('There is no topic to open: no Kafka broker is set up'), {
      remedies: [{ kind: 'setUpKafka' }],
    });
  }
  const topics = await withOperation(t('Listing the Kafka topics'), (operation) => broker.topics(operation));
  if (topics.length === 0) {
    throw new ServingError('notFound', t('The Kafka broker has no topics yet'));
  }
  const topic = await prompts.pick<string>({
    title,
    placeholder: t('Which topic?'),
    choices: topics.map(({ name, newest }) => ({
      label: name,
      value: name,
      icon: newest?.schemaVersion === null ? 'warning' : 'list-unordered',
      description:
        newest === undefined
          ? t('no records yet')
          : newest.schemaVersion === null
            ? t('other messages')
            : t('inference log, version {0}', newest.schemaVersion),
    })),
  });
  const from = topic === BACK ? BACK : await askStart(prompts, title);
  if (topic !== BACK && from !== BACK) {
    show(topicSource(broker, topic, from));
  }
}

async function askStart(prompts: Prompts, title: string): Promise<TopicStart | typeof BACK> {
  const chosen = await prompts.pick<TopicStart | 'time' | 'offset'>({
    title,
    placeholder: t('From where on?'),
    choices: [
      { label: t('The oldest record'), value: { oldest: true }, icon: 'history' },
      { label: t('The last hour'), value: { time: Date.now() - HOUR_MS }, icon: 'clock' },
      { label: t('The last day'), value: { time: Date.now() - 24 * HOUR_MS }, icon: 'clock' },
      { label: t('A time…'), value: 'time', icon: 'calendar' },
      { label: t('An offset…'), value: 'offset', icon: 'symbol-number' },
    ],
  });
  if (chosen === 'time') {
    const text = await prompts.input({
      title,
      prompt: t('Time of the first record, in the time of this computer'),
      placeholder: '2026-11-30 14:00',
      value: '',
      check: (typed) => (Number.isNaN(Date.parse(typed)) ? t('Enter a date and a time: 2026-11-30 14:00') : undefined),
    });
    return text === BACK ? BACK : { time: Date.parse(text) };
  }
  if (chosen === 'offset') {
    const text = await prompts.input({
      title,
      prompt: t('Offset of the first record, in each partition'),
      value: '0',
      check: (typed) => (/^\s*\d{1,15}\s*$/.test(typed) ? undefined : t('Enter a number from 0 on')),
    });
    return text === BACK ? BACK : { offset: Number(text) };
  }
  return chosen;
}
