import { expect, it } from 'vitest';
import { topicSource } from '../../../src/app/inferenceLog/topicSource';
import type { TopicPart, TopicRecord } from '../../../src/core/kafka';

const NEVER = new AbortController().signal;
const NOW = 1_790_000_100_000;
const record = (change: Partial<TopicRecord>): TopicRecord => ({
  schemaVersion: 3,
  modelName: 'iris',
  modelVersion: 2,
  requestTimestamp: NOW - 60_000,
  responseHttpCode: 200,
  ...change,
});
const half = (messageType: string, change: Partial<TopicRecord> = {}): TopicRecord =>
  record({ schemaVersion: 4, inferenceId: 'a', messageType, payload: messageType, ...change });

function source(...parts: readonly Partial<TopicPart>[]) {
  const asked: unknown[] = [];
  const left = [...parts];
  const made = topicSource(
    {
      connection: () => ({ brokers: 'localhost:9092' }),
      read: (_topic, from) => {
        asked.push(from);
        return Promise.resolve({ records: [], strange: 0, skipped: 0, atEnd: true, next: { 0: 5 }, ...left.shift() });
      },
    },
    'logs',
    { time: 7 },
    () => NOW,
  );
  return { asked, made };
}

it('reads on from where the last part ended, and counts what it cannot read', async () => {
  const { asked, made } = source({ strange: 2 }, { skipped: 3 });
  expect(made.label).toBe('logs at localhost:9092');
  const first = await made.read(undefined, NEVER);
  expect(first.troubles).toEqual(['2 messages are no records of an inference log']);
  const second = await made.read(first.next, NEVER);
  expect(second.troubles).toEqual(['3 messages are gone: the broker has deleted them']);
  expect(asked).toEqual([{ time: 7 }, { offsets: { 0: 5 } }]);
});

it('makes one record of two halves, in whichever order and part they come', async () => {
  const { made } = source(
    { records: [half('response', { responseHttpCode: 500 })], atEnd: false },
    { records: [half('request', { responseHttpCode: -1 })] },
  );
  const first = await made.read(undefined, NEVER);
  expect(first.records).toEqual([]);
  const { records } = await made.read(first.next, NEVER);
  expect(records).toMatchObject([{ id: 'a', status: 500, request: { text: 'request' }, reply: { text: 'response' } }]);
});

it('shows a half that stays alone, and waits for one that came just now', async () => {
  const young = half('request', { inferenceId: 'young', requestTimestamp: NOW - 500 });
  const { made } = source(
    { records: [half('request'), young] },
    { records: [half('response', { inferenceId: 'young' })] },
  );
  const first = await made.read(undefined, NEVER);
  expect(first.records.map(({ id }) => id)).toEqual(['a']);
  const second = await made.read(first.next, NEVER);
  expect(second.records).toMatchObject([{ id: 'young', request: {}, reply: {} }]);
});

it('has bytes that are no text, what was withheld, and leaves out what was not kept', async () => {
  const { made } = source({
    records: [
      record({ inferenceRequest: 'data:image/png;base64,/wA=', inferenceResponse: '[withheld: it is no JSON]' }),
      record({ schemaVersion: 1, inferenceRequest: '', inferenceResponse: 'ü' }),
    ],
  });
  const { records } = await made.read(undefined, NEVER);
  expect(records[0]).toMatchObject({
    request: { base64: '/wA=', bytes: 2, type: 'image/png' },
    reply: { withheld: 'it is no JSON', bytes: 0 },
  });
  expect(records[1]).toMatchObject({ reply: { text: 'ü', bytes: 2 } });
  expect(records[1]?.request).toBeUndefined();
});
