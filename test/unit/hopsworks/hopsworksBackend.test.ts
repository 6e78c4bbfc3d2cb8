import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LogLine } from '../../../src/core/backend';
import { isCancelled } from '../../../src/core/errors';
import type { HopsworksBackend } from '../../../src/backends/hopsworks/hopsworksBackend';
import { failure, times } from '../../fakes/hopsworks/front';
import { FakeHopsworks, KEY } from './fakeHopsworks';
import { anything, backendTo, definition, errorOf, operation, recorder } from './support';

let server: FakeHopsworks;
let backend: HopsworksBackend;
const log = recorder();
const ref = (name = 'iris') => ({ backend: backend.id, name });
/** As soon as the second look after a start comes. */
function whenStarted(act: () => void): void {
  let looks = 0;
  server.faults.push(({ method }) => {
    looks += method === 'GET' && server.calls.some((call) => call.includes('action=START')) ? 1 : 0;
    if (looks === 2) {
      act();
    }
    return undefined;
  });
}

beforeEach(async () => {
  log.lines.length = 0;
  server = await new FakeHopsworks().listen();
  backend = backendTo(server.address, { key: KEY }, log);
});
afterEach(async () => {
  expect(log.lines.join('\n')).not.toContain('verysecretpart');
  backend.dispose();
  await server.close();
});

describe('availability', () => {
  it('is ready, signed out or unreachable, and says why', async () => {
    expect(await backend.availability(anything())).toEqual({
      kind: 'ready',
      detail: 'Hopsworks 3.8.0',
    });
    const keyless = backendTo(server.address, { key: undefined });
    expect(await keyless.availability(anything())).toMatchObject({ kind: 'signedOut' });
    server.key = 'other.key';
    expect(await backend.availability(anything())).toMatchObject({
      kind: 'signedOut',
      message: `Could not find the project demo: ${server.address} does not know the API key`,
    });
    expect(await backendTo('http://127.0.0.1:1').availability(anything())).toMatchObject({
      kind: 'unreachable',
      message: 'Could not find the project demo: Nothing answers at 127.0.0.1:1',
    });
  });
});

