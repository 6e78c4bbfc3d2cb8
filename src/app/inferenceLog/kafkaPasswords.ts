import { createHash } from 'node:crypto';
import type { KafkaConnection, KafkaPasswords } from '../../core/kafka';
import type { KeyStorage } from '../connections';

/**
 * The passwords of Kafka brokers. Each belongs to the addresses, the user and the way of speaking that it was given for:
 * a workspace that names another broker, or one without encryption, does not get it.
 */
export class StoredKafkaPasswords {
  constructor(private readonly storage: KeyStorage) {}

  async get(connection: KafkaConnection): Promise<KafkaPasswords> {
    const text = await this.storage.get(nameOf(connection));
    return text === undefined ? {} : (JSON.parse(text) as KafkaPasswords);
  }

  async set(connection: KafkaConnection, passwords: KafkaPasswords): Promise<void> {
    if (Object.keys(passwords).length === 0) {
      await this.forget(connection);
    } else {
      await this.storage.store(nameOf(connection), JSON.stringify(passwords));
    }
  }

  async forget(connection: KafkaConnection): Promise<void> {
    await this.storage.delete(nameOf(connection));
  }
}

function nameOf({ brokers, tls, sasl }: KafkaConnection): string {
  const way = [brokers, sasl?.user ?? '', tls === undefined ? 'plain' : String(tls.verify), tls?.keyFile ?? ''];
  return `modelServing.kafka.${createHash('sha256').update(JSON.stringify(way)).digest('hex').slice(0, 32)}`;
}
