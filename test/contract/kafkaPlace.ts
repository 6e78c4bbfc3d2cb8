import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { KafkaTool } from '../../src/backends/kafka/kafkaTool';
import { ServingTopics } from '../../src/backends/local/servingTopics';
import type { KafkaConnection, KafkaPasswords } from '../../src/core/kafka';
import type { Logger } from '../../src/core/log';
import { run } from '../../src/environments/run';
import { testPython } from './serverRoot';

const SERVER_TESTS = resolve(import.meta.dirname, '../server');

interface Addresses {
  readonly brokers: string;
  /** Over TLS with a login: `ada` and the password. */
  readonly login: string;
  /** A PEM file. */
  readonly authority: string;
  readonly password: string;
}

/** A real Kafka of one node (test/server/broker.py), with a topic. */
export class RealKafka {
  private constructor(
    private readonly child: ChildProcess,
    readonly at: Addresses,
  ) {}

  get brokers(): string {
    return this.at.brokers;
  }

  /** @param loginHost an address of this computer: there it listens for those who log in */
  static async start(topic = 'known', loginHost = '127.0.0.1'): Promise<RealKafka> {
    const args = ['-B', join(SERVER_TESTS, 'broker.py'), topic, loginHost];
    const child = spawn(testPython(), args, { cwd: SERVER_TESTS, stdio: ['pipe', 'pipe', 'inherit'] });
    const at = await new Promise<Addresses>((found, failed) => {
      child.stdout.once('data', (text: Buffer) => {
        found(JSON.parse(text.toString()) as Addresses);
      });
      child.once('exit', () => {
        failed(new Error('Kafka did not start'));
      });
    });
    return new RealKafka(child, at);
  }

  messages(topic: string, version: number): Promise<readonly Record<string, unknown>[]> {
    return consume(this.brokers, topic, version);
  }

  async stop(): Promise<void> {
    if (this.child.exitCode === null) {
      const ended = new Promise((resolve) => this.child.once('exit', resolve));
      this.child.stdin?.end();
      await ended;
    }
  }
}

/** What a topic has, read by an independent consumer and decoded by fastavro. */
export async function consume(
  brokers: string,
  topic: string,
  version: number,
): Promise<readonly Record<string, unknown>[]> {
  const args = ['-B', join(SERVER_TESTS, 'consume.py'), brokers, topic, String(version)];
  const { stdout } = await promisify(execFile)(testPython(), args, { cwd: SERVER_TESTS });
  const lines = stdout.split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** The tool on a connection, with the tests' Python. */
export function kafkaTool(
  serverRoot: string,
  connection: KafkaConnection | undefined,
  passwords: KafkaPasswords = {},
): KafkaTool {
  return new KafkaTool({
    run,
    serverRoot,
    python: () => Promise.resolve(testPython()),
    connection: () => connection,
    passwords: () => Promise.resolve(passwords),
  });
}

export function servingTopics(
  storage: string,
  broker: KafkaTool,
  log: Logger,
  passwords: KafkaPasswords = {},
): ServingTopics {
  return new ServingTopics(join(storage, 'topics'), { broker, passwords: () => Promise.resolve(passwords), log });
}
