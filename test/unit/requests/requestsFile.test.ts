import Ajv from 'ajv';
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { toExpected } from '../../../src/app/requests/expected';
import { requestsFileOf, RequestsFiles } from '../../../src/app/requests/requestsFiles';
import { RequestsPlaces } from '../../../src/app/requests/requestsPlaces';
import { parseRequests, withRequest, type SavedRequest } from '../../../src/app/requests/requestsText';
import { DEFAULTS } from '../../../src/core/definition';
import type { BackendId } from '../../../src/core/serving';

const flowers: SavedRequest = { name: 'three flowers', verb: 'predict', body: '{"inputs": [[5.10, 3.5, 1.4, 0.2]]}' };
const test: SavedRequest = {
  name: 'golden',
  verb: 'classify',
  body: '{"inputs": [12345678901234567890]}',
  expect: { status: 200, reply: '{"predictions": [0.10]}', tolerance: 1e-6, latencyMs: 50 },
};
const schema = JSON.parse(readFileSync('media/schemas/requests.schema.json', 'utf8')) as object;
const isValid = new Ajv({ strict: false }).compile(schema);

describe('the text of saved requests', () => {
  it('begins with the first one: readable, numbers as they were written', () => {
    expect(withRequest(undefined, flowers)).toBe(`{
  "requests": [
    {
      "name": "three flowers",
      "verb": "predict",
      "body": {
        "inputs": [[5.10, 3.5, 1.4, 0.2]]
      }
    }
  ]
}
`);
  });

  it('holds what was saved, in the order in which it was, and is as the schema says', () => {
    const text = withRequest(withRequest(undefined, flowers), test);
    const { requests, isBroken, problem } = parseRequests(text);
    expect([isBroken, problem]).toEqual([false, undefined]);
    expect(requests.map(({ name }) => name)).toEqual(['three flowers', 'golden']);
    expect(requests[1]).toEqual({
      ...test,
      body: '{\n  "inputs": [12345678901234567890]\n}\n',
      expect: { ...test.expect, reply: expect.stringContaining('[0.10]') as string },
    });
    expect(isValid(JSON.parse(text)), JSON.stringify(isValid.errors)).toBe(true);
    expect(withRequest(text, test)).toBe(text);
  });

  it('keeps what is not ours: comments, fields, other requests, indent, line ends, the mark at its beginning', () => {
    const before =
      '\uFEFF// mine\r\n{\r\n\t"owner": "dana",\r\n\t"requests": [\r\n\t\t{"name": "a", "note": "x", "body": {"inputs": [1]}, "expect": {"status": 200}},\r\n\t\t{"name": 5}\r\n\t]\r\n}\r\n';
    const after = withRequest(before, { name: 'a', verb: 'regress', body: '{"inputs": [2]}' });
    expect(after.startsWith('\uFEFF// mine\r\n')).toBe(true);
    expect(after).toContain('"owner": "dana"');
    expect(after).toContain('"note": "x"');
    expect(after).toContain('{"name": 5}');
    expect(after).toContain('"verb": "regress"');
    expect(after).not.toContain('expect');
    expect(after.replaceAll('\r\n', '')).not.toContain('\n');
    expect(parseRequests(after)).toMatchObject({
      isBroken: false,
      problem: 'requests[1] needs a name, a body and a verb that there is',
      requests: [{ name: 'a', verb: 'regress' }],
    });
  });

  it('keeps what is expected when the same request is saved again', () => {
    const text = withRequest(undefined, test);
    const again = withRequest(text, {
      name: test.name,
      verb: test.verb,
      body: '{ "inputs": [ 12345678901234567890 ] }',
    });
    expect(parseRequests(again).requests[0]?.expect).toMatchObject({ status: 200, latencyMs: 50 });
  });

  it.each([
    ['{"requests": [', 'It is not a JSON object: look at line 1'],
    ['[]', 'It is not a JSON object: look at line 1'],
    ['{"requests": {}}', 'requests has to be a list'],
  ])('is broken: %s', (text, problem) => {
    expect(parseRequests(text)).toEqual({ requests: [], problem, isBroken: true });
  });

  it.each(['', '\n', '{}', '{"requests": []}'])('may hold none: %j', (text) => {
    expect(parseRequests(text)).toEqual({ requests: [], isBroken: false });
    expect(parseRequests(withRequest(text, flowers)).requests).toHaveLength(1);
  });
});

