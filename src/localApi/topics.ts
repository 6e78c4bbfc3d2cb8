import { randomInt } from 'node:crypto';
import { isObject } from '../core/objects';
import type { Asked } from './asked';
import { numberOf, objectOf, textOf, type Json } from './json';
import { KeptJson } from './keptJson';
import { argument, Problem, problem } from './problem';
import { INFERENCE_SCHEMA, INFERENCE_SCHEMAS } from './schemas';

/** Without a broker there is one of them: this computer. */
const BROKERS = 1;
const PARTITIONS = 2;
/** Of one deployment: what four digits can tell apart. */
const NAMES = 10_000;

export interface Topic {
  readonly name: string;
  readonly partitions: number;
  readonly replicas: number;
  readonly schema?: SchemaRef;
}

export interface SchemaRef {
  readonly subject: string;
  /** From 1. */
  readonly version: number;
}

interface Kept {
  readonly topics: readonly Topic[];
  /** Schemas that were registered here: by subject, in the order of their versions. */
  readonly subjects: Readonly<Record<string, readonly string[]>>;
}

/** The topics and schemas of the project, kept in a file. Nothing is written to a topic: no broker is set up. */
export class Topics {
  private readonly kept: KeptJson<Kept>;

  constructor(file: string) {
    this.kept = new KeptJson(file, toKept);
  }

  async list(): Promise<readonly Topic[]> {
    return (await this.kept.read()).topics;
  }

  async find(name: string): Promise<Topic> {
    const topic = (await this.list()).find((each) => each.name === name);
    if (topic === undefined) {
      throw problem(190000, `topic: ${name}`);
    }
    return topic;
  }

  async create(topic: Topic): Promise<Topic> {
    if (topic.partitions <= 0) {
      throw problem(190015, 'Invalid number of partitions');
    }
    if (topic.replicas > BROKERS) {
      throw problem(190005, `maximum: ${BROKERS}`);
    }
    if (topic.schema !== undefined && (await this.schema(topic.schema)) === undefined) {
      throw problem(190006, `schema: ${topic.schema.subject}, version: ${topic.schema.version}`);
    }
    await this.kept.change((kept) => {
      if (kept.topics.some(({ name }) => name === topic.name)) {
        throw problem(190002, `topic name: ${topic.name}`);
      }
      return { ...kept, topics: [...kept.topics, topic] };
    });
    return topic;
  }

  async remove(name: string): Promise<void> {
    await this.find(name);
    await this.kept.change((kept) => ({ ...kept, topics: kept.topics.filter((each) => each.name !== name) }));
  }

  async attach(name: string, schema: SchemaRef): Promise<void> {
    await this.find(name);
    if ((await this.schema(schema)) === undefined) {
      throw problem(190006, `schema: ${schema.subject}, version: ${schema.version}`);
    }
    await this.kept.change((kept) => ({
      ...kept,
      topics: kept.topics.map((each) => (each.name === name ? { ...each, schema } : each)),
    }));
  }

  async subjects(): Promise<readonly string[]> {
    return [INFERENCE_SCHEMA, ...Object.keys((await this.kept.read()).subjects)];
  }

  /** Schemas of a subject, in the order of their versions; none where it is not there. */
  async versions(subject: string): Promise<readonly string[]> {
    return subject === INFERENCE_SCHEMA ? INFERENCE_SCHEMAS : ((await this.kept.read()).subjects[subject] ?? []);
  }

  async schema({ subject, version }: SchemaRef): Promise<string | undefined> {
    return (await this.versions(subject))[version - 1];
  }

  /** Resolves with its version. The same schema again is the version that it has. */
  async register(subject: string, schema: string): Promise<number> {
    if (subject === INFERENCE_SCHEMA) {
      throw problem(190016);
    }
    const known = (await this.versions(subject)).indexOf(schema);
    if (known >= 0) {
      return known + 1;
    }
    const { subjects } = await this.kept.change((kept) => ({
      ...kept,
      subjects: { ...kept.subjects, [subject]: [...(kept.subjects[subject] ?? []), schema] },
    }));
    return subjects[subject]?.length ?? 1;
  }

