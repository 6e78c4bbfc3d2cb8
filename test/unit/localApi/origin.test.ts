import { writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeCertificate } from '../../../src/localApi/certificate';
import { HopsworksBackend } from '../../../src/backends/hopsworks/hopsworksBackend';
import { connected } from '../../clients/connected';
import { anything, backendTo, definition, operation, recorder } from '../hopsworks/support';
import { ApiPlace, deployment, KEY, type Answer } from './apiPlace';

let place: ApiPlace;
afterEach(() => place.dispose());

describe('a page of another origin', () => {
  beforeEach(async () => {
    place = await new ApiPlace().open();
    await place.addModel();
  });

  /** What browsers send for such a page; the key is what the page may have got hold of. */
  const PAGES: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
    ['a page', { origin: 'https://example.org', 'sec-fetch-site': 'cross-site' }],
    ['a page of an old browser', { origin: 'https://example.org' }],
    ['a page of another port here', { origin: 'http://127.0.0.1:1', 'sec-fetch-site': 'same-site' }],
    ['a page of a file or a sandbox', { origin: 'null' }],
    ['a page that looks like this computer', { origin: 'http://127.0.0.1.example.org' }],
    ['a name made to lead here', { host: 'example.org' }],
    ['a name with a port made to lead here', { host: 'localhost.example.org:443' }],
  ];

  it.each(PAGES)('%s: neither reads nor changes anything', async (_page, headers) => {
    const calls: [string, string, string?][] = [
      ['GET', '/serving'],
      ['PUT', '/serving', deployment()],
      ['POST', '/serving/1?action=START'],
      ['POST', '/inference/models/iris:predict', '{"instances":[1]}'],
      ['DELETE', '/dataset/Models%2Firis'],
      ['POST', '/dataset/Models%2Fother?action=create'],
    ];
    for (const [method, path, body] of calls) {
      const answer = await place.inProject(method, path, { headers, ...(body === undefined ? {} : { body }) });
      expect([answer.status, (answer.json as { errorCode: number }).errorCode]).toEqual([403, 120004]);
      expect(answer.headers['access-control-allow-origin']).toBeUndefined();
    }
    expect(place.world.texts.size).toBe(0);
    expect((await place.inProject('GET', '/dataset/Models%2Firis')).status).toBe(200);
  });

  it('is not let in by a preflight, at the API and at the ingress', async () => {
    const headers = {
      origin: 'https://example.org',
      'access-control-request-method': 'PUT',
      'access-control-request-headers': 'authorization, content-type',
      authorization: '',
    };
    const asked: Answer[] = [
      await place.inProject('OPTIONS', '/serving', { headers }),
      await place.direct('OPTIONS', '/variables/versions', { headers }),
      await place.atIngress('OPTIONS', '/v1/demo/iris/v1/models/iris:predict', { headers }),
    ];
    for (const { status, headers: told } of asked) {
      expect(status).toBe(403);
      expect(Object.keys(told).filter((name) => name.startsWith('access-control'))).toEqual([]);
    }
  });

  it('reaches no model through the ingress', async () => {
    const headers = { origin: 'https://example.org' };
    const asked = await place.atIngress('POST', '/v1/demo/iris/v1/models/iris:predict', { headers, body: '{}' });
    expect(asked.status).toBe(403);
  });
});

it('is trusted by our client with its certificate only, and known by its name', async () => {
  const certificate = makeCertificate(new Date());
  place = await new ApiPlace().open(4, certificate);
  const file = `${place.root}/ca.pem`;
  await writeFile(file, certificate.certificate);
  const other = `${place.root}/other.pem`;
  await writeFile(other, makeCertificate(new Date()).certificate);
  const availability = async (caFile: string | undefined, host = '127.0.0.1') => {
    const address = `https://${host}:${place.ports.port}`;
    const parts = connected({ told: { address, project: 'demo' } }, caFile, KEY);
    const backend = new HopsworksBackend({ ...parts, log: recorder() });
    return backend.availability(anything());
  };
  expect(await availability(file)).toMatchObject({ kind: 'ready' });
  expect(await availability(file, 'localhost')).toMatchObject({ kind: 'ready' });
  for (const caFile of [undefined, other]) {
    expect(await availability(caFile)).toMatchObject({
      kind: 'unreachable',
      message: expect.stringMatching(/certificate .* not trusted/) as string,
    });
  }
  expect(await availability(`${place.root}/nosuch.pem`)).toMatchObject({ kind: 'unreachable' });
});

describe('many', () => {
  beforeEach(async () => {
    place = await new ApiPlace().open(4);
    await place.addModel();
  });
  const address = (): string => `http://127.0.0.1:${place.ports.port}`;

  it('5,000 servings are listed by the API and by our client, and one of them is changed, in seconds', async () => {
    await place.inProject('PUT', '/serving', { body: deployment() });
    const text = place.world.texts.get('iris') ?? '';
    for (let n = 0; n < 5000; n++) {
      place.world.texts.set(`s${n}`, text.replace('"name": "iris"', `"name": "s${n}"`));
    }
    const backend = backendTo(address(), { key: KEY });
    const begun = performance.now();
    expect(await backend.servings(anything())).toHaveLength(5001);
    const ref = { backend: backend.id, name: 's4999' };
    await backend.start(ref, operation());
    await backend.stop(ref, operation());
    await backend.remove(ref, operation());
    expect(await backend.servings(anything())).toHaveLength(5000);
    expect(performance.now() - begun).toBeLessThan(60_000);
  }, 90_000);

  it('two clients at once: one run, one deployment of a name', async () => {
    const both = [backendTo(address(), { key: KEY }), backendTo(address(), { key: KEY })] as const;
    const made = await Promise.allSettled(both.map((each) => each.create(definition(), operation())));
    expect(made.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(made.find((each) => each.status === 'rejected')?.reason).toMatchObject({ code: 'exists' });
    let runs = 0;
    place.world.stageDelay = (stage) => {
      runs += stage === 'load' ? 1 : 0;
      return Promise.resolve();
    };
    const ref = { backend: both[0].id, name: 'iris' };
    await Promise.all(both.map((each) => each.start(ref, operation())));
    expect(runs).toBe(1);
    await Promise.all(both.map((each) => each.stop(ref, operation())));
    expect(place.world.runs.get('iris')?.state).toBe('stopped');
    await Promise.all(both.map((each) => each.remove(ref, operation())));
    expect(place.world.texts.size).toBe(0);
  });
});
