// An image as the official one of Kafka: Kafka in /opt/kafka, made of the tests' jars and this computer's Java.
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { run } from '../command.mjs';
import { withLock } from '../lock.mjs';
import { cache, onPath } from '../paths.mjs';
import { engineApi } from './api.mjs';

const NAME = 'model-serving-test/kafka:1';
const LEFT_OUT = /\/(?:man|docs|legal|src\.zip|demo|jmods)(?:\/|$)/;
const TOOL = 'exec /opt/jvm/bin/java $KAFKA_HEAP_OPTS -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp "/opt/kafka/libs/*"';

/**
 * @param {string} host of the engine
 * @param {{ jars: string, base: string }} of `base` is an image with a shell, which is pulled where it is not there
 * @returns {Promise<string>} its name
 */
export async function ensureKafkaImage(host, { jars, base }) {
  const api = engineApi(host);
  return withLock(join(cache, 'locks/kafka-image'), async () => {
    if ((await api.get(`/images/${NAME}/json`)) === undefined) {
      const folder = mkdtempSync(join(tmpdir(), 'kafka-image-'));
      try {
        await fill(join(folder, 'context'), { jars, base });
        await run('tar', ['-C', join(folder, 'context'), '-cf', join(folder, 'context.tar'), '.']);
        if ((await api.get(`/images/${base}/json`)) === undefined) await api.pull(base);
        await api.buildImage(join(folder, 'context.tar'), NAME);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    }
    return NAME;
  });
}

/** @param {string} folder @param {{ jars: string, base: string }} of */
async function fill(folder, { jars, base }) {
  const java = dirname(dirname(realpathSync(onPath('java') ?? '/usr/bin/java')));
  cpSync(java, join(folder, 'jvm'), { recursive: true, dereference: true, filter: (file) => !LEFT_OUT.test(file) });
  const parts = [join(java, 'lib/libzip.so'), join(java, 'lib/server/libjvm.so')];
  const linked = (await run('ldd', parts)).match(/\/\S*lib(?:z|stdc\+\+|gcc_s)\.so\S*/g);
  for (const file of new Set(linked)) cpSync(file, join(folder, 'libs', basename(file)), { dereference: true });
  for (const name of readdirSync(jars).filter((each) => each.endsWith('.jar'))) {
    cpSync(join(jars, name), join(folder, 'kafka/libs', name));
  }
  mkdirSync(join(folder, 'kafka/bin'));
  for (const [name, main] of [
    ['kafka-storage.sh', 'kafka.tools.StorageTool'],
    ['kafka-server-start.sh', 'kafka.Kafka'],
  ]) {
    const file = join(folder, 'kafka/bin', name ?? '');
    writeFileSync(file, `#!/bin/sh\n${TOOL} ${main} "$@"\n`);
    chmodSync(file, 0o755);
  }
  const lines = [
    `FROM ${base}`,
    'COPY kafka /opt/kafka',
    'COPY jvm /opt/jvm',
    'COPY libs /opt/libs',
    'ENV LD_LIBRARY_PATH=/opt/libs',
    'RUN mkdir -p /var/lib/kafka/data && chown 1000:1000 /var/lib/kafka/data',
    'USER 1000:1000',
  ];
  writeFileSync(join(folder, 'Dockerfile'), `${lines.join('\n')}\n`);
}