  /**
   * The topic of a deployment that is created or changed, by Hopsworks' rules; a new one where it asks for one.
   * `before` is the one that it has. Undefined: none.
   */
  async ofDeployment(
    { topic: name, name: deployment, servingTool, wire }: Asked,
    before?: string,
  ): Promise<string | undefined> {
    if (name === undefined || name === before) {
      return name;
    }
    const isKServe = servingTool === 'KSERVE';
    if (name === 'CREATE') {
      const dto = objectOf(wire, 'kafkaTopicDTO') ?? {};
      const topic = await this.create({
        name: await this.freeName(deployment ?? ''),
        partitions: numberOf(dto, 'numOfPartitions') ?? PARTITIONS,
        replicas: numberOf(dto, 'numOfReplicas') ?? BROKERS,
        schema: { subject: INFERENCE_SCHEMA, version: isKServe ? 4 : 3 },
      });
      return topic.name;
    }
    const topic = (await this.list()).find((each) => each.name === name);
    if (topic === undefined) {
      throw problem(240022, `Kafka topic ${name} does not exist`);
    }
    const trouble = schemaTrouble(topic.schema, isKServe);
    if (trouble !== undefined) {
      throw problem(240023, trouble);
    }
    return name;
  }

  /** As Hopsworks makes it: four digits by chance, but not those of another topic, which Hopsworks would refuse. */
  private async freeName(deployment: string): Promise<string> {
    const taken = new Set((await this.list()).map(({ name }) => name));
    const first = randomInt(0, NAMES);
    const names = Array.from({ length: NAMES }, (_, step) => {
      const digits = String((first + step) % NAMES).padStart(4, '0');
      return `${deployment}-inf${digits}`;
    });
    return names.find((name) => !taken.has(name)) ?? `${deployment}-inf${String(first).padStart(4, '0')}`;
  }

  /** As it is told with a deployment. */
  async toDto(name: string): Promise<Json> {
    const schema = (await this.list()).find((each) => each.name === name)?.schema;
    return schema === undefined
      ? { name }
      : {
          name,
          schemaName: schema.subject,
          schemaVersion: schema.version,
          schemaContent: await this.schema(schema),
        };
  }
}

function schemaTrouble(schema: SchemaRef | undefined, isKServe: boolean): string | undefined {
  if (schema?.subject !== INFERENCE_SCHEMA) {
    return `Inference logging requires a Kafka topic with schema '${INFERENCE_SCHEMA}'`;
  }
  if (!isKServe && schema.version >= 4) {
    return 'Inference logging in default deployments requires schema version 3 or lower';
  }
  return isKServe && schema.version < 4
    ? 'Inference logging in KServe deployments requires schema version 4 or greater'
    : undefined;
}

/** The topic that a client asks for. */
export function toTopic(body: Json): Topic {
  const name = textOf(body, 'name');
  if (name === undefined || !/^[\w.-]{1,249}$/.test(name)) {
    throw argument('Topic name not provided or not valid');
  }
  const subject = textOf(body, 'schemaName');
  return {
    name,
    partitions: numberOf(body, 'numOfPartitions') ?? PARTITIONS,
    replicas: numberOf(body, 'numOfReplicas') ?? BROKERS,
    ...(subject === undefined ? {} : { schema: { subject, version: numberOf(body, 'schemaVersion') ?? 1 } }),
  };
}

function toKept(json: unknown): Kept {
  const of = isObject(json) ? json : {};
  return {
    topics: Array.isArray(of.topics) ? of.topics.filter(isTopic) : [],
    subjects: (objectOf(of, 'subjects') ?? {}) as Kept['subjects'],
  };
}

function isTopic(value: unknown): value is Topic {
  return isObject(value) && typeof value.name === 'string' && typeof value.partitions === 'number';
}

/** As a schema registry says that something is not there. */
export function registryProblem(code: 40401 | 40402, what: string): Problem {
  const told = new Problem(404, code, `${code === 40401 ? 'Subject' : 'Version'} ${what} not found`);
  return Object.assign(told, { toJson: () => ({ error_code: code, message: told.errorMsg }) });
}
