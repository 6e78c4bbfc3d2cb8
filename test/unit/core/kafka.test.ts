import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { StoredKafkaPasswords } from '../../../src/app/inferenceLog/kafkaPasswords';
import { withKafkaClient } from '../../../src/backends/local/kafkaClient';
import {
  containerSecretNames,
  containerSecrets,
  processKafka,
  processSecrets,
  toContainerKafka,
} from '../../../src/backends/local/kafkaLaunch';
import { DEFAULTS, type ServingDefinition } from '../../../src/core/definition';
import { checkBrokers, sendsToKafka, toKafkaConnection, type KafkaConnection } from '../../../src/core/kafka';
import { brokerTopicTrouble } from '../../../src/core/topics';

const definition = (topic: string, mode: ServingDefinition['inferenceLog']['mode'] = 'ALL'): ServingDefinition => ({
  ...DEFAULTS,
  name: 'iris',
  model: { name: 'iris', version: 1 },
  script: 'Models/iris/1/iris.py',
  inferenceLog: { ...DEFAULTS.inferenceLog, mode, kafka: { topic, partitions: 1, copies: 1, schemaVersion: 3 } },
});
const FULL: KafkaConnection = {
  brokers: 'localhost:9092,kafka.example:9093',
  tls: { caFile: '/a/ca.pem', verify: true },
  sasl: { mechanism: 'PLAIN', user: 'ada' },
};

it('takes addresses of brokers, and says what is wrong with others', () => {
  for (const fine of ['localhost:9092', 'a.example:1, b.example:65535', '[::1]:9092', '127.0.0.1:9092']) {
    expect(checkBrokers(fine)).toBeUndefined();
  }
  for (const wrong of ['', 'localhost', 'localhost:0', 'localhost:70000', 'http://localhost:9092', 'a:1;b:2']) {
    expect(checkBrokers(wrong)).toBeDefined();
  }
});

it('reads a connection from settings that may be anything', () => {
  expect(toKafkaConnection('', {}, {})).toBeUndefined();
  expect(toKafkaConnection('nonsense', {}, {})).toBeUndefined();
  expect(toKafkaConnection(' localhost:9092 ', {}, {})).toEqual({ brokers: 'localhost:9092' });
  expect(toKafkaConnection('a:1 , b:2', { caFile: '/ca.pem', verify: false }, { user: 'ada', mechanism: 'X' })).toEqual(
    {
      brokers: 'a:1,b:2',
      tls: { caFile: '/ca.pem', verify: false },
      sasl: { mechanism: 'PLAIN', user: 'ada' },
    },
  );
  expect(toKafkaConnection('a:1', [1], 7)).toEqual({ brokers: 'a:1' });
});

it('sends where a topic is named and something is kept', () => {
  expect(sendsToKafka(definition('NONE'))).toBe(false);
  expect(sendsToKafka(definition('CREATE'))).toBe(true);
  expect(sendsToKafka(definition('CREATE', 'NONE'))).toBe(false);
});

it('asks for the client where records are sent, once', () => {
  expect(withKafkaClient(definition('NONE'), 'numpy\n')).toBe('numpy\n');
  expect(withKafkaClient(definition('CREATE'), 'numpy')).toBe('numpy\nconfluent-kafka\n');
  expect(withKafkaClient(definition('CREATE'), '')).toBe('confluent-kafka\n');
  for (const text of ['confluent-kafka==2.6.0\n', 'Confluent_Kafka>=2\n']) {
    expect(withKafkaClient(definition('CREATE'), text)).toBe(text);
  }
});

it('hands passwords and files to containers as secrets, and names no path of this computer there', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'kafka-launch-'));
  try {
    const caFile = join(folder, 'ca.pem');
    writeFileSync(caFile, 'certificate');
    const target = { connection: { ...FULL, tls: { caFile, verify: true } }, topic: 'iris-inf0001' };
    const launch = toContainerKafka(definition('CREATE'), target, '/run/secrets');
    expect(launch).toEqual({
      brokers: 'host.docker.internal:9092,kafka.example:9093',
      topic: 'iris-inf0001',
      schemaVersion: 3,
      tls: { caFile: '/run/secrets/MODEL_SERVING_KAFKA_CA', verify: true },
      sasl: { mechanism: 'PLAIN', user: 'ada', passwordVariable: 'MODEL_SERVING_KAFKA_PASSWORD' },
    });
    expect(JSON.stringify(launch)).not.toContain(folder);
    const secrets = await containerSecrets(target, { password: 'pass' });
    expect(secrets).toEqual({ MODEL_SERVING_KAFKA_CA: 'certificate', MODEL_SERVING_KAFKA_PASSWORD: 'pass' });
    expect(Object.keys(secrets).sort()).toEqual([...containerSecretNames(target)].sort());
    const gone = { ...target, connection: { ...FULL, tls: { caFile: join(folder, 'no.pem'), verify: true } } };
    await expect(containerSecrets(gone, {})).rejects.toMatchObject({ code: 'notFound' });
    const inside = { brokers: 'ms-kafka:19092', network: 'ms-kafka' };
    expect(toContainerKafka(definition('CREATE'), { ...target, inside }, '/run/secrets').brokers).toBe(inside.brokers);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it('names a variable for the password of a key, which a key without one does not mind', () => {
  const connection: KafkaConnection = { brokers: 'a:1', tls: { keyFile: '/k.pem', verify: true } };
  expect(processKafka(connection).tls).toMatchObject({ keyPasswordVariable: 'MODEL_SERVING_KAFKA_KEY_PASSWORD' });
  expect(processSecrets(connection, {})).toEqual({ MODEL_SERVING_KAFKA_KEY_PASSWORD: 'none' });
  expect(processSecrets({ brokers: 'a:1' }, { password: 'left over' })).toEqual({});
});

it('gives a password to the broker, user and way of speaking that it was set for, and to no other', async () => {
  const kept = new Map<string, string>();
  const passwords = new StoredKafkaPasswords({
    get: (name) => Promise.resolve(kept.get(name)),
    store: (name, value) => Promise.resolve(void kept.set(name, value)),
    delete: (name) => Promise.resolve(void kept.delete(name)),
  });
  await passwords.set(FULL, { password: 's3cret' });
  expect(await passwords.get({ ...FULL })).toEqual({ password: 's3cret' });
  const { tls: _none, ...plain } = FULL;
  const others: readonly KafkaConnection[] = [
    { ...FULL, brokers: 'evil.example:9092' },
    { ...FULL, sasl: { mechanism: 'PLAIN', user: 'bob' } },
    { ...FULL, tls: { verify: false } },
    plain,
  ];
  for (const other of others) {
    expect(await passwords.get(other)).toEqual({});
  }
  expect([...kept.keys()].join()).not.toContain('ada');
  await passwords.forget(FULL);
  expect(kept.size).toBe(0);
});

it('says why a topic of a broker does not fit', () => {
  const topic = { name: 'logs', partitions: 1, copies: 1 };
  expect(brokerTopicTrouble(topic, 3)).toBeUndefined();
  expect(brokerTopicTrouble({ ...topic, newest: { schemaVersion: 3 }, writable: true }, 3)).toBeUndefined();
  expect(brokerTopicTrouble({ ...topic, writable: false }, 3)).toMatch(/may not be written/);
  expect(brokerTopicTrouble({ ...topic, newest: { schemaVersion: null } }, 3)).toMatch(/other messages/);
  expect(brokerTopicTrouble({ ...topic, newest: { schemaVersion: 4 } }, 3)).toMatch(/version 4 of inferenceschema/);
});
