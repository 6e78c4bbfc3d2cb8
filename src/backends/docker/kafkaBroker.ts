import { randomBytes, randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Operation } from '../../core/backend';
import { ServingError } from '../../core/errors';
import { brokersOf, type KafkaConnection } from '../../core/kafka';
import { t } from '../../core/l10n';
import type { KafkaTarget } from '../local/kafkaLaunch';
import type { ContainerSpec, Engine, LabelFilter, Labels } from './engine/port';
import { pullFailure } from './images/failures';
import { folderHash, LABEL } from './labels';

/** What a broker is made of when no setting says so. */
export const KAFKA_IMAGE = 'apache/kafka:4.1.0';
const SETTING = 'modelServing.kafka.image';
const ROLE = 'kafka';
/** Of the container: for this computer, for other containers, and for itself. */
const PORTS = { host: 9092, inside: 19092, controller: 29093 } as const;
const MEMORY_MB = 1024;
const STOP_SECONDS = 20;
const ATTEMPTS = 10;
/** Labels: its addresses. */
const NAME = 'model-serving-kafka.name';
const HOST = 'model-serving-kafka.brokers';
/** It ends itself when no window has touched this file for so many looks of five seconds. */
const LEASE = { file: '/tmp/lease', looks: '30' } as const;

/** Kafka's own scripts, as the official image has them. Time that a computer has slept is no time without a window. */
const SCRIPT = `
set -e
mkdir -p /tmp/logs
printf '%s' "$SETTINGS" > /tmp/server.properties
/opt/kafka/bin/kafka-storage.sh format --ignore-formatted -t "$CLUSTER" -c /tmp/server.properties
touch ${LEASE.file}
/opt/kafka/bin/kafka-server-start.sh /tmp/server.properties &
kafka=$!
trap 'kill $kafka; wait $kafka; exit 0' TERM INT
set +e
seen= looks=0
while kill -0 $kafka 2> /dev/null; do
  now=$(stat -c %Y ${LEASE.file})
  if [ "$now" = "$seen" ]; then looks=$((looks + 1)); else looks=0; fi
  seen=$now
  if [ $looks -gt "$LOOKS" ]; then kill $kafka; fi
  sleep 5 & wait $!
done
wait $kafka
`;

export interface BrokerWish {
  /** The workspace folder. */
  readonly folder: string;
  readonly image: string;
  /** In place of the usual number of looks. */
  readonly looks?: string;
}

export interface RunningBroker {
  readonly id: string;
  /** For programs of this computer. */
  readonly brokers: string;
  readonly isRunning: boolean;
  readonly image: string;
}

/** The broker of a workspace folder, whether it runs or not. */
export async function findBroker(engine: Engine, folder: string): Promise<RunningBroker | undefined> {
  const [found] = await engine.listContainers(filter(folder));
  if (found === undefined) {
    return undefined;
  }
  const { id, labels, image, state } = found;
  return { id, image, isRunning: state === 'running', brokers: labels[HOST] ?? '' };
}
/**
 * One node of a real Kafka in a container; what was there before goes on with its topics. Rejects when it does not come
 * up; then it is not left running. `isReady` asks it.
 */
export async function startBroker(
  engine: Engine,
  wish: BrokerWish,
  isReady: (brokers: string) => Promise<boolean>,
  operation: Operation,
): Promise<RunningBroker> {
  if (engine.address.remoteHost !== undefined) {
    throw new ServingError(
      'unavailable',
      t('Could not start Kafka: the Docker engine is on another computer, where it could not be reached from here'),
    );
  }
  const { signal } = operation;
  const { folder, image } = wish;
  const there = await findBroker(engine, folder);
  if (there?.isRunning) {
    return there;
  }
  await ensureImage(engine, image, operation);
  operation.report({ stage: 'server', message: t('Starting Kafka') });
  const begun = there === undefined ? await make(engine, wish) : await again(engine, there);
  try {
    while (!(await isReady(begun.brokers))) {
      signal.throwIfAborted();
      if ((await engine.inspectContainer(begun.id))?.running !== true) {
        throw new ServingError('unavailable', t('Could not start Kafka: {0}', await lastWords(engine, begun.id)));
      }
      await sleep(300);
    }
    return begun;
  } catch (error) {
    // One that was there before keeps its topics.
    await (there === undefined ? removeBroker(engine, begun.id) : engine.stopContainer(begun.id, STOP_SECONDS));
    throw error;
  }
}

/** Its topics stay. */
export async function stopBroker(engine: Engine, id: string): Promise<void> {
  await engine.stopContainer(id, STOP_SECONDS);
}

/** With all its topics. */
export async function removeBroker(engine: Engine, id: string): Promise<void> {
  const network = (await engine.inspectContainer(id))?.labels[NAME];
  await engine.removeContainer(id);
  for (const each of await engine.listNetworks({ [LABEL.ours]: '1', [LABEL.role]: ROLE })) {
    // While servings are in it, it stays.
    await (each.name === network ? engine.removeNetwork(each.id).catch(() => undefined) : undefined);
  }
}

/** Says that a window of its workspace is open. */
export async function renewBroker(engine: Engine, id: string): Promise<void> {
  await engine.runInside(id, { command: ['touch', LEASE.file] });
}

