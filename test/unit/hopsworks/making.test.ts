import { mkdtempSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HopsworksBackend } from '../../../src/backends/hopsworks/hopsworksBackend';
import type { ServingDefinition } from '../../../src/core/definition';
import { failure } from '../../fakes/hopsworks/front';
import { FakeHopsworks } from './fakeHopsworks';
import { anything, backendTo, definition, errorOf, operation } from './support';

let root: string;
let server: FakeHopsworks;
let backend: HopsworksBackend;
let script: string;

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'making '));
  script = join(root, 'predict.py');
  await writeFile(script, 'class Predict:\n    pass\n');
  server = await new FakeHopsworks().listen();
  backend = backendTo(server.address);
});
afterEach(async () => {
  backend.dispose();
  await server.close();
  await rm(root, { recursive: true });
});

async function withScript(more: Partial<ServingDefinition> = {}, file = script): Promise<ServingDefinition> {
  const { defaults } = await backend.remote.offer(anything());
  return definition('iris', { script: 'predict.py', remote: { ...defaults, upload: { script: file } }, ...more });
}

const sent = (): Record<string, unknown> | undefined => server.deployments.get('iris')?.fields;

describe('a serving with a script of this computer', () => {
  it('has it uploaded, in one piece, to where it is its own', async () => {
    await backend.create(await withScript(), operation());
    expect(sent()?.predictor).toBe('/Projects/demo/Resources/iris/predictor/predict.py');
    expect(JSON.stringify(sent())).not.toContain(root);
    expect(server.files.files.get('Resources/iris/predictor/predict.py')).toBe('class Predict:\n    pass\n');
  });

  it('puts it where the official client of 5.x does', async () => {
    server.version = '5.2.0';
    await backend.create(await withScript(), operation());
    expect(sent()?.predictor).toBe('/Projects/demo/Deployments/iris/resources/predictor/predict.py');
    expect(server.files.all).toContain('Deployments/iris/resources/predictor/predict.py');
  });

  it('leaves nothing when it is refused', async () => {
    const before = server.files.all;
    server.faults.push(({ method, path }) =>
      method === 'PUT' && path.endsWith('/serving')
        ? failure(400, 240012, 'Python environment not enabled')
        : undefined,
    );
    expect((await errorOf(backend.create(await withScript(), operation()))).message).toContain('not enabled');
    expect(server.files.all).toEqual(before);
  });

  it.each([['mkdir'], ['upload']])('leaves nothing when %s fails', async (what) => {
    const before = server.files.all;
    let made = 0;
    server.faults.push(({ method, path }) => {
      const isUpload = path.includes('/dataset/upload/');
      const isHit = method === 'POST' && path.includes('/dataset/') && (what === 'upload' ? isUpload : ++made === 2);
      return isHit ? failure(500, 110043, 'no') : undefined;
    });
    await errorOf(backend.create(await withScript(), operation()));
    expect([server.files.all, [...server.deployments]]).toEqual([before, []]);
  });

  it('leaves nothing when it is cancelled, also when Hopsworks has done it already', async () => {
    const before = server.files.all;
    const abort = new AbortController();
    server.faults.push((asked) => {
      if (asked.method !== 'PUT') {
        return undefined;
      }
      server.faults.length = 0;
      server.add('iris');
      setTimeout(() => {
        abort.abort();
      }, 10);
      return 'never';
    });
    expect((await errorOf(backend.create(await withScript(), operation(abort.signal)))).code).toBe('cancelled');
    expect([server.files.all, [...server.deployments]]).toEqual([before, []]);
  });

  it('that is missing here is said before anything is done there', async () => {
    const before = server.files.all;
    const error = await errorOf(backend.create(await withScript({}, join(root, 'gone.py')), operation()));
    expect(error.message).toContain('gone.py');
    expect(server.files.all).toEqual(before);
  });

  it('needs its model in the registry, or something that brings it there', async () => {
    const asked = await withScript();
    const remote = asked.remote && { ...asked.remote, upload: { ...asked.remote.upload, model: root } };
    expect(await errorOf(backend.create({ ...asked, ...(remote ? { remote } : {}) }, operation()))).toMatchObject({
      code: 'notFound',
    });
    expect([...server.deployments]).toEqual([]);
  });
});

