import { describe, expect, it } from 'vitest';
import { isPassing, toFailure } from '../../../src/backends/hopsworks/failures';
import { checkForHopsworks } from '../../../src/backends/hopsworks/rules';
import { remoteDefaults, toRequest } from '../../../src/backends/hopsworks/request';
import type { Remedy } from '../../../src/core/errors';
import type { RemoteDefinition, ServingDefinition } from '../../../src/core/definition';
import { problem, type ProblemCode } from '../../../src/localApi/problem';
import { ApiPlace } from '../localApi/apiPlace';
import { connectionTo, definition } from './support';

const connection = connectionTo('https://hw.example.com');
const failureOf = (status: number, body: unknown) =>
  toFailure(
    'Could not do it',
    { status, statusText: '', headers: {}, body: typeof body === 'string' ? body : JSON.stringify(body), latencyMs: 0 },
    connection,
    'SERVING',
  );

type Row = readonly [errorCode: number, status: number, ours: string, remedy: Remedy['kind'], passing: boolean];

/** The error codes of the contract (1.3, 1.4, 2.7, 3.1, 4.1, 5, 6) with what each is for a person. */
const CODES: readonly Row[] = [
  [100008, 503, 'unavailable', 'testConnection', true],
  [110011, 400, 'notFound', 'testConnection', false],
  [110012, 400, 'exists', 'testConnection', false],
  [110018, 400, 'notFound', 'testConnection', false],
  [110042, 400, 'invalid', 'testConnection', false],
  [110043, 500, 'unavailable', 'testConnection', true],
  [120000, 500, 'unavailable', 'testConnection', true],
  [120001, 422, 'invalid', 'testConnection', false],
  [120002, 400, 'invalid', 'testConnection', false],
  [120004, 404, 'notFound', 'testConnection', false],
  [120005, 500, 'unavailable', 'testConnection', true],
  [120008, 500, 'unavailable', 'testConnection', true],
  [120011, 400, 'invalid', 'testConnection', false],
  [120012, 400, 'invalid', 'testConnection', false],
  [150004, 404, 'notFound', 'editConnection', false],
  [150004, 400, 'notFound', 'editConnection', false],
  [150068, 403, 'forbidden', 'signIn', false],
  [160000, 403, 'forbidden', 'editConnection', false],
  [160007, 401, 'signedOut', 'signIn', false],
  [160008, 401, 'signedOut', 'signIn', false],
  [190000, 404, 'notFound', 'testConnection', false],
  [190002, 409, 'conflict', 'testConnection', false],
  [200002, 403, 'forbidden', 'signIn', false],
  [200003, 401, 'signedOut', 'signIn', false],
  [240000, 404, 'notFound', 'testConnection', false],
  [240001, 500, 'unavailable', 'testConnection', true],
  [240002, 500, 'unavailable', 'testConnection', true],
  [240003, 400, 'invalid', 'testConnection', false],
  [240004, 500, 'unavailable', 'testConnection', true],
  [240005, 500, 'unavailable', 'testConnection', true],
  [240006, 400, 'invalid', 'testConnection', false],
  [240007, 400, 'invalid', 'testConnection', false],
  [240008, 400, 'invalid', 'testConnection', false],
  [240009, 400, 'invalid', 'testConnection', false],
  [240010, 400, 'invalid', 'testConnection', false],
  [240011, 400, 'exists', 'testConnection', false],
  [240012, 400, 'invalid', 'testConnection', false],
  [240013, 400, 'invalid', 'testConnection', false],
  [240014, 400, 'invalid', 'testConnection', false],
  [240015, 400, 'invalid', 'testConnection', false],
  [240016, 400, 'invalid', 'testConnection', false],
  [240017, 400, 'invalid', 'testConnection', false],
  [240018, 400, 'invalid', 'testConnection', false],
  [240019, 400, 'invalid', 'testConnection', false],
  [240020, 400, 'invalid', 'testConnection', false],
  [240021, 400, 'invalid', 'testConnection', false],
  [240022, 400, 'invalid', 'testConnection', false],
  [240023, 400, 'invalid', 'testConnection', false],
  [240024, 400, 'invalid', 'testConnection', false],
  [240025, 400, 'invalid', 'testConnection', false],
  [240026, 400, 'invalid', 'testConnection', false],
  [240027, 404, 'notFound', 'testConnection', false],
  [240037, 404, 'notFound', 'testConnection', false],
  [250000, 404, 'notFound', 'testConnection', false],
  [250001, 400, 'unavailable', 'start', false],
  [250002, 500, 'unavailable', 'testConnection', true],
  [250003, 500, 'unavailable', 'testConnection', true],
  [250004, 400, 'invalid', 'testConnection', false],
  [250005, 400, 'invalid', 'testConnection', false],
  [250006, 500, 'unavailable', 'testConnection', true],
  [250007, 500, 'unavailable', 'testConnection', true],
  [250008, 400, 'invalid', 'testConnection', false],
  [250009, 400, 'invalid', 'testConnection', false],
  [250010, 401, 'signedOut', 'signIn', false],
  [250011, 403, 'forbidden', 'signIn', false],
  [250012, 500, 'unavailable', 'testConnection', true],
  [320003, 403, 'forbidden', 'editConnection', false],
  [320004, 403, 'forbidden', 'signIn', false],
  [320012, 401, 'signedOut', 'signIn', false],
  [320013, 401, 'signedOut', 'signIn', false],
  [360000, 404, 'notFound', 'testConnection', false],
  [360008, 500, 'unavailable', 'testConnection', true],
  [360009, 400, 'invalid', 'testConnection', false],
];

