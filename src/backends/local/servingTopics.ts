import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Operation } from '../../core/backend';
import type { ServingDefinition } from '../../core/definition';
import { messageOf, ServingError } from '../../core/errors';
import {
  sendsToKafka,
  type KafkaBroker,
  type KafkaConnection,
  type KafkaPasswords,
  type MadeTopic,
  type MadeTopics,
} from '../../core/kafka';
import { t } from '../../core/l10n';
import type { Logger } from '../../core/log';
import { brokerTopicTrouble } from '../../core/topics';
import { readJson, writeJson } from './files';
import { HOST_GATEWAY, unreachableInside, type KafkaTarget } from './kafkaLaunch';

const UNDO_MS = 20_000;
const FIELD = 'inferenceLog.kafka.topic';

/** The topic that a start has found or made. */
export interface ReadyTopic {
  readonly target: KafkaTarget;
  /** Takes a topic away that was made for a start which has failed. */
  undo(): Promise<void>;
}

/** Undefined: nothing is sent. Rejects when its topic cannot be had, or does not take its records. */
export async function readyTopic(
  topics: ServingTopics | undefined,
  definition: ServingDefinition,
  operation: Operation,
): Promise<ReadyTopic | undefined> {
  if (!sendsToKafka(definition)) {
    return undefined;
  }
  const found = await topics?.ready(definition, operation);
  if (found === undefined) {
    throw new ServingError(
      'invalid',
      t(
        'Could not start {0}: its predictions go to the Kafka topic {1}, and no Kafka broker is set up',
        definition.name,
        definition.inferenceLog.kafka.topic,
      ),
      { remedies: [{ kind: 'setUpKafka' }, { kind: 'openDefinition', field: FIELD }] },
    );
  }
  return found;
}

/**
 * The topics of one workspace folder's servings. One that was made for a serving is remembered for each broker, in a
 * file for each serving that all windows and backends of the folder share.
 */
export class ServingTopics implements MadeTopics {
  constructor(
    /** The folder of those files. */
    private readonly storage: string,
    private readonly parts: {
      readonly broker: KafkaBroker;
      passwords(connection: KafkaConnection): Promise<KafkaPasswords>;
      readonly log: Logger;
    },
  ) {}

  passwords(connection: KafkaConnection): Promise<KafkaPasswords> {
    return this.parts.passwords(connection);
  }

  /** Undefined: no broker is set up. */
  async ready(definition: ServingDefinition, operation: Operation): Promise<ReadyTopic | undefined> {
    const connection = this.parts.broker.connection();
    const { topic } = definition.inferenceLog.kafka;
    if (connection === undefined) {
      return undefined;
    }
    operation.report({ stage: 'server', message: t('Looking for its Kafka topic') });
    const found =
      topic === 'CREATE'
        ? await this.own(definition, connection, operation)
        : await this.existing(definition, topic, operation);
    return {
      target: { connection, topic: found.topic },
      undo: async () => {
        if (found.isNew) {
          await this.takeBack(definition.name, { topic: found.topic, brokers: connection.brokers });
        }
      },
    };
  }

  /** Rejects where a container would be sent to itself by the broker. */
  async checkReach(definition: ServingDefinition, operation: Operation): Promise<void> {
    const { broker } = this.parts;
    const cluster = await broker.cluster(operation).catch((error: unknown) => {
      if (error instanceof ServingError && error.code === 'unreachable') {
        return undefined;
      }
      throw error;
    });
    const lost = unreachableInside(cluster?.advertised ?? []);
    if (lost !== undefined) {
      throw new ServingError(
        'invalid',
        t(
          'Could not start {0}: its Kafka broker tells clients to come to {1}, where a container finds only itself. Let the broker advertise an address such as {2} as well, or use Start Kafka in Docker',
          definition.name,
          lost,
          `${HOST_GATEWAY}:${lost.slice(lost.lastIndexOf(':') + 1)}`,
        ),
        { remedies: [{ kind: 'setUpKafka' }, { kind: 'openDefinition', field: FIELD }] },
      );
    }
  }

