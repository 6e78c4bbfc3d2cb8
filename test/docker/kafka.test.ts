import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findBroker, removeBroker, renewBroker, startBroker, stopBroker } from '../../src/backends/docker/kafkaBroker';
import type { Engine } from '../../src/backends/docker/engine/port';
import { DEFAULTS } from '../../src/core/definition';
import { until } from '../contract/backend.contract';
import { DockerPlace, NEVER } from '../contract/dockerPlace';
import { consume, kafkaTool, RealKafka, servingTopics } from '../contract/kafkaPlace';
import { ensureKafkaImage } from '../setup/docker/kafka-image.mjs';
import { ask, describeWithEngine, engineHost, pythonImage } from './support/engine';

const JARS = process.env.MODEL_SERVING_TEST_KAFKA;
interface Bridge {
  readonly IPAM: { readonly Config: readonly [{ readonly Gateway: string }] };
}

const OPERATION = { signal: NEVER, report: () => undefined };

describeWithEngine('Kafka in Docker', () => {
  describe.skipIf(JARS === undefined)('with a real broker', () => {
    let place: DockerPlace;
    let engine: Engine;
    let image: string;

    const isReady = (brokers: string): Promise<boolean> =>
      kafkaTool(place.serverRoot, { brokers })
        .cluster(OPERATION)
        .then(
          () => true,
          () => false,
        );
    const wish = () => ({ folder: place.folder, image });

    beforeAll(async () => {
      place = new DockerPlace();
      await place.add('echo');
      engine = await place.engine();
      image = await ensureKafkaImage(engineHost, { jars: JARS ?? '', base: pythonImage });
    }, 240_000);
    afterAll(async () => {
      const found = await findBroker(engine, place.folder);
      if (found) {
        await removeBroker(engine, found.id);
      }
      expect(await place.objects()).toEqual([]);
      await place.dispose();
    }, 60_000);

    it('runs for this computer and for servings in containers, and keeps its topics over a stop', async () => {
      const broker = await startBroker(engine, wish(), isReady, OPERATION);
      expect(broker.brokers).toMatch(/^localhost:\d+$/);
      expect(await startBroker(engine, wish(), isReady, OPERATION)).toMatchObject({ id: broker.id });
      const tool = kafkaTool(place.serverRoot, { brokers: broker.brokers });
      const topics = servingTopics(place.storage, tool, place.log);
      const backend = place.open({ topics });
      const definition = place.define('iris', 'echo', {
        backend: 'docker',
        inferenceLog: {
          ...DEFAULTS.inferenceLog,
          kafka: { topic: 'CREATE', partitions: 1, copies: 1, schemaVersion: 4 },
        },
      });
      const ref = await backend.create(definition, OPERATION);
      await backend.start(ref, OPERATION);
      const [made] = await topics.madeFor('iris');
      await backend.predict(ref, { verb: 'predict', body: '{"instances": [[1, 2]]}' }, NEVER);
      const topic = made?.topic ?? '';
      await until(async () => (await consume(broker.brokers, topic, 4)).length === 2);
      const messages = await consume(broker.brokers, topic, 4);
      expect(messages.map(({ messageType }) => messageType)).toEqual(['request', 'response']);
      expect(messages[0]).toMatchObject({ modelName: 'echo', payload: '{"instances": [[1, 2]]}' });
      await backend.stop(ref, OPERATION);
      await stopBroker(engine, broker.id);
      expect(await findBroker(engine, place.folder)).toMatchObject({ id: broker.id, isRunning: false });
      const again = await startBroker(engine, wish(), isReady, OPERATION);
      expect(again).toMatchObject({ id: broker.id, brokers: broker.brokers });
      expect(await consume(broker.brokers, topic, 4)).toHaveLength(2);
      await renewBroker(engine, broker.id);
      await backend.remove(ref, OPERATION);
      await removeBroker(engine, broker.id);
      expect(await findBroker(engine, place.folder)).toBeUndefined();
    }, 300_000);

    it('is logged in to over TLS from inside a container, and the password is nowhere to be seen', async () => {
      const bridge = JSON.parse(await ask('/networks/bridge')) as Bridge;
      // An address of this computer that its containers reach, too.
      const kafka = await RealKafka.start('known', bridge.IPAM.Config[0].Gateway);
      try {
        const { login, authority, password } = kafka.at;
        const connection = {
          brokers: login,
          tls: { caFile: authority, verify: true },
          sasl: { mechanism: 'PLAIN', user: 'ada' },
        } as const;
        const tool = kafkaTool(place.serverRoot, connection, { password });
        const topics = servingTopics(place.storage, tool, place.log, { password });
        const backend = place.open({ topics });
        const { inferenceLog } = DEFAULTS;
        const definition = place.define('secure', 'echo', {
          backend: 'docker',
          inferenceLog: { ...inferenceLog, kafka: { ...inferenceLog.kafka, topic: 'CREATE', schemaVersion: 3 } },
        });
        const ref = await backend.create(definition, OPERATION);
        await backend.start(ref, OPERATION);
        await backend.predict(ref, { verb: 'predict', body: '{"inputs": [1, 2]}' }, NEVER);
        const [made] = await topics.madeFor('secure');
        await until(async () => (await consume(kafka.brokers, made?.topic ?? '', 3)).length > 0);
        const [message] = await consume(kafka.brokers, made?.topic ?? '', 3);
        expect(message).toMatchObject({ modelName: 'secure', inferenceRequest: '{"inputs": [1, 2]}' });
        const ours = JSON.parse(await ask('/containers/json?all=1')) as readonly { readonly Id: string }[];
        expect(ours.length).toBeGreaterThan(1);
        for (const { Id } of ours) {
          expect(await ask(`/containers/${Id}/json`)).not.toContain(password);
        }
        await backend.remove(ref, OPERATION);
      } finally {
        await kafka.stop();
      }
    }, 180_000);

    it('says that a container does not reach a broker of this computer that knows no other name', async () => {
      const kafka = await RealKafka.start();
      try {
        const tool = kafkaTool(place.serverRoot, { brokers: kafka.brokers });
        const topics = servingTopics(place.storage, tool, place.log);
        const backend = place.open({ topics });
        const { inferenceLog } = DEFAULTS;
        const definition = place.define('lost', 'echo', {
          backend: 'docker',
          inferenceLog: { ...inferenceLog, kafka: { ...inferenceLog.kafka, topic: 'CREATE' } },
        });
        const ref = await backend.create(definition, OPERATION);
        await expect(backend.start(ref, OPERATION)).rejects.toMatchObject({
          code: 'invalid',
          message: expect.stringContaining(`tells clients to come to ${kafka.brokers}`) as string,
        });
        expect(await topics.madeFor('lost')).toEqual([]);
        await backend.remove(ref, OPERATION);
      } finally {
        await kafka.stop();
      }
    }, 120_000);

    it('ends itself when no window is left', async () => {
      const broker = await startBroker(engine, { ...wish(), looks: '1' }, isReady, OPERATION);
      await until(async () => (await findBroker(engine, place.folder))?.isRunning === false, 60);
      expect((await engine.inspectContainer(broker.id))?.oomKilled).toBe(false);
      await removeBroker(engine, broker.id);
    }, 120_000);

    it('says why it does not come up, and leaves nothing', async () => {
      const wrong = { ...wish(), image: pythonImage };
      await expect(startBroker(engine, wrong, () => Promise.resolve(false), OPERATION)).rejects.toThrow(
        /^Could not start Kafka: .*kafka-storage\.sh/,
      );
      await expect(
        startBroker(engine, wish(), () => Promise.resolve(false), { ...OPERATION, signal: AbortSignal.timeout(2000) }),
      ).rejects.toThrow();
      expect(await place.objects()).toEqual([]);
    }, 60_000);
  });
});