describe('what was answered, as what is expected', () => {
  it('has a tolerance where there are fractions, and no reply where that is no JSON', () => {
    expect(toExpected({ status: 200, body: '{"predictions": [0, 1]}' })).toEqual({
      status: 200,
      reply: '{"predictions": [0, 1]}',
    });
    expect(toExpected({ status: 200, body: '{"predictions": [0.5]}' }).tolerance).toBe(1e-6);
    expect(toExpected({ status: 200, body: '{"predictions": ["v1.5", 2]}' }).tolerance).toBeUndefined();
    expect(toExpected({ status: 502, body: '<html>' })).toEqual({ status: 502 });
    expect(() => toExpected({ status: 200, body: `"${'x'.repeat(1_000_001)}"` })).toThrow('longer than 1 MB');
  });
});

describe('the file of saved requests', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'requests-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it('lies beside the script, is made with the first, and nothing else is left there', async () => {
    const file = requestsFileOf(path.join(folder, 'Models', 'iris', '1', 'iris.py'));
    expect(path.basename(file)).toBe('iris.requests.json');
    const files = new RequestsFiles();
    expect(await files.read(file)).toEqual({ exists: false, requests: [], isBroken: false });
    await Promise.all([files.save(file, flowers), files.save(file, test)]);
    expect((await files.read(file)).requests).toHaveLength(2);
    expect(readdirSync(path.dirname(file))).toEqual(['iris.requests.json']);
  });

  it('is never overwritten when it is broken', async () => {
    const file = path.join(folder, 'a.requests.json');
    writeFileSync(file, '{"requests": [}');
    const error = await new RequestsFiles().save(file, flowers).catch((each: unknown) => each);
    expect(error).toMatchObject({ code: 'invalid', remedies: [{ kind: 'openFile', file }] });
    expect(readFileSync(file, 'utf8')).toBe('{"requests": [}');
  });

  it('stays a link where it is one', async () => {
    writeFileSync(path.join(folder, 'real.json'), '{}');
    symlinkSync(path.join(folder, 'real.json'), path.join(folder, 'a.requests.json'));
    await new RequestsFiles().save(path.join(folder, 'a.requests.json'), flowers);
    expect(readFileSync(path.join(folder, 'real.json'), 'utf8')).toContain('three flowers');
  });

  it('of a serving elsewhere is beside the local script, else where somebody chose', async () => {
    const kept = new Map<string, unknown>();
    const places = new RequestsPlaces({
      folders: { list: () => [{ name: 'w', path: folder }], onDidChange: () => ({ dispose: () => undefined }) },
      folderOf: ({ backend }) => (backend === 'process' ? { name: 'w', path: folder } : undefined),
      memory: {
        get: (key) => kept.get(key),
        set: (key, value) => void kept.set(key, value),
      },
    });
    const serving = (backend: string) => ({
      ref: { backend: backend as BackendId, name: 'iris' },
      definition: { ...DEFAULTS, name: 'iris', model: { name: 'iris', version: 1 }, script: 'Models/iris/1/p.py' },
    });
    const here = path.join(folder, 'Models', 'iris', '1', 'p.requests.json');
    expect(await places.of(serving('process'))).toBe(here);
    expect(await places.of(serving('hopsworks'))).toBeUndefined();
    expect(places.proposed('iris')).toBe(path.join(folder, 'iris.requests.json'));
    places.choose(serving('hopsworks').ref, '/x/iris.requests.json');
    expect(await places.of(serving('hopsworks'))).toBe('/x/iris.requests.json');
    kept.clear();
    await mkdir(path.dirname(here), { recursive: true });
    await writeFile(path.join(path.dirname(here), 'p.py'), '');
    expect(await places.of(serving('hopsworks'))).toBe(here);
  });
});
