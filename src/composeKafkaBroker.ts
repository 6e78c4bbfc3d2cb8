import {
  findBroker,
  KAFKA_IMAGE,
  removeBroker,
  renewBroker,
  startBroker,
  stopBroker,
} from './backends/docker/kafkaBroker';
import type { LateEngine } from './backends/docker/lateEngine';
import type { Disposable } from './core/disposables';
import { messageOf, ServingError } from './core/errors';
import type { KafkaBroker, KafkaConnection, KafkaInDocker, KafkaPasswords } from './core/kafka';
import { t } from './core/l10n';
import type { Logger } from './core/log';
import type { Folders, Memory, Trust } from './core/ports';

/** Whether a window of this workspace has started one. */
const STARTED = 'kafka.inDocker';
/** Well below the time that it goes on without a window. */
const RENEW_MS = 30_000;
const LIMIT_MS = 20_000;

export interface KafkaInDockerParts {
  readonly engine: Pick<LateEngine, 'get'>;
  readonly folders: Pick<Folders, 'list'>;
  readonly trust: Pick<Trust, 'isTrusted'>;
  /** Of the workspace: all its windows look after the one broker. */
  readonly memory: Memory;
  readonly broker: { of(connection: KafkaConnection, passwords: KafkaPasswords): Pick<KafkaBroker, 'cluster'> };
  readonly image: () => string;
  readonly log: Logger;
}

/** The broker in Docker of this workspace: whichever window is open keeps it running. */
export function makeKafkaInDocker(parts: KafkaInDockerParts): KafkaInDocker & Disposable {
  const { engine, folders, trust, memory, log } = parts;
  const folder = (): string => {
    const [first] = folders.list();
    if (first === undefined) {
      throw new ServingError('invalid', t('Open a folder first: Kafka is started for a workspace'));
    }
    return first.path;
  };
  const find = async (signal: AbortSignal) => findBroker(await engine.get(signal), folder());
  const renew = async (): Promise<void> => {
    if (memory.get(STARTED) !== true || !trust.isTrusted || folders.list().length === 0) {
      return;
    }
    try {
      const signal = AbortSignal.timeout(LIMIT_MS);
      const found = await find(signal);
      if (found?.isRunning) {
        await renewBroker(await engine.get(signal), found.id);
      }
    } catch (error) {
      log.debug(`could not look after Kafka: ${messageOf(error)}`);
    }
  };
  const timer = setInterval(() => void renew(), RENEW_MS);
  timer.unref();
  void renew();
  return {
    find,
    async start(operation) {
      const isReady = async (brokers: string): Promise<boolean> => {
        try {
          await parts.broker.of({ brokers }, {}).cluster(operation);
          return true;
        } catch (error) {
          if (error instanceof ServingError && error.code === 'unreachable') {
            return false;
          }
          throw error;
        }
      };
      const wish = { folder: folder(), image: parts.image() || KAFKA_IMAGE };
      const { brokers } = await startBroker(await engine.get(operation.signal), wish, isReady, operation);
      memory.set(STARTED, true);
      return brokers;
    },
    async stop(keepsTopics) {
      const found = await find(AbortSignal.timeout(LIMIT_MS));
      memory.set(STARTED, undefined);
      if (found) {
        const place = await engine.get(AbortSignal.timeout(LIMIT_MS));
        await (keepsTopics ? stopBroker(place, found.id) : removeBroker(place, found.id));
      }
    },
    dispose() {
      clearInterval(timer);
    },
  };
}