describe('life', () => {
  it('creates, starts with its conditions as stages, answers, stops and removes', async () => {
    expect(await backend.create(definition(), operation())).toEqual(ref());
    expect((await backend.servings(anything()))[0]).toMatchObject({ ref: ref(), state: 'stopped', kind: 'hopsworks' });
    const starting = operation();
    await backend.start(ref(), starting);
    expect([...new Set(starting.reported.map(({ stage }) => stage))]).toEqual([
      'prepared',
      'scheduled',
      'initialized',
      'started',
      'ready',
    ]);
    expect((await backend.servings(anything()))[0]?.state).toBe('running');
    const answer = await backend.predict(ref(), { verb: 'predict', body: '{"inputs":[[1,2]]}' }, anything());
    expect(answer).toMatchObject({ status: 200, body: '{"predictions":[[1,2]]}' });
    await backend.start(ref(), operation());
    await backend.stop(ref(), operation());
    expect((await backend.servings(anything()))[0]?.state).toBe('stopped');
    await backend.stop(ref(), operation());
    await backend.remove(ref(), operation());
    expect(await backend.servings(anything())).toEqual([]);
    expect([...server.topics]).toEqual([]);
    await backend.remove(ref(), operation());
    const writes = server.calls.filter((call) => !call.startsWith('GET'));
    expect(writes).toEqual([
      'PUT /project/119/serving',
      'POST /project/119/serving/7?action=START',
      'POST /project/119/inference/models/iris:predict',
      'POST /project/119/serving/7?action=STOP',
      'DELETE /project/119/serving/7',
      'DELETE /project/119/kafka/topics/iris-inf4821',
    ]);
    const start = server.asked.find(({ query }) => query.action === 'START');
    expect(start?.body).toBe('');
    expect(start?.headers['content-type']).toBeUndefined();
  });

  it('refuses a taken name in any letters, and what the server would refuse', async () => {
    server.add('iris');
    server.kserve = false;
    expect(await errorOf(backend.create(definition('Iris'), operation()))).toMatchObject({
      code: 'exists',
      message: 'Could not create Iris: there is a serving named iris',
    });
    expect(await errorOf(backend.create(definition('a b'), operation()))).toMatchObject({ code: 'invalid' });
    expect(server.calls.filter((call) => call.startsWith('PUT'))).toEqual([]);
    expect(await errorOf(backend.start(ref('nobody'), operation()))).toMatchObject({ code: 'notFound' });
    expect(await errorOf(backend.stop(ref('nobody'), operation()))).toMatchObject({ code: 'notFound' });
    expect(await errorOf(backend.update(ref('nobody'), definition('nobody'), operation()))).toMatchObject({
      code: 'notFound',
    });
  });

  it('waits for one that is created, then starts it', async () => {
    server.add('iris', 'Creating').next = [{ status: 'Creating' }, { status: 'Creating' }, { status: 'Created' }];
    await backend.start(ref(), operation());
    expect(server.deployments.get('iris')?.status).toBe('Running');
  });

  it('is content with idle, and stops before it starts what has failed', async () => {
    const iris = server.add('iris', 'Failed');
    server.starting = [{ status: 'Starting' }, { status: 'Idle' }];
    await backend.start(ref(), operation());
    expect(server.calls.filter((call) => call.startsWith('POST'))).toEqual([
      `POST /project/119/serving/${iris.id}?action=STOP`,
      `POST /project/119/serving/${iris.id}?action=START`,
    ]);
    const [serving] = await backend.servings(anything());
    expect(serving).toMatchObject({ state: 'idle' });
    expect(serving?.reason).toBeUndefined();
  });

  it('restarts by a stop and a start', async () => {
    const iris = server.add('iris', 'Running');
    await backend.restart(ref(), operation());
    expect(iris.status).toBe('Running');
    expect(server.calls.filter((call) => call.startsWith('POST'))).toHaveLength(2);
  });

  it('says why a start failed, and not before it is sure', async () => {
    const iris = server.add('iris');
    const reason = 'Failed to run: predictor terminated unsuccessfully';
    const failed = { status: 'Failed', condition: { type: 'STARTED', status: false, reason } };
    server.starting = [{ status: 'Starting' }, failed, { status: 'Starting' }, failed, failed];
    expect(await errorOf(backend.start(ref(), operation()))).toMatchObject({
      code: 'script',
      message: `Could not start iris: ${reason}`,
      remedies: [{ kind: 'showLogs', serving: 'iris' }, { kind: 'stopAndStart' }],
    });
    expect(iris.next).toEqual([]);
    const [serving] = await backend.servings(anything());
    expect(serving).toMatchObject({ state: 'failed', reason, run: { failure: { stage: 'started', message: reason } } });
  });

  it('goes on waiting while the server is in trouble, and over a start whose answer was lost', async () => {
    server.add('iris');
    server.faults.push(
      times(1, (call) => call.includes('action=START'), 'hangUp'),
      times(
        4,
        (call) => server.calls.length > 12 && call.includes('name=iris'),
        failure(500, 120000, 'A generic error occurred.'),
      ),
    );
    await backend.start(ref(), operation());
    expect(server.deployments.get('iris')?.status).toBe('Running');
  });

  it('starts again what is busy, and says what the quota says', async () => {
    server.add('iris');
    const busy = failure(
      400,
      240003,
      'Serving instance could not be started/stopped',
      'Deployment is busy. Please, try later.',
    );
    server.faults.push(times(5, (call) => call.includes('action=START'), busy));
    await backend.start(ref(), operation());
    server.add('second');
    server.faults.push(
      times(
        1,
        (call) => call.includes('action=START'),
        failure(400, 240003, 'It could not be started', 'Quota of 3 running deployments'),
      ),
    );
    expect(await errorOf(backend.start(ref('second'), operation()))).toMatchObject({
      code: 'invalid',
      message: 'Could not start second: It could not be started: Quota of 3 running deployments (Hopsworks 240003)',
    });
  });

  it('tells of one that was stopped by somebody else while it started', async () => {
    server.add('iris');
    server.starting = [{ status: 'Starting' }, { status: 'Stopping' }, { status: 'Stopped' }];
    expect(await errorOf(backend.start(ref(), operation()))).toMatchObject({ code: 'conflict' });
  });

  it('stops a start that is cancelled, as soon as the server lets it be stopped', async () => {
    const iris = server.add('iris');
    const cancel = new AbortController();
    server.starting = Array.from({ length: 12 }, () => ({ status: 'Starting' }));
    server.starting.push({ status: 'Running' });
    const starting = operation(cancel.signal);
    whenStarted(() => {
      cancel.abort();
    });
    expect(isCancelled(await errorOf(backend.start(ref(), starting)))).toBe(true);
    expect(iris.status).toBe('Stopped');
  });

  it('does not hide that a cancelled start goes on', async () => {
    server.add('iris');
    const cancel = new AbortController();
    server.starting = Array.from({ length: 1000 }, () => ({ status: 'Starting' }));
    whenStarted(() => {
      cancel.abort();
    });
    expect(await errorOf(backend.start(ref(), operation(cancel.signal)))).toMatchObject({
      code: 'unavailable',
      remedies: [{ kind: 'stop' }],
    });
  });

  it('stops and removes what is still starting, once that is possible', async () => {
    const iris = server.add('iris', 'Starting');
    iris.next = [{ status: 'Starting' }, { status: 'Starting' }, { status: 'Running' }];
    await backend.stop(ref(), operation());
    expect(iris.status).toBe('Stopped');
    const other = server.add('other', 'Starting');
    other.next = [{ status: 'Starting' }, { status: 'Running' }];
    await backend.remove(ref('other'), operation());
    expect([...server.deployments.keys()]).toEqual(['iris']);
  });

  it('removes when the answer to it was lost, and keeps a topic that another one uses', async () => {
    server.add('iris');
    server.add('other', 'Created', { kafkaTopicDTO: { name: 'iris-inf4821' } });
    server.topics.add('iris-inf4821');
    server.faults.push(({ method }) => {
      if (method === 'DELETE' && server.deployments.delete('iris')) {
        return 'hangUp';
      }
      return undefined;
    });
    await backend.remove(ref(), operation());
    expect([...server.topics]).toEqual(['iris-inf4821']);
  });

  it('counts one as created when only the answer was lost, and a second try succeeds when it was not', async () => {
    server.faults.push(times(1, (call) => call.startsWith('PUT'), 'hangUp'));
    expect(await errorOf(backend.create(definition(), operation()))).toMatchObject({ code: 'unreachable' });
    expect(server.deployments.size).toBe(0);
    await backend.create(definition(), operation());
    server.faults.push((asked) => {
      const isSecond = asked.method === 'PUT' && asked.body.includes('"second"');
      if (isSecond) {
        server.add('second');
      }
      return isSecond ? 'hangUp' : undefined;
    });
    await backend.create(definition('second'), operation());
    expect([...server.deployments.keys()]).toEqual(['iris', 'second']);
  });

  it('changes one that runs, waits until it has gone over, and keeps what it does not know', async () => {
    server.add('iris', 'Running', { schedulingConfig: { kubePriorityClass: { id: 3 } }, configFile: 'a.yaml' });
    const [serving] = await backend.servings(anything());
    await backend.update(ref(), { ...serving!.definition, description: 'flowers' }, operation());
    const iris = server.deployments.get('iris')!;
    expect(iris.status).toBe('Running');
    expect(iris.fields).toMatchObject({
      description: 'flowers',
      predictor: 'predict.py',
      artifactVersion: 1,
      schedulingConfig: { kubePriorityClass: { id: 3 } },
      configFile: 'a.yaml',
      kafkaTopicDTO: { name: 'iris-inf4821' },
    });
    const sent = JSON.parse(server.asked.find(({ method }) => method === 'PUT')!.body) as Record<string, unknown>;
    expect(Object.keys(sent)).not.toEqual(expect.arrayContaining(['status']));
    expect(sent.hopsworksInferencePath).toBeUndefined();
    expect(await errorOf(backend.update(ref(), definition('other'), operation()))).toMatchObject({ code: 'invalid' });
    const tf = {
      ...serving!.definition,
      script: '',
      remote: { ...serving!.definition.remote!, server: 'TENSORFLOW_SERVING' as const },
    };
    expect((await errorOf(backend.update(ref(), tf, operation()))).message).toContain('keeps its model server');
  });
});

