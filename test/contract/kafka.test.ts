import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { topicSource } from '../../src/app/inferenceLog/topicSource';
import type { KafkaTool } from '../../src/backends/kafka/kafkaTool';
import { DEFAULTS, type ServingDefinition } from '../../src/core/definition';
import type { InferenceSchemaVersion } from '../../src/core/inferenceLog';
import { kafkaTool, RealKafka, servingTopics } from './kafkaPlace';
import { NEVER, ProcessPlace } from './processPlace';
import type { ServingTopics } from '../../src/backends/local/servingTopics';

const OPERATION = { signal: NEVER, report: () => undefined };

function withTopic(topic: string, schemaVersion: InferenceSchemaVersion = 3): Partial<ServingDefinition> {
  const { inferenceLog } = DEFAULTS;
  return { inferenceLog: { ...inferenceLog, kafka: { topic, partitions: 2, copies: 1, schemaVersion } } };
}

/** A process with a topic, on a real Kafka, read back by an independent consumer and by our own source. */
describe.skipIf(process.env.MODEL_SERVING_TEST_KAFKA === undefined)('a process and a real Kafka', () => {
  let kafka: RealKafka;
  let place: ProcessPlace;
  let tool: KafkaTool;
  let topics: ServingTopics;

  beforeAll(async () => {
    kafka = await RealKafka.start();
  }, 90_000);
  afterAll(async () => {
    await kafka.stop();
  });
  afterEach(async () => {
    await place.dispose();
  });

  async function open(...scripts: readonly string[]) {
    place = new ProcessPlace();
    await place.add(...scripts);
    tool = kafkaTool(place.serverRoot, { brokers: kafka.brokers });
    topics = servingTopics(place.storage, tool, place.log);
    return place.open({ topics });
  }

  async function made(name: string): Promise<string> {
    const [only] = await topics.madeFor(name);
    return only?.topic ?? '';
  }

  async function until<T>(look: () => Promise<T>, isDone: (value: T) => boolean): Promise<T> {
    const end = Date.now() + 20_000;
    for (;;) {
      const value = await look();
      if (isDone(value) || Date.now() > end) {
        return value;
      }
    }
  }

  it('makes a topic at the first start, sends each prediction there, and keeps it over a restart', async () => {
    const backend = await open('echo');
    const ref = await backend.create(place.define('iris', 'echo', withTopic('CREATE')), OPERATION);
    await backend.start(ref, OPERATION);
    const topic = await made('iris');
    expect(topic).toMatch(/^iris-inf\d{4}$/);
    expect(await tool.topic(topic, OPERATION)).toMatchObject({ partitions: 2, copies: 1, writable: true });
    await backend.predict(ref, { verb: 'predict', body: JSON.stringify({ instances: [[1, 2]] }) }, NEVER);
    const [message] = await until(
      () => kafka.messages(topic, 3),
      (all) => all.length === 1,
    );
    expect(message).toMatchObject({
      modelName: 'iris',
      responseHttpCode: 200,
      inferenceRequest: '{"instances":[[1,2]]}',
      servingTool: 'DEFAULT',
    });
    await backend.stop(ref, OPERATION);
    await backend.start(ref, OPERATION);
    expect(await made('iris')).toBe(topic);
    await backend.predict(ref, { verb: 'predict', body: JSON.stringify({ instances: [3] }) }, NEVER);
    const source = topicSource(tool, topic, { oldest: true });
    const part = await until(
      () => source.read(undefined, NEVER),
      ({ records }) => records.length === 2,
    );
    expect(part.troubles).toEqual([]);
    expect(part.records.map(({ request, status, serving }) => [request?.text, status, serving])).toEqual([
      ['{"instances":[[1,2]]}', 200, 'iris'],
      ['{"instances":[3]}', 200, 'iris'],
    ]);
    expect((await source.read(part.next, NEVER)).records).toEqual([]);
    // Deleted by somebody: it is made again, and told.
    await backend.stop(ref, OPERATION);
    await tool.remove(topic, OPERATION);
    const told: (string | undefined)[] = [];
    await backend.start(ref, { signal: NEVER, report: ({ message: text }) => told.push(text) });
    expect(told).toContain(`Its Kafka topic ${topic} was deleted, and is made again`);
    expect(await tool.topic(topic, OPERATION)).toBeDefined();
    await backend.stop(ref, OPERATION);
  }, 120_000);

  it('reads the two messages of version 4 as one record', async () => {
    const backend = await open('echo');
    const ref = await backend.create(place.define('four', 'echo', withTopic('CREATE', 4)), OPERATION);
    await backend.start(ref, OPERATION);
    await backend.predict(ref, { verb: 'predict', body: JSON.stringify({ instances: ['ü'] }) }, NEVER);
    const source = topicSource(tool, await made('four'), { time: Date.now() - 60_000 });
    const { records } = await until(
      () => source.read(undefined, NEVER),
      (part) => part.records.length > 0,
    );
    expect(records).toHaveLength(1);
    expect(records[0]).toMatchObject({ request: { text: '{"instances":["ü"]}' }, status: 200 });
    expect(records[0]?.reply?.text).toContain('predictions');
    await backend.stop(ref, OPERATION);
  }, 60_000);

  it('leaves no topic behind of a start that failed or was given up', async () => {
    const backend = await open('raises_in_init', 'endless_load');
    const before = await tool.topics(OPERATION);
    const broken = await backend.create(place.define('broken', 'raises_in_init', withTopic('CREATE')), OPERATION);
    await expect(backend.start(broken, OPERATION)).rejects.toThrow();
    const slow = await backend.create(place.define('slow', 'endless_load', withTopic('CREATE')), OPERATION);
    const abort = new AbortController();
    const starting = backend.start(slow, {
      signal: abort.signal,
      report: ({ stage }) => {
        if (stage === 'load') {
          abort.abort();
        }
      },
    });
    await expect(starting).rejects.toMatchObject({ code: 'cancelled' });
    expect(await made('broken')).toBe('');
    expect(await made('slow')).toBe('');
    expect((await tool.topics(OPERATION)).map(({ name }) => name)).toEqual(before.map(({ name }) => name));
  }, 60_000);

  it('says why an existing topic does not fit before it starts', async () => {
    const backend = await open('echo');
    const none = await backend.create(place.define('none', 'echo', withTopic('not-there')), OPERATION);
    await expect(backend.start(none, OPERATION)).rejects.toMatchObject({
      code: 'notFound',
      message: 'Could not start none: there is no Kafka topic not-there',
    });
    const first = await backend.create(place.define('first', 'echo', withTopic('known', 2)), OPERATION);
    await backend.start(first, OPERATION);
    await backend.predict(first, { verb: 'predict', body: JSON.stringify({ instances: [1] }) }, NEVER);
    await until(
      () => kafka.messages('known', 2),
      (all) => all.length === 1,
    );
    await backend.stop(first, OPERATION);
    const other = await backend.create(place.define('other', 'echo', withTopic('known')), OPERATION);
    await expect(backend.start(other, OPERATION)).rejects.toMatchObject({
      code: 'invalid',
      message:
        'Could not start other: The Kafka topic known has version 2 of inferenceschema: this serving writes version 3',
    });
  }, 60_000);

  it('asks for a broker where none is set up, and starts without one that is away when its topic is known', async () => {
    const backend = await open('echo');
    const ref = await backend.create(place.define('away', 'echo', withTopic('CREATE')), OPERATION);
    const lonely = place.open({
      topics: servingTopics(place.storage, kafkaTool(place.serverRoot, undefined), place.log),
    });
    await expect(lonely.start(ref, OPERATION)).rejects.toMatchObject({
      message: 'Could not start away: its predictions go to the Kafka topic CREATE, and no Kafka broker is set up',
    });
    const nowhere = kafkaTool(place.serverRoot, { brokers: '127.0.0.1:1' });
    const away = place.open({ topics: servingTopics(place.storage, nowhere, place.log) });
    await expect(away.start(ref, OPERATION)).rejects.toMatchObject({ code: 'unreachable' });
    await backend.update(ref, place.define('away', 'echo', withTopic('known')), OPERATION);
    await away.start(ref, OPERATION);
    await away.predict(ref, { verb: 'predict', body: JSON.stringify({ instances: [1] }) }, NEVER);
    await away.stop(ref, OPERATION);
  }, 90_000);
});