/** How containers reach a broker of ours; undefined: it is none. */
export async function insideBroker(engine: Engine, connection: KafkaConnection): Promise<Pick<KafkaTarget, 'inside'>> {
  const ours = await engine.listContainers({ [LABEL.ours]: '1', [LABEL.role]: ROLE });
  const found = ours.find(({ labels }) => brokersOf(connection.brokers).includes(labels[HOST] ?? ''));
  const name = found?.labels[NAME];
  return name === undefined ? {} : { inside: { brokers: `${name}:${PORTS.inside}`, network: name } };
}

async function make(engine: Engine, wish: BrokerWish): Promise<RunningBroker> {
  const { folder, image } = wish;
  const name = `ms-kafka-${folderHash(folder).slice(0, 10)}`;
  await ensureNetwork(engine, folder, name);
  for (let attempt = 0; ; attempt++) {
    const port = attempt === 0 ? PORTS.host : randomInt(20_000, 60_000);
    const brokers = `localhost:${port}`;
    const id = await engine.createContainer(specOf({ ...wish, name, port, brokers }));
    try {
      await engine.startContainer(id);
      return { id, image, brokers, isRunning: true };
    } catch (error) {
      await engine.removeContainer(id);
      if (!(error instanceof ServingError && error.code === 'portInUse') || attempt >= ATTEMPTS) {
        throw error;
      }
    }
  }
}

async function again(engine: Engine, broker: RunningBroker): Promise<RunningBroker> {
  await engine.startContainer(broker.id);
  return { ...broker, isRunning: true };
}

function specOf(
  of: BrokerWish & { readonly name: string; readonly port: number; readonly brokers: string },
): ContainerSpec {
  const { folder, image, name, port, brokers, looks = LEASE.looks } = of;
  return {
    name,
    image,
    entrypoint: ['sh', '-c', SCRIPT],
    labels: { ...labelsOf(folder), [HOST]: brokers, [NAME]: name },
    variables: {
      SETTINGS: settingsOf(name, brokers),
      CLUSTER: clusterId(),
      LOOKS: looks,
      LOG_DIR: '/tmp/logs',
      KAFKA_HEAP_OPTS: '-Xmx384m -Xms128m',
    },
    network: name,
    ports: [{ inside: PORTS.host, outside: port, address: '127.0.0.1' }],
    tmpfs: { '/tmp': 'rw,nosuid,nodev,size=256m,mode=1777' },
    volumes: [{ target: '/var/lib/kafka/data' }],
    memoryMb: MEMORY_MB,
    stopSeconds: STOP_SECONDS,
  };
}

function settingsOf(name: string, brokers: string): string {
  const { host, inside, controller } = PORTS;
  return [
    'process.roles=broker,controller',
    'node.id=1',
    `controller.quorum.voters=1@localhost:${controller}`,
    `listeners=HOST://:${host},INSIDE://:${inside},CONTROLLER://localhost:${controller}`,
    `advertised.listeners=HOST://${brokers},INSIDE://${name}:${inside}`,
    'listener.security.protocol.map=CONTROLLER:PLAINTEXT,HOST:PLAINTEXT,INSIDE:PLAINTEXT',
    'controller.listener.names=CONTROLLER',
    'inter.broker.listener.name=INSIDE',
    'log.dirs=/var/lib/kafka/data/logs',
    'offsets.topic.replication.factor=1',
    'offsets.topic.num.partitions=1',
    'transaction.state.log.replication.factor=1',
    'transaction.state.log.min.isr=1',
    'transaction.state.log.num.partitions=1',
    'share.coordinator.state.topic.replication.factor=1',
    'share.coordinator.state.topic.min.isr=1',
    'auto.create.topics.enable=false',
    'message.max.bytes=20000000',
    '',
  ].join('\n');
}

/** As Kafka writes a UUID; a `-` at the beginning would be taken for an option. */
function clusterId(): string {
  const id = randomBytes(16).toString('base64url');
  return id.startsWith('-') ? `A${id.slice(1)}` : id;
}

function labelsOf(folder: string): Labels {
  return {
    [LABEL.ours]: '1',
    [LABEL.folder]: folderHash(folder),
    [LABEL.folderPath]: folder,
    [LABEL.role]: ROLE,
  };
}

function filter(folder: string): LabelFilter {
  return { [LABEL.ours]: '1', [LABEL.folder]: folderHash(folder), [LABEL.role]: ROLE };
}

async function ensureNetwork(engine: Engine, folder: string, name: string): Promise<void> {
  const all = await engine.listNetworks(filter(folder));
  if (!all.some((each) => each.name === name)) {
    await engine.createNetwork(name, labelsOf(folder));
  }
}

async function ensureImage(engine: Engine, image: string, operation: Operation): Promise<void> {
  if (await engine.inspectImage(image)) {
    return;
  }
  const { signal } = operation;
  operation.report({ stage: 'server', message: t('Pulling {0}', image) });
  try {
    await engine.pullImage(
      image,
      ({ share }) => {
        if (share !== undefined) {
          operation.report({ stage: 'server', message: t('Pulling {0} ({1} %)', image, Math.floor(share * 100)) });
        }
      },
      signal,
    );
  } catch (error) {
    throw pullFailure(error, image, signal, [{ kind: 'openSettings', setting: SETTING }]);
  }
}

/** The end of what it printed. */
async function lastWords(engine: Engine, id: string): Promise<string> {
  const lines: string[] = [];
  try {
    for await (const { text } of engine.containerLogs(id, { follow: false, tail: 5 }, AbortSignal.timeout(5000))) {
      lines.push(text);
    }
  } catch {
    // What there is of it has to do.
  }
  return lines.at(-1)?.trim() ?? t('it ended without a word');
}
