import { describe, expect, it } from 'vitest';
import { withReply } from '../../../src/app/requests/acceptedReply';
import { compareReply } from '../../../src/app/requests/compare';
import { toRequestItems } from '../../../src/app/requests/requestItems';
import { parseRequests, type SavedRequest } from '../../../src/app/requests/requestsText';
import { TestServings } from '../../../src/app/requests/testServings';
import { latencyText, ranText, replyText, statusText } from '../../../src/app/requests/verdictText';
import type { InferenceResponse } from '../../../src/core/backend';
import { ServingError } from '../../../src/core/errors';
import type { Serving } from '../../../src/core/serving';

const REPLY: InferenceResponse = { status: 200, statusText: 'OK', headers: {}, body: '{"a": 0.5}', latencyMs: 7 };

describe('the requests of a file', () => {
  it('stand where they are written', () => {
    const text =
      '// mine\r\n{"requests": [\r\n  {\r\n    "name": "a",\r\n    "body": 1\r\n  },\r\n  {"name": "b", "body": 2}\r\n]}';
    const { items, problem } = toRequestItems(text);
    expect(problem).toBeUndefined();
    expect(items.map(({ id, label, span }) => [id, label, span])).toEqual([
      ['a', 'a', { start: { line: 2, character: 2 }, end: { line: 5, character: 3 } }],
      ['b', 'b', { start: { line: 6, character: 2 }, end: { line: 6, character: 26 } }],
    ]);
    expect(items[0]?.request).toEqual(parseRequests(text).requests[0]);
  });

  it('are told apart, and each that is wrong says so at its place', () => {
    const { items } = toRequestItems(
      '{"requests": [{"name": "a", "body": 1}, {"name": "a", "body": 2}, {"name": "c"}, 5]}',
    );
    expect(items.map(({ id, label, problem }) => [id, label, problem])).toEqual([
      ['a', 'a', undefined],
      ['requests[1]', 'a', 'A request before it is named a, too: give it a name of its own'],
      ['requests[2]', 'c', 'requests[2] needs a name, a body and a verb that there is'],
      ['requests[3]', 'requests[3]', 'requests[3] needs a name, a body and a verb that there is'],
    ]);
    expect(items.map(({ request }) => request?.body)).toEqual(['1\n', undefined, undefined, undefined]);
  });

  it.each([
    ['{"requests": [', 'It is not a JSON object: look at line 1'],
    ['\n[]', 'It is not a JSON object: look at line 1'],
    ['{"requests": {}}', 'requests has to be a list'],
  ])('of %s are none', (text, problem) => {
    expect(toRequestItems(text)).toEqual({ items: [], problem });
  });

  it.each(['', '{}', '{"requests": []}'])('of "%s" are none, and that is right', (text) => {
    expect(toRequestItems(text)).toEqual({ items: [] });
  });

  it('are found at their lines however many there are', () => {
    const many = Array.from({ length: 3000 }, (_, n) => ({ name: `n${String(n)}`, body: [n] }));
    const text = JSON.stringify({ requests: many }, undefined, 1);
    const lines = text.split('\n');
    for (const { id, span } of toRequestItems(text).items) {
      expect(lines[span.start.line + 1]).toContain(`"${id}"`);
      expect(lines[span.end.line]?.slice(0, span.end.character)).toBe('  }');
    }
  });
});

