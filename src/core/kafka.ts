import type { Operation } from './backend';
import type { ServingDefinition } from './definition';
import { t } from './l10n';

/** The package that servings with a topic need in their environment. */
export const KAFKA_CLIENT = 'confluent-kafka';
export const KAFKA_CLIENT_MODULE = 'confluent_kafka';

export const SASL_MECHANISMS = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const;

/** Where the broker is, and how it is spoken to. Passwords lie elsewhere. */
export interface KafkaConnection {
  /** `host:port,host:port` */
  readonly brokers: string;
  readonly tls?: KafkaTls;
  readonly sasl?: { readonly mechanism: (typeof SASL_MECHANISMS)[number]; readonly user: string };
}

/** Paths of PEM files. */
export interface KafkaTls {
  /** Undefined: the authorities of this computer. */
  readonly caFile?: string;
  readonly certificateFile?: string;
  readonly keyFile?: string;
  readonly verify: boolean;
}

/** What lies in the secret storage: for one user of one broker. */
export interface KafkaPasswords {
  readonly password?: string;
  /** Of the file `keyFile`. */
  readonly keyPassword?: string;
}

export interface KafkaTopic {
  readonly name: string;
  readonly partitions: number;
  readonly copies: number;
  /** What its newest message is: none of ours, or of which inference schema; absent: it has none, or it may not be read. */
  readonly newest?: { readonly schemaVersion: number | null };
  /** Undefined: it was not asked for. */
  readonly writable?: boolean;
}

/** Where reading a topic begins. */
export type TopicStart =
  | { readonly oldest: true }
  /** Milliseconds since 1970. */
  | { readonly time: number }
  /** In each of its partitions. */
  | { readonly offset: number }
  /** Where the last part ended, by partition. */
  | { readonly offsets: Readonly<Record<string, number>> };

/** A message of a topic: the fields of its schema, as they are named there. */
export interface TopicRecord {
  readonly schemaVersion: 1 | 2 | 3 | 4;
  readonly modelName: string;
  readonly modelVersion: number;
  readonly requestTimestamp: number;
  readonly responseHttpCode: number;
  readonly inferenceRequest?: string;
  readonly inferenceResponse?: string;
  readonly inferenceId?: string;
  readonly messageType?: string;
  readonly payload?: string;
}

export interface TopicPart {
  readonly records: readonly TopicRecord[];
  /** How many messages were of none of the schemas. */
  readonly strange: number;
  /** How many that were asked for the broker has deleted. */
  readonly skipped: number;
  readonly atEnd: boolean;
  readonly next: Readonly<Record<string, number>>;
}

export interface KafkaCluster {
  readonly brokers: number;
  readonly topics: number;
  /** Where each broker tells its clients to come to: `host:port`. */
  readonly advertised: readonly string[];
}

/** The broker of this workspace. What it refuses is a ServingError with the reason. */
export interface KafkaBroker {
  /** Undefined: none is set up. */
  connection(): KafkaConnection | undefined;
  cluster(operation: Operation): Promise<KafkaCluster>;
  topics(operation: Operation): Promise<readonly KafkaTopic[]>;
  /** Undefined: it is not there. */
  topic(name: string, operation: Operation): Promise<KafkaTopic | undefined>;
  /** With this name, or with one of its own: `<serving>-inf4821`. Resolves with the name. */
  create(wish: NewTopic, operation: Operation): Promise<string>;
  remove(topic: string, operation: Operation): Promise<void>;
  read(topic: string, from: TopicStart, operation: Operation): Promise<TopicPart>;
}

export interface NewTopic {
  readonly serving: string;
  readonly name?: string;
  readonly partitions: number;
  readonly copies: number;
}

/** A topic that was made for a serving. */
export interface MadeTopic {
  readonly topic: string;
  readonly brokers: string;
}

/** The topics that were made for the servings of a workspace folder. */
export interface MadeTopics {
  /** On whichever broker. */
  madeFor(serving: string): Promise<readonly MadeTopic[]>;
  /** Its next start makes another one. */
  forget(serving: string): Promise<void>;
}

/** A Kafka in a container of this workspace, for those who have none. */
export interface KafkaInDocker {
  find(signal: AbortSignal): Promise<{ readonly brokers: string; readonly isRunning: boolean } | undefined>;
  /** Resolves with its address when it answers; what was stopped goes on with its topics. */
  start(operation: Operation): Promise<string>;
  stop(keepsTopics: boolean): Promise<void>;
}

/** Whether what a serving answers is to go to a topic. */
export function sendsToKafka({ inferenceLog }: Pick<ServingDefinition, 'inferenceLog'>): boolean {
  return inferenceLog.kafka.topic !== 'NONE' && inferenceLog.mode !== 'NONE';
}

/** What is wrong with addresses as they are typed; undefined when they are right. */
export function checkBrokers(text: string): string | undefined {
  const all = brokersOf(text);
  if (all.length === 0) {
    return t('Enter the address of a broker: localhost:9092');
  }
  const wrong = all.find((each) => {
    const port = Number(/^(?:[^\s,:/[\]]+|\[[0-9A-Fa-f:]+\]):(\d{1,5})$/.exec(each)?.[1] ?? 0);
    return port < 1 || port > 65535;
  });
  return wrong === undefined
    ? undefined
    : t('{0} is no address of a broker: use host:port, and "," between several', wrong);
}

export function brokersOf(text: string): readonly string[] {
  return text
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '');
}

/** The connection that the settings name; undefined: none. `tls` and `sasl` are as they are written there. */
export function toKafkaConnection(brokers: string, tls: unknown, sasl: unknown): KafkaConnection | undefined {
  if (checkBrokers(brokers) !== undefined) {
    return undefined;
  }
  const [secured, login] = [fieldsOf(tls), fieldsOf(sasl)];
  const user = textOf(login, 'user');
  const mechanism = SASL_MECHANISMS.find((each) => each === login?.mechanism) ?? 'PLAIN';
  return {
    brokers: brokersOf(brokers).join(','),
    ...(secured !== undefined
      ? {
          tls: {
            ...fileOf(secured, 'caFile'),
            ...fileOf(secured, 'certificateFile'),
            ...fileOf(secured, 'keyFile'),
            verify: secured.verify !== false,
          },
        }
      : {}),
    ...(user === undefined ? {} : { sasl: { mechanism, user } }),
  };
}

function fileOf(
  fields: Readonly<Record<string, unknown>> | undefined,
  name: 'caFile' | 'certificateFile' | 'keyFile',
): Partial<KafkaTls> {
  const file = textOf(fields, name);
  return file === undefined ? {} : { [name]: file };
}

function textOf(fields: Readonly<Record<string, unknown>> | undefined, name: string): string | undefined {
  const value = fields?.[name];
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
}

/** An empty object is what the setting is without being set. */
function fieldsOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length > 0
    ? (value as Readonly<Record<string, unknown>>)
    : undefined;
}