describe('an edit', () => {
  const shown = async (): Promise<ServingDefinition> => {
    const [found] = await backend.servings(anything());
    return found?.definition ?? definition();
  };

  it('replaces the script of before, and keeps it when the change is refused', async () => {
    await backend.create(await withScript(), operation());
    const before = await shown();
    await writeFile(script, 'class Predict:\n    new = 1\n');
    const remote = before.remote && { ...before.remote, upload: { script } };
    const changed: ServingDefinition = { ...before, artifact: 'CREATE', ...(remote ? { remote } : {}) };
    server.faults.push(({ method }) => (method === 'PUT' ? failure(400, 240018, 'no') : undefined));
    await errorOf(backend.update({ backend: backend.id, name: 'iris' }, changed, operation()));
    expect(server.files.files.get('Resources/iris/predictor/predict.py')).toBe('class Predict:\n    pass\n');
    server.faults.length = 0;
    await backend.update({ backend: backend.id, name: 'iris' }, changed, operation(), before);
    expect(server.files.files.get('Resources/iris/predictor/predict.py')).toBe('class Predict:\n    new = 1\n');
  });

  it('tells that somebody else has changed it meanwhile, and overwrites nothing of that', async () => {
    const deployment = server.add('iris', 'Stopped');
    const since = await shown();
    deployment.fields.requestedInstances = 3;
    const changed = { ...since, description: 'mine' };
    const ref = { backend: backend.id, name: 'iris' };
    expect(await errorOf(backend.update(ref, changed, operation(), since))).toMatchObject({
      code: 'conflict',
      message: expect.stringMatching(/changed in Hopsworks meanwhile/) as string,
    });
    expect(deployment.fields.requestedInstances).toBe(3);
    await backend.update(ref, { ...(await shown()), description: 'mine' }, operation(), await shown());
    expect(sent()).toMatchObject({ requestedInstances: 3, description: 'mine' });
  });

  it('is allowed', () => {
    expect([...backend.capabilities]).toContain('edit');
  });
});

describe('what may be chosen', () => {
  it('is what the server, its version and the role allow', async () => {
    server.version = '4.8.1';
    server.role = 'Data scientist';
    expect(await backend.remote.offer(anything())).toMatchObject({
      hasKserve: true,
      hasArtifacts: false,
      scales: true,
      servers: ['PYTHON', 'TENSORFLOW_SERVING', 'VLLM'],
      refusal: expect.stringMatching(/Data scientist.*Data owner/) as string,
    });
  });

  it('lists models over pages, artifacts with their scripts, and topics with their schema', async () => {
    server.models = Array.from({ length: 700 }, (_, index) => ({
      name: 'iris',
      version: index + 1,
      framework: 'SKLEARN',
    }));
    const models = await backend.remote.models(anything());
    expect([models.length, models[0]]).toEqual([700, { name: 'iris', version: 700, framework: 'SKLEARN' }]);
    server.files.add('Models/iris/1/Artifacts/2/predictor-predict.py');
    server.files.add('Models/iris/1/Artifacts/10/transformer-t.py');
    server.files.add('Models/iris/1/Artifacts/0/iris_1_0.zip');
    expect(await backend.remote.artifacts({ name: 'iris', version: 1 }, anything())).toEqual([
      { number: 10, transformer: 't.py' },
      { number: 2, script: 'predict.py' },
    ]);
    server.topicItems = [{ name: 'a', schemaName: 'inferenceschema', schemaVersion: 4 }, { name: 'b' }];
    expect(await backend.remote.topics(anything())).toEqual([
      { name: 'a', schema: { name: 'inferenceschema', version: 4 } },
      { name: 'b' },
    ]);
  });

  it('is checked against the files and topics that are there', async () => {
    const check = async (more: Partial<ServingDefinition>): Promise<string | undefined> =>
      backend.remote.checkFiles(await withScript(more), anything());
    expect(await check({})).toMatch(/no iris v1 in the registry/);
    server.files.add('Models/iris/1/model.pt');
    expect(await check({})).toMatch(/neither/);
    server.files.add('Models/iris/1/a.pkl');
    expect(await check({})).toBeUndefined();
    server.files.add('Models/iris/1/b.pkl');
    expect(await check({ script: '' })).toMatch(/a\.pkl, b\.pkl/);
    const { defaults } = await backend.remote.offer(anything());
    const logged = { remote: { ...defaults, topic: { name: 'a' } } };
    expect(await check(logged)).toMatch(/no Kafka topic a/);
    server.topicItems = [{ name: 'a', schemaName: 'inferenceschema', schemaVersion: 3 }];
    expect(await check(logged)).toMatch(/KServe takes 4 or later/);
    server.scopes.delete('KAFKA');
    expect(await check(logged)).toBeUndefined();
    const tensorflow = { remote: { ...defaults, server: 'TENSORFLOW_SERVING' } as const, script: '' };
    expect(await check(tensorflow)).toMatch(/saved model/);
  });
});