describe('a reply that is accepted', () => {
  const sentOf = (text: string, at = 0): SavedRequest => {
    const sent = parseRequests(text).requests[at];
    if (sent === undefined) {
      throw new Error(`there is no request ${String(at)}`);
    }
    return sent;
  };
  const accepted = (text: string, reply: Partial<InferenceResponse>): string =>
    withReply(text, sentOf(text), { ...REPLY, ...reply });

  it('becomes the golden one; everything else stays, comments and the other requests with it', () => {
    const text = `\uFEFF{
  // mine
  "requests": [
    { "name": "a", "note": 1, "body": { "inputs": [1 /* one */] }, "expect": { "reply": { "a": 1 }, "latencyMs": 50 } },
    { "name": "b", "body": 2 },
  ]
}
`;
    const after = accepted(text, { body: '{"a": 12345678901234567890}' });
    expect(after).toBe(text.replace('"reply": { "a": 1 }', '"reply": {\n      "a": 12345678901234567890\n    }'));
    expect(
      compareReply(parseRequests(after).requests[0]?.expect, { ...REPLY, body: '{"a": 12345678901234567890}' })
        .hasPassed,
    ).toBe(true);
  });

  it.each([
    ['{"name": "a", "body": 1}', { status: 400 }],
    ['{"name": "a", "body": 1, "expect": null}', { status: 400 }],
    ['{"name": "a", "body": 1, "expect": {}}', { status: 400 }],
    ['{"name": "a", "body": 1, "expect": {"status": 201}}', {}],
    ['{"name": "a", "body": 1, "expect": {"status": 201, "reply": {"a": 0.5}}}', {}],
    ['{"name": "a", "body": 1, "expect": {"reply": [], "tolerance": 0}}', {}],
    ['{"name": "a", "body": 1, "expect": {"reply": []}}', { status: 502, body: '<html>' }],
  ])('passes from then on: %s', (request, reply) => {
    const text = `{"requests": [${request}]}`;
    const after = accepted(text, reply);
    expect(compareReply(parseRequests(after).requests[0]?.expect, { ...REPLY, ...reply }).hasPassed, after).toBe(true);
  });

  it('brings a tolerance where it has fractions, and keeps the one that there is', () => {
    const tolerance = (expect: string): number | undefined =>
      parseRequests(accepted(`{"requests": [{"name": "a", "body": 1, "expect": ${expect}}]}`, {})).requests[0]?.expect
        ?.tolerance;
    expect(tolerance('{"reply": 1}')).toBe(1e-6);
    expect(tolerance('{"reply": 1, "tolerance": 0.1}')).toBe(0.1);
  });

  it('is refused for a request that is another by now, and where nothing differs', () => {
    const text = '{"requests": [{"name": "a", "body": 1, "expect": {"reply": {"a": 0.5}, "latencyMs": 5}}]}';
    const sent = sentOf(text);
    const refusal = (now: string, reply = REPLY): string => {
      try {
        withReply(now, sent, reply);
      } catch (error) {
        return error instanceof ServingError ? error.message : 'another error';
      }
      return 'none';
    };
    expect(refusal(text.replace('"body": 1', '"body": 2'))).toMatch(/was changed since it was sent/);
    expect(refusal('{"requests": []}')).toMatch(/was changed since it was sent/);
    expect(refusal('{"requests": [')).toMatch(/was changed since it was sent/);
    expect(refusal(text)).toMatch(/only too late/);
    expect(refusal(text, { ...REPLY, latencyMs: 1 })).toMatch(/expects already/);
  });
});

describe('what is told of a reply', () => {
  it('names each difference in one line, the first ones, and counts the rest', () => {
    const told = (expected: string, body: string): string =>
      replyText(compareReply({ reply: expected }, { ...REPLY, body }).reply);
    expect(told('{"a": 1, "b": [1], "c": "x", "d": 1}', '{"a": 2, "b": [], "d": "1", "e": {"f":\n 1}}')).toBe(
      [
        '$.a is 2, expected 1',
        '$.b has 0 items, expected 1',
        '$.c is missing, expected "x"',
        '$.d is "1", expected 1',
        '$.e is {"f": 1}, expected nothing there',
      ].join('\n'),
    );
    const many = (value: number): string => JSON.stringify(Array.from({ length: 150 }, () => value));
    expect(told(many(1), many(2)).split('\n').slice(-2)).toEqual([
      '$[19] is 2, expected 1',
      '… and 130 more differences',
    ]);
    expect(told('1', '')).toBe('$ is empty, expected 1');
  });

  it('says status, latency and what ran', () => {
    expect(statusText({ expected: 200, actual: 500 })).toBe('Status 500, expected 200');
    expect(latencyText({ limitMs: 50, actualMs: 61.7 })).toBe('Answered after 62 ms, at most 50 ms are allowed');
    expect(ranText('a', { ...REPLY, requestId: 'r1' })).toBe('a  200  7.0 ms  request r1');
  });
});

describe('the serving of a file of requests', () => {
  const serving = (backend: string, name: string): Serving => ({ ref: { backend, name } }) as unknown as Serving;
  const [here, docker, other] = [
    serving('process:/w', 'iris'),
    serving('docker:/w', 'iris'),
    serving('hopsworks:c', 'x'),
  ];
  const setUp = (servings: readonly Serving[]) => {
    const kept = new Map<string, unknown>();
    const choice = new TestServings({
      servings: () => servings,
      placeOf: ({ ref }) => Promise.resolve(ref.name === 'iris' ? '/w/iris.requests.json' : undefined),
      memory: { get: (key) => kept.get(key), set: (key, value) => kept.set(key, value) },
    });
    return { choice, of: async (name: string) => (await choice.of(`/w/${name}.requests.json`))?.ref };
  };

  it('is the one that serves its script', async () => {
    const { of } = setUp([here, other]);
    expect(await of('iris')).toEqual(here.ref);
    expect(await of('else')).toBeUndefined();
  });

  it('is chosen where several serve it, for this file alone', async () => {
    const { choice, of } = setUp([here, docker, other]);
    expect(await of('iris')).toBeUndefined();
    choice.choose(docker.ref, '/w/iris.requests.json');
    expect(await of('iris')).toEqual(docker.ref);
    expect(await of('else')).toBeUndefined();
    choice.choose(undefined, '/w/iris.requests.json');
    expect(await of('iris')).toBeUndefined();
  });

  it('is the one for all where nobody serves its script, as long as it is there', async () => {
    const { choice, of } = setUp([here, other]);
    choice.choose(other.ref);
    expect(await of('else')).toEqual(other.ref);
    expect(await of('iris')).toEqual(here.ref);
    choice.choose({ ...other.ref, name: 'gone' });
    expect(await of('else')).toBeUndefined();
  });
});
