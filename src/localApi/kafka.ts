import { bodyOf } from './body';
import { textOf, type Json } from './json';
import { argument, problem } from './problem';
import { pageOf } from './datasets';
import type { Call, Reply, Route } from './router';
import { INFERENCE_SCHEMA, INFERENCE_SCHEMAS } from './schemas';
import { registryProblem, toTopic, type Topic, type Topics } from './topics';

/** Ids of schemas that are registered here begin after those of Hopsworks' own. */
const OWN_IDS = 100;

/** Topics and schemas as Hopsworks tells of them. */
export function kafkaRoutes(topics: Topics): readonly Route[] {
  const topic = (call: Call): Promise<Topic> => topics.find(call.params.topic ?? '');
  return [
    ['GET', '/kafka/topics', async ({ query }) => list(await topics.list(), query)],
    [
      'POST',
      '/kafka/topics',
      async (call) => ({
        status: 201,
        json: toDto(await topics.create(toTopic(await bodyOf(call, 'Topic not provided')))),
      }),
    ],
    ['GET', '/kafka/topics/:topic', async (call) => partitions(await topic(call))],
    [
      'DELETE',
      '/kafka/topics/:topic',
      async ({ params }) => {
        await topics.remove(params.topic ?? '');
        return { status: 204 };
      },
    ],
    [
      'GET',
      '/kafka/topics/:topic/subjects',
      async (call) => {
        const { schema } = await topic(call);
        if (schema === undefined) {
          throw problem(190006);
        }
        return { status: 200, json: await toSchema(topics, schema.subject, schema.version) };
      },
    ],
    [
      'PUT',
      '/kafka/topics/:topic/subjects/:subject/versions/:version',
      async ({ params }) => {
        await topics.attach(params.topic ?? '', { subject: params.subject ?? '', version: Number(params.version) });
        return { status: 200 };
      },
    ],
    [
      'GET',
      '/kafka/subjects',
      async () => ({ status: 200, raw: { type: 'text/plain', body: JSON.stringify(await topics.subjects()) } }),
    ],
    ['GET', '/kafka/subjects/:subject/versions', async (call) => ({ status: 200, json: await versions(topics, call) })],
    [
      'POST',
      '/kafka/subjects/:subject/versions',
      async (call) => {
        const schema = textOf(await bodyOf(call, 'Schema not provided'), 'schema');
        if (schema === undefined) {
          throw argument('Schema not provided');
        }
        const subject = call.params.subject ?? '';
        return { status: 200, json: { id: await idOf(topics, subject, await topics.register(subject, schema)) } };
      },
    ],
    [
      'GET',
      '/kafka/subjects/:subject/versions/:version',
      async (call) => ({ status: 200, json: await one(topics, call) }),
    ],
    [
      'GET',
      '/kafka/subjects/:subject/versions/:version/schema',
      async (call) => ({
        status: 200,
        raw: { type: 'application/json', body: String((await one(topics, call)).schema) },
      }),
    ],
  ];
}

function list(all: readonly Topic[], query: URLSearchParams): Reply {
  const isDown = /^name:desc$/i.test(query.get('sort_by') ?? '');
  const sorted = [...all].sort((a, b) => (isDown ? -1 : 1) * (a.name < b.name ? -1 : 1));
  const { from, to } = pageOf(query);
  return { status: 200, json: { href: '', items: sorted.slice(from, to).map(toDto), count: all.length } };
}

/** As it stands in lists, and in a deployment. */
function toDto({ name, replicas, partitions: number, schema }: Topic): Json {
  return {
    href: '',
    name,
    numOfReplicas: replicas,
    numOfPartitions: number,
    ...(schema === undefined ? {} : { schemaName: schema.subject, schemaVersion: schema.version }),
    shared: false,
  };
}

function partitions({ partitions: number }: Topic): Reply {
  const broker = '127.0.0.1';
  const items = Array.from({ length: number }, (_, id) => ({
    id,
    leader: broker,
    replicas: [broker],
    inSyncReplicas: [broker],
  }));
  return { status: 200, json: { href: '', items, count: number } };
}

async function versions(topics: Topics, { params: { subject = '' } }: Call): Promise<readonly number[]> {
  const schemas = await topics.versions(subject);
  if (schemas.length === 0) {
    throw registryProblem(40401, subject);
  }
  return schemas.map((_, index) => index + 1);
}

async function one(topics: Topics, call: Call): Promise<Json> {
  const { subject = '', version = '' } = call.params;
  const all = await versions(topics, call);
  return toSchema(topics, subject, version === 'latest' ? all.length : Number(version));
}

async function toSchema(topics: Topics, subject: string, version: number): Promise<Json> {
  const schema = await topics.schema({ subject, version });
  if (schema === undefined) {
    throw registryProblem(40402, String(version));
  }
  return { id: await idOf(topics, subject, version), subject, version, schema };
}

async function idOf(topics: Topics, subject: string, version: number): Promise<number> {
  const before = (await topics.subjects()).slice(1);
  return subject === INFERENCE_SCHEMA
    ? version
    : OWN_IDS * (before.indexOf(subject) + 1) + version + INFERENCE_SCHEMAS.length;
}
