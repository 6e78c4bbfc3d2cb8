import { readFile } from 'node:fs/promises';
import { posix } from 'node:path';
import type { ServingDefinition } from '../../core/definition';
import { messageOf, ServingError } from '../../core/errors';
import { brokersOf, type KafkaConnection, type KafkaPasswords, type KafkaTls } from '../../core/kafka';
import { t } from '../../core/l10n';

/** Where a run's records go; it stands in the ledger, and no secret is in it. */
export interface KafkaTarget {
  readonly connection: KafkaConnection;
  readonly topic: string;
  /** Containers reach a broker that is a container itself by its own network. */
  readonly inside?: { readonly brokers: string; readonly network: string };
}

/** Names of variables and, in containers, of files in the folder of secrets. Only the recorder gets to know them. */
const PASSWORD = 'MODEL_SERVING_KAFKA_PASSWORD';
const KEY_PASSWORD = 'MODEL_SERVING_KAFKA_KEY_PASSWORD';
const FILES = {
  caFile: 'MODEL_SERVING_KAFKA_CA',
  certificateFile: 'MODEL_SERVING_KAFKA_CERTIFICATE',
  keyFile: 'MODEL_SERVING_KAFKA_KEY',
} as const;

/** The name by which containers find the computer that they run on. */
export const HOST_GATEWAY = 'host.docker.internal';

type Json = Readonly<Record<string, unknown>>;

/** `kafka` of launch.json's `inferenceLog` for a server of this computer. */
export function toKafkaLaunch(definition: ServingDefinition, { connection, topic }: KafkaTarget): Json {
  return { ...processKafka(connection), ...recordsOf(definition, topic) };
}

/** The same for a server in a container: its files lie in the folder of its secrets. */
export function toContainerKafka(definition: ServingDefinition, target: KafkaTarget, secretsFolder: string): Json {
  const { connection, topic } = target;
  const files = filesOf(connection).map(([name]) => [name, posix.join(secretsFolder, FILES[name])] as const);
  const { tls } = connection;
  return {
    ...processKafka({
      ...connection,
      brokers: target.inside?.brokers ?? fromContainer(connection.brokers),
      ...(tls === undefined ? {} : { tls: { ...tls, ...(Object.fromEntries(files) as Partial<KafkaTls>) } }),
    }),
    ...recordsOf(definition, topic),
  };
}

function recordsOf({ inferenceLog }: ServingDefinition, topic: string): Json {
  return { topic, schemaVersion: inferenceLog.kafka.schemaVersion };
}

/** How a program of this computer reaches the broker. */
export function processKafka({ brokers, tls, sasl }: KafkaConnection): Json {
  return {
    brokers,
    ...(tls === undefined
      ? {}
      : { tls: { ...tls, ...(tls.keyFile === undefined ? {} : { keyPasswordVariable: KEY_PASSWORD }) } }),
    ...(sasl === undefined ? {} : { sasl: { ...sasl, passwordVariable: PASSWORD } }),
  };
}

/** By variable. A key without a password takes any. */
export function processSecrets(
  { sasl, tls }: KafkaConnection,
  { password, keyPassword }: KafkaPasswords,
): Readonly<Record<string, string>> {
  return {
    ...(sasl === undefined || password === undefined ? {} : { [PASSWORD]: password }),
    ...(tls?.keyFile === undefined ? {} : { [KEY_PASSWORD]: keyPassword ?? 'none' }),
  };
}

/** Names of the secrets that a container needs for it. */
export function containerSecretNames({ connection }: KafkaTarget): readonly string[] {
  return [
    ...(connection.sasl === undefined ? [] : [PASSWORD]),
    ...(connection.tls?.keyFile === undefined ? [] : [KEY_PASSWORD]),
    ...filesOf(connection).map(([name]) => FILES[name]),
  ];
}

/** Their values: passwords, and the text of each file. */
export async function containerSecrets(
  target: KafkaTarget,
  passwords: KafkaPasswords,
): Promise<Readonly<Record<string, string>>> {
  const files = await Promise.all(
    filesOf(target.connection).map(async ([name, file]) => {
      const text = await readFile(file, 'utf8').catch((error: unknown) => {
        throw new ServingError('notFound', t('Could not read a file for Kafka: {0}', messageOf(error)), {
          cause: error,
          remedies: [{ kind: 'setUpKafka' }],
        });
      });
      return [FILES[name], text] as const;
    }),
  );
  return { ...processSecrets(target.connection, passwords), ...Object.fromEntries(files) };
}

function filesOf({ tls }: KafkaConnection): readonly (readonly [keyof typeof FILES, string])[] {
  return (Object.keys(FILES) as (keyof typeof FILES)[]).flatMap((name) => {
    const file = tls?.[name];
    return file === undefined ? [] : [[name, file] as const];
  });
}

const THIS_COMPUTER = /^(?:localhost|127(?:\.\d+){3}|\[?::1\]?)(?=:\d+$)/i;

/** A broker of this computer has another name in a container. */
function fromContainer(brokers: string): string {
  return brokersOf(brokers)
    .map((each) => each.replace(THIS_COMPUTER, HOST_GATEWAY))
    .join(',');
}

/** The first address that a broker tells its clients to come to, and that is another computer in a container. */
export function unreachableInside(advertised: readonly string[]): string | undefined {
  return advertised.find((each) => THIS_COMPUTER.test(each));
}
