import path from 'node:path';
import type { Operation } from '../../core/backend';
import { ServingError, type ErrorCode, type Remedy } from '../../core/errors';
import type {
  KafkaBroker,
  KafkaCluster,
  KafkaConnection,
  KafkaPasswords,
  KafkaTopic,
  NewTopic,
  TopicPart,
  TopicStart,
} from '../../core/kafka';
import { t } from '../../core/l10n';
import type { Run } from '../../environments/run';
import { processKafka, processSecrets } from '../local/kafkaLaunch';

/** Longer than the tool waits for the broker by itself. */
const LIMIT_MS = 45_000;
/** Of one part of a topic as JSON: as many bytes of messages as are asked for, each of them escaped at the worst. */
const KEEP_CHARACTERS = 100_000_000;
const PART = { records: 500, bytes: 4_000_000 } as const;

export interface KafkaToolParts {
  readonly run: Run;
  /** The folder that holds the server's `run.py`. */
  readonly serverRoot: string;
  /** A Python that has the client; made when it has to be. */
  python(operation: Operation): Promise<string>;
  connection(): KafkaConnection | undefined;
  passwords(connection: KafkaConnection): Promise<KafkaPasswords>;
}

/** Asks the broker by the client and the settings that the server sends records with (`run.py kafka`). */
export class KafkaTool implements KafkaBroker {
  constructor(private readonly parts: KafkaToolParts) {}

  connection(): KafkaConnection | undefined {
    return this.parts.connection();
  }

  /** The same for a connection that is not set up yet. */
  of(connection: KafkaConnection, passwords: KafkaPasswords): KafkaTool {
    return new KafkaTool({
      ...this.parts,
      connection: () => connection,
      passwords: () => Promise.resolve(passwords),
    });
  }

  async cluster(operation: Operation): Promise<KafkaCluster> {
    return (await this.ask('cluster', {}, operation)) as KafkaCluster;
  }

  async topics(operation: Operation): Promise<readonly KafkaTopic[]> {
    const { topics } = (await this.ask('topics', {}, operation)) as { topics: readonly Told[] };
    return topics.map(toTopic);
  }

  async topic(name: string, operation: Operation): Promise<KafkaTopic | undefined> {
    const { topic } = (await this.ask('topic', { name }, operation)) as { topic: Told | null };
    return topic === null ? undefined : toTopic(topic);
  }

  async create(wish: NewTopic, operation: Operation): Promise<string> {
    return ((await this.ask('create', wish, operation)) as { name: string }).name;
  }

  async remove(topic: string, operation: Operation): Promise<void> {
    await this.ask('delete', { name: topic }, operation);
  }

  async read(topic: string, from: TopicStart, operation: Operation): Promise<TopicPart> {
    return (await this.ask('read', { name: topic, from, ...PART }, operation)) as TopicPart;
  }

  private async ask(what: string, more: object, operation: Operation): Promise<object> {
    const { run, serverRoot } = this.parts;
    const connection = this.connection();
    if (connection === undefined) {
      throw noBroker(t('Kafka could not be asked'));
    }
    const question = {
      ...more,
      ask: what,
      kafka: processKafka(connection),
      secrets: processSecrets(connection, await this.parts.passwords(connection)),
    };
    const python = await this.parts.python(operation);
    const result = await run(python, ['-X', 'utf8', '-B', path.join(serverRoot, 'run.py'), 'kafka'], {
      signal: operation.signal,
      what: t('Kafka at {0} could not be asked', connection.brokers),
      timeoutMs: LIMIT_MS,
      input: JSON.stringify(question),
      keep: KEEP_CHARACTERS,
    });
    const answer = result.exitCode === 0 ? toObject(result.stdout) : undefined;
    if (answer === undefined) {
      const last = result.stderr.trim().split('\n').at(-1) ?? '';
      throw new ServingError('internal', t('Kafka at {0} could not be asked: {1}', connection.brokers, last));
    }
    if ('error' in answer) {
      throw toError(answer.error as ToldError, connection);
    }
    return answer;
  }
}

/** There is nothing to send to. */
export function noBroker(context: string): ServingError {
  return new ServingError('invalid', t('{0}: no Kafka broker is set up', context), {
    remedies: [{ kind: 'setUpKafka' }],
  });
}

interface Told extends Omit<KafkaTopic, 'newest'> {
  readonly newest: KafkaTopic['newest'] | null;
}

function toTopic({ newest, ...topic }: Told): KafkaTopic {
  return { ...topic, ...(newest ? { newest } : {}) };
}

interface ToldError {
  readonly kind: string;
  readonly message: string;
  readonly remedy: string;
}

const CODES: Readonly<Record<string, ErrorCode>> = {
  'broker-away': 'unreachable',
  'topic-missing': 'notFound',
  refused: 'forbidden',
  tls: 'certificate',
  'no-password': 'signedOut',
  'no-client': 'python',
};

function toError({ kind, message, remedy }: ToldError, { brokers }: KafkaConnection): ServingError {
  const code = CODES[kind] ?? 'invalid';
  const remedies: readonly Remedy[] = kind === 'copies' ? [] : [{ kind: 'setUpKafka' }];
  switch (kind) {
    case 'broker-away':
      return new ServingError(
        code,
        t('Kafka does not answer at {0}: start the broker, or correct its address', brokers),
        { cause: new Error(message), remedies },
      );
    case 'no-password':
      return new ServingError(code, t('The password for Kafka at {0} is not known on this computer', brokers), {
        remedies,
      });
    default:
      return new ServingError(code, `${message}. ${remedy}`, { remedies });
  }
}

function toObject(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
