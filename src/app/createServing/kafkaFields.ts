import type { ServingDefinition } from '../../core/definition';
import { ServingError } from '../../core/errors';
import { INFERENCE_LOG_MODES, type InferenceLogMode, type InferenceSchemaVersion } from '../../core/inferenceLog';
import type { KafkaTopic } from '../../core/kafka';
import { t } from '../../core/l10n';
import { brokerTopicTrouble } from '../../core/topics';
import { BACK, type Prompts } from '../prompts';
import type { FieldQuestion, Surroundings } from './fields';
import { pickTopic } from './pickTopic';

const ALONE = { canGoBack: true } as const;
/** The first one may have to make the environment that asks. */
const LIMIT_MS = 60_000;

export function inferenceLogText({ inferenceLog: { mode, local } }: ServingDefinition): string {
  return mode === 'NONE' || local ? mode : t('{0}, in no file', mode);
}

const MODES = (): Readonly<Record<InferenceLogMode, string>> => ({
  ALL: t('Requests and replies'),
  PREDICTIONS: t('Replies only'),
  MODEL_INPUTS: t('Requests only'),
  NONE: t('Nothing is kept, in no file and in no topic'),
});

/** What is kept of predictions, and whether a file of this computer has it. */
export const askInferenceLog: FieldQuestion = async (definition, prompts) => {
  const { inferenceLog } = definition;
  const mode = await prompts.pick<InferenceLogMode>({
    ...ALONE,
    title: t('Inference Log'),
    placeholder: t('What is kept of predictions?'),
    choices: INFERENCE_LOG_MODES.map((each) => ({
      label: each,
      value: each,
      icon: each === 'NONE' ? 'circle-slash' : 'output',
      detail: MODES()[each],
    })),
    active: inferenceLog.mode,
  });
  if (mode === BACK || mode === 'NONE') {
    return mode === BACK ? definition : { ...definition, inferenceLog: { ...inferenceLog, mode } };
  }
  const local = await prompts.pick<boolean>({
    ...ALONE,
    title: t('Inference Log'),
    placeholder: t('Is it kept in a file of this computer, too?'),
    choices: [
      { label: t('Keep a local log'), value: true, icon: 'save', detail: t('It can be read, filtered and sent again') },
      { label: t('No local log'), value: false, icon: 'circle-slash', detail: t('Records only go to the Kafka topic') },
    ],
    active: inferenceLog.local,
  });
  return local === BACK ? definition : { ...definition, inferenceLog: { ...inferenceLog, mode, local } };
};

export const askKafkaTopic: FieldQuestion = async (definition, prompts, around) => {
  const before = definition.inferenceLog.kafka;
  const chosen = await pickTopic<KafkaTopic>(prompts, {
    heading: t('Topics of the broker'),
    create: t('A topic of its own, which is made at the first start'),
    none: t('Nothing is sent to Kafka'),
    active: before.topic,
    list: () => topicsOf(around),
    trouble: (topic) => brokerTopicTrouble(topic, versionOf(topic) ?? before.schemaVersion),
    describe,
  });
  if (chosen === undefined) {
    return definition;
  }
  // One that has records already goes on in their version.
  const schemaVersion = versionOf(chosen.topic) ?? before.schemaVersion;
  const made = withKafka(definition, { topic: chosen.name, schemaVersion });
  return chosen.name === 'CREATE' ? askSize(made, prompts) : made;
};

/** How large a topic of its own is. */
async function askSize(definition: ServingDefinition, prompts: Prompts): Promise<ServingDefinition> {
  const { partitions, copies } = definition.inferenceLog.kafka;
  const read = (text: string): { partitions: number; copies: number } | undefined => {
    const match = /^\s*([1-9]\d{0,4})\s*,\s*([1-9]\d{0,2})\s*$/.exec(text);
    return match ? { partitions: Number(match[1]), copies: Number(match[2]) } : undefined;
  };
  const answer = await prompts.input({
    ...ALONE,
    title: t('New Topic'),
    prompt: t('Partitions and copies of the topic that is created: 1, 1.'),
    value: `${partitions}, ${copies}`,
    check: (text) => (read(text) ? undefined : t('Enter two numbers: 1, 1')),
  });
  return answer === BACK ? definition : withKafka(definition, read(answer) ?? {});
}

function withKafka(
  definition: ServingDefinition,
  change: Partial<ServingDefinition['inferenceLog']['kafka']>,
): ServingDefinition {
  const { inferenceLog } = definition;
  return { ...definition, inferenceLog: { ...inferenceLog, kafka: { ...inferenceLog.kafka, ...change } } };
}

function versionOf(topic: KafkaTopic | undefined): InferenceSchemaVersion | undefined {
  return ([1, 2, 3, 4] as const).find((each) => each === topic?.newest?.schemaVersion);
}

async function topicsOf({ kafka }: Surroundings): Promise<readonly KafkaTopic[]> {
  if (kafka?.connection() === undefined) {
    throw new ServingError('invalid', t('First a broker: Set Up Kafka Broker…, or Start Kafka in Docker'));
  }
  return kafka.topics({ signal: AbortSignal.timeout(LIMIT_MS), report: () => undefined });
}

function describe(topic: KafkaTopic): string {
  const version = versionOf(topic);
  if (version !== undefined) {
    return t('inference log, version {0}', version);
  }
  return topic.newest === undefined ? t('no records yet') : t('other messages');
}
