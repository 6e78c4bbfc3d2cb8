import { cp, mkdir, mkdtemp, readdir, realpath, rm } from 'node:fs/promises';
import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Engine } from '../../../src/backends/docker/engine/port';
import { pythonImage } from './engine';

const NAME = 'model-serving-test/kafka:1';
const run = promisify(execFile);
const LEFT_OUT = /\/(?:man|docs|legal|src\.zip|demo|jmods)(?:\/|$)/;
const TOOL = 'exec /opt/jvm/bin/java $KAFKA_HEAP_OPTS -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp "/opt/kafka/libs/*"';

/** An image as the official one: Kafka in /opt/kafka, made of the tests' jars and this computer's Java. */
export async function kafkaImage(engine: Engine, jars: string): Promise<string> {
  if (await engine.inspectImage(NAME)) {
    return NAME;
  }
  const folder = await mkdtemp(join(tmpdir(), 'kafka-image-'));
  try {
    const java = dirname(dirname(await realpath((await run('which', ['java'])).stdout.trim())));
    await cp(java, join(folder, 'jvm'), { recursive: true, dereference: true, filter: (file) => !LEFT_OUT.test(file) });
    await mkdir(join(folder, 'libs'));
    const { stdout } = await run('ldd', [join(java, 'lib/libzip.so'), join(java, 'lib/server/libjvm.so')]);
    for (const file of new Set(stdout.match(/\/\S*lib(?:z|stdc\+\+|gcc_s)\.so\S*/g) ?? [])) {
      await cp(file, join(folder, 'libs', file.slice(file.lastIndexOf('/') + 1)), { dereference: true });
    }
    const script = (main: string) => ({ content: `#!/bin/sh\n${TOOL} ${main} "$@"\n`, mode: 0o755 });
    const all = (await readdir(jars)).filter((name) => name.endsWith('.jar'));
    await engine.buildImage(
      {
        tag: NAME,
        labels: {},
        dockerfile: [
          `FROM ${pythonImage}`,
          'COPY kafka /opt/kafka',
          'COPY jvm /opt/jvm',
          'COPY libs /opt/libs',
          'ENV LD_LIBRARY_PATH=/opt/libs',
          'RUN mkdir -p /var/lib/kafka/data && chown 1000:1000 /var/lib/kafka/data',
          'USER 1000:1000',
        ].join('\n'),
        context: [
          { path: 'jvm', from: join(folder, 'jvm') },
          { path: 'libs', from: join(folder, 'libs') },
          { path: 'kafka/bin/kafka-storage.sh', ...script('kafka.tools.StorageTool') },
          { path: 'kafka/bin/kafka-server-start.sh', ...script('kafka.Kafka') },
          ...all.map((name) => ({ path: `kafka/libs/${name}`, from: join(jars, name) })),
        ],
      },
      () => undefined,
      AbortSignal.timeout(180_000),
    );
    return NAME;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