  async madeFor(serving: string): Promise<readonly MadeTopic[]> {
    const known = await this.known(serving);
    return Object.entries(known).map(([brokers, topic]) => ({ brokers, topic }));
  }

  async forget(serving: string): Promise<void> {
    await rm(this.file(serving), { force: true });
  }

  private async own(
    definition: ServingDefinition,
    { brokers }: KafkaConnection,
    operation: Operation,
  ): Promise<{ readonly topic: string; readonly isNew: boolean }> {
    const { broker, log } = this.parts;
    const { name, inferenceLog } = definition;
    const { partitions, copies } = inferenceLog.kafka;
    const before = (await this.known(name))[brokers];
    if (before !== undefined) {
      if (await this.isThere(before, operation)) {
        return { topic: before, isNew: false };
      }
      log.warn(`${name}: its Kafka topic ${before} was deleted, and is made again`);
      operation.report({
        stage: 'server',
        message: t('Its Kafka topic {0} was deleted, and is made again', before),
      });
    }
    const wish = { serving: name, partitions, copies, ...(before === undefined ? {} : { name: before }) };
    // Its name is told by the one who makes it: a call that is ended before could leave a topic that nobody knows.
    const topic = await broker.create(wish, { ...operation, signal: new AbortController().signal });
    await writeJson(this.file(name), { ...(await this.known(name)), [brokers]: topic });
    if (operation.signal.aborted) {
      await this.takeBack(name, { topic, brokers });
      throw ServingError.cancelled(t('Starting {0}', name));
    }
    return { topic, isNew: true };
  }

  private async existing(
    definition: ServingDefinition,
    topic: string,
    operation: Operation,
  ): Promise<{ readonly topic: string; readonly isNew: false }> {
    const context = t('Could not start {0}', definition.name);
    const found = await this.whereReachable(topic, operation, () => this.parts.broker.topic(topic, operation));
    if (found === 'unknown') {
      return { topic, isNew: false };
    }
    const trouble =
      found === undefined
        ? t('there is no Kafka topic {0}', topic)
        : brokerTopicTrouble(found, definition.inferenceLog.kafka.schemaVersion);
    if (trouble !== undefined) {
      throw new ServingError(found === undefined ? 'notFound' : 'invalid', `${context}: ${trouble}`, {
        remedies: [{ kind: 'openDefinition', field: FIELD }, { kind: 'setUpKafka' }],
      });
    }
    return { topic, isNew: false };
  }

  private async isThere(topic: string, operation: Operation): Promise<boolean> {
    const found = await this.whereReachable(topic, operation, () => this.parts.broker.topic(topic, operation));
    return found !== undefined;
  }

  /** Records wait for a broker that is away: a topic that is known keeps no serving from starting. */
  private async whereReachable<T>(topic: string, operation: Operation, ask: () => Promise<T>): Promise<T | 'unknown'> {
    try {
      return await ask();
    } catch (error) {
      if (error instanceof ServingError && error.code === 'unreachable') {
        this.parts.log.warn(`${topic} could not be looked at: ${error.message}`);
        operation.report({ stage: 'server', message: t('Kafka does not answer: records wait for it') });
        return 'unknown';
      }
      throw error;
    }
  }

  private async takeBack(serving: string, { topic, brokers }: MadeTopic): Promise<void> {
    try {
      const { [brokers]: _gone, ...others } = await this.known(serving);
      await writeJson(this.file(serving), others);
      const signal = AbortSignal.timeout(UNDO_MS);
      await this.parts.broker.remove(topic, { signal, report: () => undefined });
    } catch (error) {
      this.parts.log.warn(`the Kafka topic ${topic} of ${serving} could not be deleted: ${messageOf(error)}`);
    }
  }

  private async known(serving: string): Promise<Readonly<Record<string, string>>> {
    const value = await readJson(this.file(serving));
    return typeof value === 'object' && value !== null ? (value as Record<string, string>) : {};
  }

  private file(serving: string): string {
    return join(this.storage, `${serving}.json`);
  }
}