describe('requests', () => {
  const ask = (name: string, inputs: unknown, verb: 'predict' | 'classify' = 'predict') =>
    backend.predict(ref(name), { verb, body: JSON.stringify({ inputs }) }, anything());

  it('gives back what is answered, and says what Hopsworks itself refuses', async () => {
    server.add('iris', 'Running');
    expect(await ask('iris', 'raise')).toMatchObject({ status: 500 });
    expect((await ask('iris', 1, 'classify')).body).toContain('not supported in KServe');
    server.add('still', 'Stopped');
    expect(await errorOf(ask('still', 1))).toMatchObject({
      code: 'unavailable',
      message: 'Could not send the request to still: it is stopped',
      remedies: [{ kind: 'start' }],
    });
    expect(await errorOf(ask('nobody', 1))).toMatchObject({ code: 'notFound' });
    const v2 = backend.predict(ref(), { verb: 'predict', protocol: 'v2', body: '{"inputs":[]}' }, anything());
    expect((await errorOf(v2)).message).toContain('Open Inference Protocol do not get there');
    server.key = 'an.other';
    expect(await errorOf(ask('iris', 1))).toMatchObject({ code: 'signedOut' });
    const gone = backend.predict(ref(), { verb: 'predict', body: '{}' }, AbortSignal.abort());
    expect(isCancelled(await errorOf(gone))).toBe(true);
  });

  it('sends a request once only, whatever happens to it', async () => {
    server.add('iris', 'Running');
    server.faults.push(times(9, (call) => call.includes('/inference/'), 'hangUp'));
    expect(await errorOf(ask('iris', 1))).toMatchObject({ code: 'unreachable' });
    expect(server.calls.filter((call) => call.includes('/inference/'))).toHaveLength(1);
  });
});

