import { join } from 'node:path';
import type * as vscode from 'vscode';
import { StoredKafkaPasswords } from './app/inferenceLog/kafkaPasswords';
import { KafkaTool } from './backends/kafka/kafkaTool';
import { ServingTopics } from './backends/local/servingTopics';
import type { Operation } from './core/backend';
import { ServingError } from './core/errors';
import { KAFKA_CLIENT, KAFKA_CLIENT_MODULE, toKafkaConnection } from './core/kafka';
import { t } from './core/l10n';
import type { Logger } from './core/log';
import type { Folders, Interpreters, Trust } from './core/ports';
import type { ManagedEnvironments } from './environments/managed';
import type { Pythons } from './environments/python';
import { run } from './environments/run';
import type { Settings } from './platform/settings';

export interface KafkaParts {
  readonly settings: Settings;
  readonly secrets: vscode.SecretStorage;
  readonly folders: Folders;
  readonly trust: Trust;
  readonly interpreters: Interpreters;
  readonly pythons: Pythons;
  readonly managed: ManagedEnvironments;
  readonly serverRoot: string;
  /** The extension's storage. */
  readonly storage: string;
  readonly log: Logger;
}

export interface ComposedKafka {
  readonly broker: KafkaTool;
  readonly passwords: StoredKafkaPasswords;
  /** What the servings of a workspace folder need, whose state lies there. */
  topicsIn(storage: string): ServingTopics;
}

/** The Kafka broker of this workspace. */
export function makeKafka(parts: KafkaParts): ComposedKafka {
  const { settings, secrets, log } = parts;
  const passwords = new StoredKafkaPasswords({
    get: async (name) => secrets.get(name),
    store: async (name, value) => secrets.store(name, value),
    delete: async (name) => secrets.delete(name),
  });
  const broker = new KafkaTool({
    run,
    serverRoot: parts.serverRoot,
    python: (operation) => pythonWithClient(parts, operation),
    connection: () => {
      const { brokers, tls, sasl } = settings.kafka();
      return toKafkaConnection(brokers, tls, sasl);
    },
    passwords: (connection) => passwords.get(connection),
  });
  return {
    broker,
    passwords,
    topicsIn: (folderStorage) =>
      new ServingTopics(join(folderStorage, 'topics'), { broker, passwords: (each) => passwords.get(each), log }),
  };
}

/** The chosen interpreter when it has the client, else an environment of ours that has nothing but it. */
async function pythonWithClient(
  { folders, trust, interpreters, pythons, managed, storage }: KafkaParts,
  operation: Operation,
): Promise<string> {
  // An interpreter may lie in the workspace, and the workspace's settings may name the broker.
  if (!trust.isTrusted) {
    throw new ServingError('untrusted', t('Kafka could not be asked: this workspace is not trusted'), {
      remedies: [{ kind: 'trust' }],
    });
  }
  const { signal } = operation;
  const folder = folders.list()[0]?.path ?? storage;
  const { executable } = await interpreters.selected(folder, signal);
  const found = await pythons.installed(executable, [KAFKA_CLIENT_MODULE], signal);
  if (found.get(KAFKA_CLIENT_MODULE) !== undefined) {
    return executable;
  }
  const request = { python: executable, requirements: `${KAFKA_CLIENT}\n`, folder: storage };
  return (await managed.ensure(request, operation)).executable;
}
