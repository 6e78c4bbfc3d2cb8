import { createHash } from 'node:crypto';
import type { ServingDefinition } from '../../core/definition';
import { parseDefinition, writeDefinition } from '../../core/definitionText';
import { isObject } from '../../core/objects';
import type { KafkaTarget } from '../local/kafkaLaunch';
import type { ArtifactRecord, PreparedStage, RunRecord } from '../local/ledger';
import type { LabelFilter, Labels } from './engine/port';

/** The labels of all that is ours on an engine. What runs is known from them alone. */
export const LABEL = {
  ours: 'model-serving',
  folder: 'model-serving.folder',
  folderPath: 'model-serving.folder-path',
  serving: 'model-serving.serving',
  role: 'model-serving.role',
  run: 'model-serving.run',
  replica: 'model-serving.replica',
  definition: 'model-serving.definition',
  record: 'model-serving.record',
} as const;

export type Role = 'replica' | 'gateway' | 'network' | 'secrets' | 'once';

/** What an object of a serving says of itself. */
export interface OwnLabels {
  readonly serving: string;
  readonly role: Role;
  /** Of a replica. */
  readonly run?: RunRecord;
  readonly replica?: number;
}

/** One serving of one workspace folder on an engine: the names of its objects and their labels. */
export class ServingObjects {
  readonly network: string;
  readonly gateway: string;
  private readonly begin: string;

  constructor(
    private readonly folder: string,
    private readonly name: string,
  ) {
    const plain = /^[a-zA-Z0-9]{1,100}$/.test(name) ? name.toLowerCase() : hash(name, 12);
    this.begin = `ms-${plain}-${folderHash(folder).slice(0, 6)}`;
    this.network = this.begin;
    this.gateway = `${this.begin}-gateway`;
  }

  replica(run: string, number: number): string {
    return `${this.begin}-${run.replaceAll('-', '').slice(0, 6)}-${String(number)}`;
  }

  /** The volume of its secrets; they are counted, as not each can be emptied and used again. */
  secrets(number: number): string {
    return `${this.begin}-secrets${number > 1 ? `-${String(number)}` : ''}`;
  }

  labels(role: Role): Labels {
    return {
      [LABEL.ours]: '1',
      [LABEL.folder]: folderHash(this.folder),
      [LABEL.folderPath]: this.folder,
      [LABEL.serving]: this.name,
      [LABEL.role]: role,
    };
  }

  replicaLabels(run: RunRecord, number: number): Labels {
    const { instance, definition, ...record } = toLabelRecord(run);
    return {
      ...this.labels('replica'),
      [LABEL.run]: instance,
      [LABEL.replica]: String(number),
      [LABEL.definition]: writeDefinition(definition),
      [LABEL.record]: JSON.stringify(record),
    };
  }

  filter(role?: Role): LabelFilter {
    return {
      ...folderFilter(this.folder),
      [LABEL.serving]: this.name,
      ...(role === undefined ? {} : { [LABEL.role]: role }),
    };
  }
}

/** All objects of a workspace folder. */
export function folderFilter(folder: string): LabelFilter {
  return { [LABEL.ours]: '1', [LABEL.folder]: folderHash(folder) };
}

export function folderHash(folder: string): string {
  return hash(folder, 16);
}

/** Total: undefined for what is not a serving's. */
export function parseLabels(labels: Labels): OwnLabels | undefined {
  const serving = labels[LABEL.serving];
  const role = (['replica', 'gateway', 'network', 'secrets', 'once'] as const).find(
    (each) => each === labels[LABEL.role],
  );
  if (labels[LABEL.ours] !== '1' || serving === undefined || role === undefined) {
    return undefined;
  }
  const number = Number(labels[LABEL.replica]);
  const run = parseRun(labels);
  return {
    serving,
    role,
    ...(run ? { run } : {}),
    ...(Number.isInteger(number) && number > 0 ? { replica: number } : {}),
  };
}

/** What a run's containers carry of it: all that does not change any more. */
function toLabelRecord(run: RunRecord): RunRecord {
  const { instance, startedAt, definition, stages, artifact, environment, image, kafka } = run;
  return {
    instance,
    startedAt,
    definition,
    stages,
    ...(artifact ? { artifact } : {}),
    ...(environment ? { environment } : {}),
    ...(image === undefined ? {} : { image }),
    ...(kafka ? { kafka } : {}),
  };
}

function parseRun(labels: Labels): RunRecord | undefined {
  const instance = labels[LABEL.run];
  const definition = definitionIn(labels[LABEL.definition]);
  const record = objectIn(labels[LABEL.record]);
  const startedAt = record?.startedAt;
  if (instance === undefined || definition === undefined || typeof startedAt !== 'string') {
    return undefined;
  }
  const stages = Array.isArray(record?.stages) ? (record.stages as unknown[]).filter(isStage) : [];
  const { artifact, environment, image, kafka } = record ?? {};
  return {
    instance,
    startedAt,
    definition,
    stages,
    ...(isArtifact(artifact) ? { artifact } : {}),
    ...(isEnvironment(environment) ? { environment } : {}),
    ...(typeof image === 'string' ? { image } : {}),
    ...(isKafka(kafka) ? { kafka } : {}),
  };
}

function definitionIn(text: string | undefined): ServingDefinition | undefined {
  return text === undefined ? undefined : parseDefinition(text).definition;
}

type Json = Readonly<Record<string, unknown>>;

function objectIn(text: string | undefined): Json | undefined {
  try {
    const value: unknown = JSON.parse(text ?? '');
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isStage(value: unknown): value is PreparedStage {
  return isObject(value) && typeof value.name === 'string' && typeof value.startedAt === 'string';
}

function isArtifact(value: unknown): value is ArtifactRecord {
  return (
    isObject(value) && ['label', 'directory', 'fingerprint', 'script'].every((key) => typeof value[key] === 'string')
  );
}

function isEnvironment(value: unknown): value is NonNullable<RunRecord['environment']> {
  return isObject(value) && typeof value.executable === 'string';
}

function isKafka(value: unknown): value is KafkaTarget {
  return (
    isObject(value) &&
    typeof value.topic === 'string' &&
    isObject(value.connection) &&
    typeof value.connection.brokers === 'string'
  );
}

function hash(text: string, digits: number): string {
  return createHash('sha256').update(text).digest('hex').slice(0, digits);
}
