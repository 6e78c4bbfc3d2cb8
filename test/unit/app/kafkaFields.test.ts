import { expect, it } from 'vitest';
import { askInferenceLog, askKafkaTopic } from '../../../src/app/createServing/kafkaFields';
import { DEFAULTS, type ServingDefinition } from '../../../src/core/definition';
import { ServingError } from '../../../src/core/errors';
import type { KafkaTopic } from '../../../src/core/kafka';
import { ScriptedPrompts } from '../../fakes/scriptedPrompts';

const DEFINITION: ServingDefinition = {
  ...DEFAULTS,
  name: 'iris',
  model: { name: 'iris', version: 1 },
  script: 'Models/iris/1/iris.py',
};
const TOPICS: readonly KafkaTopic[] = [
  { name: 'fresh', partitions: 1, copies: 1 },
  { name: 'older', partitions: 1, copies: 1, newest: { schemaVersion: 2 } },
  { name: 'orders', partitions: 1, copies: 1, newest: { schemaVersion: null } },
];
const around = (topics: () => Promise<readonly KafkaTopic[]>, isSetUp = true) => ({
  folder: '/work',
  models: [],
  scripts: [],
  artifacts: () => Promise.resolve([]),
  kafka: { connection: () => (isSetUp ? { brokers: 'localhost:9092' } : undefined), topics },
});
const found = around(() => Promise.resolve(TOPICS));

it('makes a topic of its own, of a size', async () => {
  const prompts = new ScriptedPrompts([
    ['Kafka Topic', { pick: 'CREATE' }],
    ['New Topic', { type: '3, 2' }],
  ]);
  const { kafka } = (await askKafkaTopic(DEFINITION, prompts, found)).inferenceLog;
  expect(kafka).toEqual({ topic: 'CREATE', partitions: 3, copies: 2, schemaVersion: 3 });
  prompts.end();
});

it('goes on in the version of a topic that has records, and refuses one with other messages', async () => {
  const prompts = new ScriptedPrompts([
    ['Kafka Topic', { pick: 'orders' }],
    ['Kafka Topic', { pick: 'older' }],
  ]);
  const { kafka } = (await askKafkaTopic(DEFINITION, prompts, found)).inferenceLog;
  expect(kafka).toMatchObject({ topic: 'older', schemaVersion: 2 });
  prompts.end();
});

it('says why topics cannot be listed, and takes CREATE or NONE all the same', async () => {
  const away = around(() => Promise.reject(new ServingError('unreachable', 'Kafka is away')));
  const prompts = new ScriptedPrompts([['Kafka Topic', { pick: 'NONE' }]]);
  const { kafka } = (await askKafkaTopic(DEFINITION, prompts, away)).inferenceLog;
  expect(kafka.topic).toBe('NONE');
  const none = new ScriptedPrompts([['Kafka Topic', { pick: 'NONE' }]]);
  await askKafkaTopic(
    DEFINITION,
    none,
    around(() => Promise.reject(new Error('asked')), false),
  );
});

it('asks what is kept, and whether in a file, too', async () => {
  const prompts = new ScriptedPrompts([
    ['Inference Log', { pick: 'PREDICTIONS' }],
    ['Inference Log', { pick: 'No local log' }],
  ]);
  expect((await askInferenceLog(DEFINITION, prompts, found)).inferenceLog).toMatchObject({
    mode: 'PREDICTIONS',
    local: false,
  });
  const none = new ScriptedPrompts([['Inference Log', { pick: 'NONE' }]]);
  expect((await askInferenceLog(DEFINITION, none, found)).inferenceLog.mode).toBe('NONE');
});
