import * as vscode from 'vscode';
import type { StoredKafkaPasswords } from '../../app/inferenceLog/kafkaPasswords';
import type { Prompts } from '../../app/prompts';
import { runWizard } from '../../app/wizard';
import { isCancelled, messageOf, ServingError } from '../../core/errors';
import type { KafkaBroker, KafkaConnection, KafkaInDocker, KafkaPasswords } from '../../core/kafka';
import { t } from '../../core/l10n';
import { withOperation } from '../../platform/progress';
import { fromAsked, kafkaSteps, toAsked } from './kafkaSteps';
import { openTopic, type OpenTopicParts } from './openTopic';
import type { CommandTable } from './register';

export interface KafkaCommandParts {
  readonly prompts: Prompts;
  readonly broker: KafkaBroker & { of(connection: KafkaConnection, passwords: KafkaPasswords): KafkaBroker };
  readonly passwords: StoredKafkaPasswords;
  readonly inDocker: KafkaInDocker;
  readonly show: OpenTopicParts['show'];
  /** Keeps it for this workspace. */
  readonly save: (connection: KafkaConnection) => Promise<void>;
}

type KafkaCommandId = Extract<keyof CommandTable, `modelServing.kafka.${string}`>;

export function kafkaCommands(parts: KafkaCommandParts): Pick<CommandTable, KafkaCommandId> {
  return {
    'modelServing.kafka.setUp': () => setUp(parts),
    'modelServing.kafka.test': async () => {
      await test(parts.broker, set(parts, t('Kafka could not be tested')));
    },
    'modelServing.kafka.forgetPassword': async () => {
      const connection = set(parts, t('There is no password to forget'));
      await parts.passwords.forget(connection);
      vscode.window.setStatusBarMessage(t('The password for Kafka at {0} is forgotten', connection.brokers), 3000);
    },
    'modelServing.kafka.start': () => start(parts),
    'modelServing.kafka.stop': () => stop(parts),
    'modelServing.kafka.openTopic': () => openTopic(parts),
  };
}

/** A real Kafka for those who have none; servings send to it from then on. */
async function start({ inDocker, save, broker, prompts }: KafkaCommandParts): Promise<void> {
  const before = broker.connection()?.brokers;
  if (before !== undefined && before !== (await inDocker.find(AbortSignal.timeout(20_000)))?.brokers) {
    await prompts.confirm(
      t('Use a Kafka in Docker in place of {0}?', before),
      t('Servings of this workspace that are started from then on send their records there.'),
      t('Start'),
    );
  }
  const brokers = await withOperation(t('Starting Kafka in Docker'), (operation) => inDocker.start(operation));
  await save({ brokers });
  void vscode.window.showInformationMessage(
    t(
      'Kafka runs at {0}, for programs of this computer and for servings in Docker. It stops when the last window of this workspace is closed; its topics stay.',
      brokers,
    ),
  );
}

async function stop({ inDocker, prompts }: KafkaCommandParts): Promise<void> {
  const found = await inDocker.find(AbortSignal.timeout(20_000));
  if (found === undefined) {
    throw new ServingError('notFound', t('There is no Kafka of this workspace in Docker'));
  }
  const [keep, lose] = [t('Stop'), t('Stop and Delete Its Topics')];
  const chosen = await prompts.choose(
    t('Stop Kafka at {0}?', found.brokers),
    t('Servings that send to it go on: their records wait for it up to a limit. Stopped, it keeps its topics.'),
    found.isRunning ? [keep, lose] : [lose],
  );
  await withOperation(t('Stopping Kafka'), () => inDocker.stop(chosen === keep));
  vscode.window.setStatusBarMessage(t('Kafka has stopped'), 3000);
}

/** Asks, tries it out, and keeps it; what does not work can be corrected, or kept all the same. */
async function setUp(parts: KafkaCommandParts): Promise<void> {
  const { prompts, passwords, broker } = parts;
  for (let asked = toAsked(broker.connection()); ;) {
    asked = await runWizard(kafkaSteps(prompts), asked);
    const connection = fromAsked(asked);
    if (connection === undefined) {
      throw new ServingError('invalid', t('No Kafka broker is set up'));
    }
    const known: KafkaPasswords = {
      ...(await passwords.get(connection)),
      ...(asked.password === '' ? {} : { password: asked.password }),
      ...(asked.keyPassword === '' ? {} : { keyPassword: asked.keyPassword }),
    };
    const keep = async (): Promise<void> => {
      await passwords.set(connection, known);
      await parts.save(connection);
    };
    try {
      await test(broker.of(connection, known), connection);
      await keep();
      return;
    } catch (error) {
      if (isCancelled(error)) {
        throw error;
      }
      const [again, anyway] = [t('Change…'), t('Keep It Anyway')];
      if ((await prompts.choose(t('Kafka could not be tested'), messageOf(error), [again, anyway])) === anyway) {
        await keep();
        return;
      }
    }
  }
}

async function test(broker: KafkaBroker, { brokers: address }: KafkaConnection): Promise<void> {
  const { brokers, topics } = await withOperation(t('Asking Kafka at {0}', address), (operation) =>
    broker.cluster(operation),
  );
  const found = t('Kafka answers at {0}. Brokers: {1}, topics: {2}', address, brokers, topics);
  void vscode.window.showInformationMessage(found);
}

function set({ broker }: KafkaCommandParts, context: string): KafkaConnection {
  const connection = broker.connection();
  if (connection === undefined) {
    throw new ServingError('invalid', t('{0}: no Kafka broker is set up', context), {
      remedies: [{ kind: 'setUpKafka' }],
    });
  }
  return connection;
}