describe('logs', () => {
  const read = async (tail?: number): Promise<readonly LogLine[]> => {
    const lines: LogLine[] = [];
    for await (const line of backend.logs(
      ref(),
      { follow: false, ...(tail === undefined ? {} : { tail }) },
      anything(),
    )) {
      lines.push(line);
    }
    return lines;
  };

  it('are those of all instances, with level and time where a line has them', async () => {
    const iris = server.add('iris', 'Running', { transformer: 'transf.py' });
    iris.logs = {
      'iris-predictor-1': '2026-11-29 10:00:01,250 ERROR model: no\nplain\n',
      'iris-predictor-2': 'WARNING: second\n',
      'iris-transformer-1': 'third\n',
    };
    expect(await read()).toMatchObject([
      { level: 'ERROR', replica: 1, logger: 'predictor', time: Date.UTC(2026, 10, 29, 10, 0, 1, 250) },
      { level: 'INFO', message: 'plain', fields: { instance: 'iris-predictor-1' } },
      { level: 'WARN', replica: 2 },
      { message: 'third', replica: 1, logger: 'transformer' },
    ]);
    expect((await read(1)).map(({ message }) => message)).toEqual(['third']);
    expect(await read(0)).toEqual([]);
    iris.status = 'Stopped';
    expect(await read()).toEqual([]);
  });

  it('are followed without gap or double, over bursts, repeats, troubles and a stop', async () => {
    const iris = server.add('iris', 'Running');
    const written: string[] = [];
    const write = (...lines: string[]): void => {
      written.push(...lines);
      iris.logs['iris-predictor-1'] =
        `${iris.logs['iris-predictor-1'] ?? ''}${lines.map((line) => `${line}\n`).join('')}`;
    };
    write('first', 'first');
    const end = new AbortController();
    const got: string[] = [];
    const following = (async () => {
      for await (const { message } of backend.logs(ref(), { follow: true }, end.signal)) {
        got.push(message);
      }
    })();
    const settled = async (): Promise<void> => {
      await expect.poll(() => got.length, { timeout: 5000 }).toBe(written.length);
    };
    await settled();
    write('first');
    await settled();
    write(...Array.from({ length: 3000 }, (_, n) => `b${n}`));
    await settled();
    server.faults.push(times(2, (call) => call.includes('/logs'), 'hangUp'));
    write('after', 'after', '');
    await settled();
    iris.status = 'Stopped';
    await new Promise((resolve) => setTimeout(resolve, 30));
    iris.status = 'Running';
    iris.logs['iris-predictor-2'] = 'another\n';
    written.push('another');
    await settled();
    expect(got).toEqual(written);
    end.abort();
    await following;
  });
});