describe('the way without Hopsworks in between', () => {
  const ask = async (): Promise<unknown> => {
    const request = { verb: 'predict', body: '{"inputs": [1]}', route: 'direct' } as const;
    return JSON.parse((await backend.predict({ backend: backend.id, name: 'iris' }, request, anything())).body);
  };
  const ingress = (): unknown[] => {
    const number = Number(new URL(server.address).port);
    return [{ type: 'LOAD_BALANCER', hosts: ['127.0.0.1'], ports: [{ name: 'HTTP', number }] }];
  };

  beforeEach(() => {
    server.faults.push(({ url, headers }) =>
      url.startsWith('/v1/')
        ? { status: 200, body: { predictions: [url, headers.host, headers.authorization] } }
        : undefined,
    );
  });

  it('goes by the name of the host up to 4.6, with the key', async () => {
    server.endpoints = ingress();
    server.variables = { kube_knative_domain_name: 'cluster.org' };
    server.add('iris', 'Running');
    const [found] = await backend.servings(anything());
    expect(found?.remote?.direct).toEqual({
      url: `${server.address}/v1/models/iris`,
      hostHeader: 'iris.demo.cluster.org',
    });
    expect(await ask()).toEqual({
      predictions: ['/v1/models/iris:predict', 'iris.demo.cluster.org', 'ApiKey ***'],
    });
  });

  it('goes by the path from 4.8 on, and is not there without KServe', async () => {
    server.version = '4.8.0';
    server.endpoints = ingress();
    server.add('iris', 'Running');
    expect(await ask()).toMatchObject({
      predictions: ['/v1/demo/iris/v1/models/iris:predict', expect.anything(), expect.anything()],
    });
    server.add('plain', 'Running', { servingTool: 'DEFAULT' });
    const plain = (await backend.servings(anything())).find(({ ref }) => ref.name === 'plain');
    expect(plain?.remote?.direct).toBeUndefined();
    const request = { verb: 'predict', body: '{}', route: 'direct' } as const;
    expect(
      (await errorOf(backend.predict({ backend: backend.id, name: 'plain' }, request, anything()))).message,
    ).toMatch(/no ingress/);
  });
});

describe('the logs of before', () => {
  const read = async (): Promise<readonly string[]> => {
    const lines: string[] = [];
    const ref = { backend: backend.id, name: 'iris' };
    for await (const { message, logger, fields } of backend.logs(ref, { follow: false }, anything())) {
      lines.push(`${logger} ${String(fields.instance)} ${message}`);
    }
    return lines;
  };
  const past = [
    { instanceName: 'iris-predictor-b', content: 'two\nthree\n', timestamp: '2026-11-29T10:00:02Z' },
    { instanceName: 'iris-predictor-b', content: 'one', timestamp: '2026-11-29T10:00:01Z' },
    { instanceName: 'iris-predictor-a', content: 'gone', timestamp: '2026-11-29T09:00:00Z' },
  ];
  beforeEach(() => {
    server.faults.push(({ path, query }) =>
      path.endsWith('/logs') && query.source === 'opensearch'
        ? { status: 200, body: query.component === 'predictor' ? past : [] }
        : undefined,
    );
  });

  it('come first, each line once, also of instances that are gone', async () => {
    server.version = '5.2.0';
    server.add('iris', 'Running').logs['iris-predictor-b'] = 'two\nthree\nfour\n';
    expect(await read()).toEqual([
      'predictor iris-predictor-a gone',
      'predictor iris-predictor-b one',
      'predictor iris-predictor-b two',
      'predictor iris-predictor-b three',
      'predictor iris-predictor-b four',
    ]);
    server.faults.unshift(({ query }) => (query.source === undefined ? undefined : failure(400, 120001, 'no source')));
    expect(await read()).toHaveLength(3);
  });

  it('are there of a serving that is stopped, and are not asked for of releases that keep none', async () => {
    server.add('iris', 'Stopped');
    expect(await read()).toEqual([]);
    expect(server.calls.join('\n')).not.toContain('opensearch');
    backend.dispose();
    server.version = '5.2.0';
    backend = backendTo(server.address);
    expect(await read()).toHaveLength(4);
  });
});
