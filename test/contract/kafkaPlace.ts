import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { KafkaTool } from '../../src/backends/kafka/kafkaTool';
import { ServingTopics } from '../../src/backends/local/servingTopics';
import type { KafkaConnection, KafkaPasswords } from '../../src/core/kafka';
import type { Logger } from '../../src/core/log';
import { run } from '../../src/environments/run';
import { testPython } from './serverRoot';

const SERVER_TESTS = resolve(import.meta.dirname, '../server');

/** A real Kafka of one node (test/server/broker.py), with a topic. */
export class RealKafka {
  private constructor(
    private readonly child: ChildProcess,
    private readonly folder: string,
    readonly brokers: string,
  ) {}

  static async start(topic = 'known'): Promise<RealKafka> {
    const folder = mkdtempSync(join(tmpdir(), 'kafka-'));
    const args = ['-B', join(SERVER_TESTS, 'broker.py'), folder, topic];
    const child = spawn(testPython(), args, { cwd: SERVER_TESTS, stdio: ['pipe', 'pipe', 'inherit'] });
    const brokers = await new Promise<string>((found, failed) => {
      child.stdout.once('data', (text: Buffer) => {
        found(text.toString().trim());
      });
      child.once('exit', () => {
        failed(new Error('Kafka did not start'));
      });
    });
    return new RealKafka(child, folder, brokers);
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
    await rm(this.folder, { recursive: true, force: true });
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

export function servingTopics(storage: string, broker: KafkaTool, log: Logger): ServingTopics {
  return new ServingTopics(join(storage, 'topics'), { broker, passwords: () => Promise.resolve({}), log });
}