describe('what goes wrong', () => {
  it.each([
    [
      '401',
      failure(401, 200003, 'Authorization header not set.'),
      'signedOut',
      'Authorization header not set. (Hopsworks 200003)',
    ],
    [
      '403 scope',
      failure(403, 320004, 'No valid scope found for this invocation'),
      'forbidden',
      'lacks the scope SERVING',
    ],
    [
      '403 role',
      failure(403, 160000, 'No valid role found for this user'),
      'forbidden',
      'no member of the project demo',
    ],
    ['404 project', failure(404, 150004, "Project wasn't found."), 'notFound', 'there is no project demo'],
    ['409', { status: 409, raw: '' }, 'conflict', 'the server answered 409 Conflict'],
    [
      '422',
      failure(422, 120001, 'An argument was not provided or it was malformed.', 'Serving name not provided'),
      'invalid',
      'malformed: Serving name not provided (Hopsworks 120001)',
    ],
    [
      '500',
      failure(500, 120000, 'A generic error occurred.'),
      'unavailable',
      'A generic error occurred. (Hopsworks 120000)',
    ],
    [
      '503 of a proxy',
      { status: 503, raw: '<html>busy</html>' },
      'unavailable',
      'the server answered 503 Service Unavailable',
    ],
    [
      '404 of another server',
      { status: 404, raw: '<html>nothing</html>' },
      'unreachable',
      'what answers there is no Hopsworks',
    ],
    ['a redirect', { status: 302, raw: '' }, 'unreachable', 'the API key is not sent there'],
    ['broken JSON', { status: 200, raw: '[{"id": 7, ' }, 'unavailable', 'the server answered with no JSON'],
    ['another JSON', { status: 200, raw: '{"a": 1}' }, 'unavailable', 'the server answered with no list'],
    ['half an answer', 'half', 'unreachable', 'Could not list the servings'],
    ['no answer', 'hangUp', 'unreachable', 'closed the connection'],
  ] as const)('%s', async (_what, fault, code, text) => {
    server.faults.push(({ path }) => (path.endsWith('/serving') ? fault : undefined));
    const error = await errorOf(backend.servings(anything()));
    expect(error).toMatchObject({ code, message: expect.stringContaining(text) as string });
    expect(error.message.startsWith('Could not list the servings: ')).toBe(true);
    expect(inspect(error, { depth: 20, showHidden: true })).not.toContain('verysecretpart');
  });

  it('asks again what only reads, and takes out a key that comes back', async () => {
    server.faults.push(times(2, (call) => call.includes('/serving?'), { status: 503, raw: '' }));
    expect(await backend.servings(anything())).toEqual([]);
    const echo = failure(422, 120001, 'Wrong', `ApiKey ${KEY} and verysecretpart`);
    server.faults.push(times(9, (call) => call.includes('/serving?'), echo));
    const error = await errorOf(backend.servings(anything()));
    expect(error.message).toBe('Could not list the servings: Wrong: ApiKey *** and *** (Hopsworks 120001)');
  });

  it('is given up when it is cancelled, also in the middle of an answer', async () => {
    server.faults.push(({ path }) => (path.endsWith('/serving') ? 'never' : undefined));
    const cancel = new AbortController();
    setTimeout(() => {
      cancel.abort();
    }, 50);
    expect(isCancelled(await errorOf(backend.servings(cancel.signal)))).toBe(true);
  });

  it('takes a key that loses a scope in the middle for what it is', async () => {
    server.add('iris');
    server.faults.push(() => {
      if (server.calls.some((call) => call.includes('action=START')) && server.calls.length > 12) {
        server.scopes.delete('SERVING');
      }
      return undefined;
    });
    expect(await errorOf(backend.start(ref(), operation()))).toMatchObject({ code: 'forbidden' });
    server.scopes.add('SERVING');
    server.faults.length = 0;
    await backend.start(ref(), operation());
  });

  it('lists 5,000 servings', async () => {
    for (let n = 0; n < 5000; n++) {
      server.add(`s${n}`, n % 2 ? 'Running' : 'Stopped');
    }
    expect(await backend.servings(anything())).toHaveLength(5000);
  });
});
