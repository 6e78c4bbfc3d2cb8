import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Generation } from '../../../src/localApi/project';
import { TestHopsworks } from '../../fakes/hopsworks/testHopsworks';
import { KEY } from '../localApi/apiPlace';
import { anything, definition, operation, quickBackendTo, recorder } from './support';

const FIXTURES = resolve(import.meta.dirname, '../../fixtures/hopsworks');

/** A call of a client, as it was recorded (test/fixtures/hopsworks/README.md). */
interface Recorded {
  readonly method: string;
  readonly path: string;
  readonly query?: string;
  readonly type?: string;
  readonly body?: Readonly<Record<string, unknown>>;
  readonly status: number;
}

/** What only the official client asks, and why ours does not. */
const ONLY_THEIRS: Readonly<Record<string, string>> = {
  'GET /project': 'it looks for the name of the user, which ours does not need',
  'GET /variables/enable_data_science_profile': 'ours learns from the refusal of the first call (120012)',
  'GET /variables/kube_knative_domain_name': 'only for the ingress, which ours asks for when a request goes there',
  'GET /project/N/serving/N':
    'ours looks by the name, so that one that was made anew under it is not taken for the old one',
};

/** What only ours asks, and why. */
const ONLY_OURS: Readonly<Record<string, string>> = {
  'GET /variables/versions': 'what is sent depends on the release',
  'GET /variables/kube_serving_max_cores_allocation': 'a limit of the cluster is said before anything is sent',
  'GET /variables/kube_serving_max_memory_allocation': 'as above',
  'GET /variables/kube_serving_max_gpus_allocation': 'as above',
  'GET /project/N/dataset/%2FProjects%2Fdemo%2FResources%2Firis%2Fpredictor%2Fpredict.py':
    'a script that ours had uploaded for it would lie there',
  'GET /project/N/dataset/%2FProjects%2Fdemo%2FDeployments%2Firis%2Fresources%2Fpredictor%2Fserve.py': 'as above',
  'DELETE /project/N/kafka/topics/iris-infN': 'the topic that was made for a serving goes with it',
};

let server: TestHopsworks;
afterEach(() => server.dispose());

describe.each<[string, Generation, string]>([
  ['h37_default', 3, 'hsml 3.7.2'],
  ['w52_default', 5, 'hopsworks 5.2.1'],
])('what %s has', (file, generation, client) => {
  const recorded = readFileSync(resolve(FIXTURES, `${file}.jsonl`), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Recorded);
  const theirs = recorded.filter(({ query, status }) => query?.includes('nosuch') !== true && status < 400);
  /** In the recording of 5.2, the script lies elsewhere. */
  const script = String(theirs.find(({ method }) => method === 'PUT')?.body?.predictor);

  beforeEach(async () => {
    server = await new TestHopsworks().open(generation);
    await server.addModel();
    await server.write(script.replace('/Projects/demo/', ''), 'class Predict: ...');
    server.world.scripts.set(script.replace('/Projects/demo/', ''), { predict: (inputs) => inputs });
    server.variables.kube_serving_max_num_instances = '10';
  });

  /** The job of the recording: create, list, start, two requests, logs, the same again, stop, delete. */
  async function ours(): Promise<void> {
    const backend = quickBackendTo(server.address, KEY, recorder());
    const asked = definition('iris', {
      script: script.replace('/Projects/demo/', ''),
      resources: { cores: 1, memoryMb: 512, gpus: 0 },
      remote: {
        server: 'PYTHON',
        tool: 'DEFAULT',
        framework: 'PYTHON',
        topic: { name: 'CREATE' },
        inferenceLogging: 'ALL',
        requests: { cores: 0.2, memoryMb: 64, gpus: 0 },
        batching: { enabled: false },
      },
    });
    const ref = await backend.create(asked, operation());
    const [made] = await backend.servings(anything());
    await backend.start(ref, operation());
    for (const body of ['{"instances":[[1,2,3,4]]}', '{"instances":[[1,2],[3,4]]}']) {
      await backend.predict(ref, { verb: 'predict', body }, anything());
    }
    for await (const line of backend.logs(ref, { follow: false, tail: 5 }, anything())) {
      expect(line.message).not.toBe('');
    }
    await backend.update(ref, made!.definition, operation());
    await backend.stop(ref, operation());
    await backend.remove(ref, operation());
    backend.dispose();
  }

  it(`the same is done, in the same order, as by ${client}`, async () => {
    await ours();
    const toWrite = ({ method, path, query, type, body }: Omit<Recorded, 'status'>) => ({
      call: plain(method, path, query),
      type,
      ...(method === 'PUT' ? { body: mainOf(body) } : {}),
    });
    const sent = server.asked.map(({ method, path, query, headers, body }) =>
      toWrite({
        method,
        path,
        query: new URLSearchParams(query).toString(),
        ...(headers['content-type'] === undefined ? {} : { type: headers['content-type'] }),
        ...(method === 'PUT' ? { body: JSON.parse(body) as Record<string, unknown> } : {}),
      }),
    );
    const writes = (calls: readonly { call: string }[]): readonly unknown[] =>
      calls.filter(({ call }) => !call.startsWith('GET') && !(call in ONLY_OURS));
    expect(writes(sent)).toEqual(writes(theirs.map(toWrite)));
  });

  it(`what else is asked differs from ${client} for a reason only`, async () => {
    await ours();
    const mine = new Set(server.asked.map(({ method, path }) => plain(method, path)));
    const other = new Set(theirs.map(({ method, path }) => plain(method, path)));
    expect([...mine].filter((call) => !other.has(call) && !(call in ONLY_OURS))).toEqual([]);
    expect([...other].filter((call) => !mine.has(call) && !(call in ONLY_THEIRS))).toEqual([]);
  });
});

/** Without the numbers that each server gives. */
function plain(method: string, path: string, query = ''): string {
  const asked = query.replace(/&?expand=[a-z]+/, '');
  return `${method} ${path}${asked === '' ? '' : `?${asked}`}`
    .replace(/\/(project|serving)\/\d+/g, '/$1/N')
    .replace(/-inf\d{4}/, '-infN');
}

/** What is asked for: without what the server says itself, and what it takes for nothing. */
function mainOf(body: Recorded['body'] = {}): unknown {
  const { id, created: _created, creator: _creator, projectNamespace: _space, version: _version, ...main } = body;
  const {
    kafkaTopicDTO: topic,
    artifactVersion,
    ...others
  } = main as { kafkaTopicDTO?: Record<string, unknown> } & Record<string, unknown>;
  const { name, ...counts } = topic ?? {};
  const isNew = id === null;
  return {
    isNew,
    // Of one that is there, what its server tells: the recording server told another number.
    artifactVersion: isNew ? artifactVersion : 'as it was told',
    ...Object.fromEntries(Object.entries(others).filter(([, value]) => value !== null)),
    // Of a topic that is there, only the name says which.
    topic: { name: String(name).replace(/-inf\d{4}/, '-infN'), ...(isNew ? counts : {}) },
  };
}
