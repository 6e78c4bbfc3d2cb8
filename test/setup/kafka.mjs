// A real Kafka: its jars from Maven Central, in the cache, and one node of it (test/server/broker.py).
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { aptInstall } from './apt.mjs';
import { run } from './command.mjs';
import { withLock } from './lock.mjs';
import { cache, onPath, project } from './paths.mjs';
import { Unavailable } from './unavailable.mjs';

const pom = join(project, 'test/setup/kafka/pom.xml');

/**
 * The folder with the jars; Java is on the PATH then.
 * @param {{ log: (text: string) => void }} options
 * @returns {Promise<string>}
 */
export async function ensureKafka({ log }) {
  if (process.platform === 'win32') throw new Unavailable('Kafka: its tests run on Linux and macOS only');
  if (!onPath('java')) await aptInstall(['openjdk-17-jre-headless'], { what: 'Java (for Kafka)', log });
  const key = createHash('sha256').update(readFileSync(pom)).digest('hex').slice(0, 12);
  const folder = join(cache, 'kafka', key);
  if (existsSync(join(folder, 'complete'))) return folder;
  return withLock(`${folder}.lock`, () => download(folder, log));
}

/** @param {string} folder @param {(text: string) => void} log */
async function download(folder, log) {
  if (existsSync(join(folder, 'complete'))) return folder;
  if (!onPath('mvn')) await aptInstall(['maven'], { what: 'Maven (to get Kafka)', log });
  log('getting Kafka by Maven');
  const fresh = `${folder}.${process.pid}`;
  try {
    mkdirSync(fresh, { recursive: true });
    copyFileSync(pom, join(fresh, 'pom.xml'));
    const args = ['-q', '-B', 'dependency:copy-dependencies', `-DoutputDirectory=${fresh}`, '-DincludeScope=runtime'];
    await run('mvn', ['-f', join(fresh, 'pom.xml'), ...args], {
      logFile: join(cache, 'logs/kafka.log'),
      seconds: 600,
    });
    writeFileSync(join(fresh, 'complete'), '');
    rmSync(folder, { recursive: true, force: true });
    renameSync(fresh, folder);
    return folder;
  } catch (error) {
    throw new Unavailable(`Kafka: ${error instanceof Error ? error.message : error}`, { cause: error });
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

/**
 * @typedef {object} RealKafka
 * @property {string} brokers
 * @property {string} login the address over TLS, where `ada` logs in with PLAIN
 * @property {string} authority a PEM file
 * @property {string} password of `ada`
 * @property {() => Promise<void>} stop takes its topics away, too
 */

/**
 * One node with one topic; it ends with this process, too.
 * @param {{ python: string, jars: string, topic: string }} wish
 * @returns {Promise<RealKafka>}
 */
export async function startKafka({ python, jars, topic }) {
  const child = spawn(python, ['-B', join(project, 'test/server/broker.py'), topic], {
    env: { ...process.env, MODEL_SERVING_TEST_KAFKA: jars },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const [line] = await Promise.race([
    once(createInterface(child.stdout), 'line'),
    ended.then(() => Promise.reject(new Error('Kafka did not start'))),
  ]);
  return {
    ...JSON.parse(line),
    stop: async () => {
      child.stdin.end();
      await ended;
    },
  };
}