describe('error codes', () => {
  it.each(CODES)('%i with %i is %s, mended by %s', (errorCode, status, ours, remedy, passing) => {
    const error = failureOf(status, { errorCode, errorMsg: 'What it is', usrMsg: 'what of it' });
    expect([error.code, error.remedies[0]?.kind, isPassing(error)]).toEqual([ours, remedy, passing]);
    expect(error).toMatchObject({ status, errorCode });
    expect(error.message).toMatch(/^Could not do it: \S/);
    if (!SAID_OTHERWISE.includes(errorCode)) {
      expect(error.message).toBe(`Could not do it: What it is: what of it (Hopsworks ${errorCode})`);
    }
  });

  it('of the local API have the status of the contract', () => {
    const own = CODES.filter(([code]) => isOwn(code));
    expect(own.length).toBeGreaterThan(40);
    for (const [code, status] of own) {
      const { status: told } = problem(code as ProblemCode);
      expect([code, code === 150004 ? 404 : told]).toEqual([code, code === 150004 ? 404 : status]);
    }
  });
});

/** These say in our words what is to be done. */
const SAID_OTHERWISE = [150004, 150068, 160000, 320003, 320004, 320012, 320013];

function isOwn(code: number): boolean {
  try {
    problem(code as ProblemCode);
    return true;
  } catch {
    return false;
  }
}

describe('what the client says before it sends, the server refuses', () => {
  const facts = { version: { major: 3, minor: 7 }, hasKserve: true };
  const remote = (more: Partial<RemoteDefinition>): Partial<ServingDefinition> => ({
    remote: { ...remoteDefaults(facts), ...more },
  });
  const rows: readonly (readonly [string, Partial<ServingDefinition>, number, number])[] = [
    ['letters and digits', { name: 'a-b' }, 422, 120001],
    ['small letters only', { name: 'Iris' }, 422, 120001],
    ['version of the model', { model: { name: 'iris', version: 0 } }, 400, 240006],
    ['.py file', { script: 'Models/iris/1/model.pkl' }, 422, 120001],
    ['needs a Predict script', { script: '' }, 422, 120001],
    ['needs a Predict script', { script: '', ...remote({ tool: 'DEFAULT', framework: 'SKLEARN' }) }, 400, 240018],
    ['run in TensorFlow Serving', remote({ framework: 'TENSORFLOW' }), 422, 120001],
    ['cannot change', { artifact: 3 }, 400, 240019],
    ['KServe only', { transformer: 'Models/iris/1/predict.py', ...remote({ tool: 'DEFAULT' }) }, 400, 240021],
    ['.ipynb', { transformer: 'Models/iris/1/model.pkl' }, 422, 120001],
    ['choose ALL', remote({ tool: 'DEFAULT', inferenceLogging: 'PREDICTIONS' }), 400, 240024],
    ['one partition', remote({ topic: { name: 'CREATE', partitions: 0 } }), 400, 190015],
    ['requested than the limit', remote({ requests: { cores: 9, memoryMb: 1, gpus: 0 } }), 422, 120001],
    ['Only KServe batches', remote({ tool: 'DEFAULT', batching: { enabled: true } }), 400, 240025],
    ['Only KServe batches', remote({ tool: 'DEFAULT', batching: { enabled: true, maxRows: 3 } }), 400, 240025],
  ];

  it.each(rows)('"%s": %j is refused with %i %i', async (text, change, status, errorCode) => {
    const wrong = definition('iris', change);
    expect(checkForHopsworks(wrong, facts)).toContain(text);
    const place = await new ApiPlace().open(3);
    try {
      await place.addModel();
      // Sent all the same, but as it would be: the client leaves out requests above their limits.
      const body = JSON.stringify({ ...toRequest(wrong, 'demo', facts), ...rawRequests(wrong) });
      expect(await place.inProject('PUT', '/serving', { body })).toMatchObject({ status, json: { errorCode } });
    } finally {
      await place.dispose();
    }
  });
});

function rawRequests({ remote, resources }: ServingDefinition): object {
  const { requests } = remote ?? {};
  return requests === undefined
    ? {}
    : { predictorResources: { requests: { cores: requests.cores }, limits: { cores: resources.cores } } };
}
