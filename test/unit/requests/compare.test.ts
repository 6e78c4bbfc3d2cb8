import { describe, expect, it } from 'vitest';
import { compareJson, compareReply } from '../../../src/app/requests/compare';
import { writtenAs } from '../../../src/app/requests/sideBySide';
import { readJson } from '../../../src/core/jsonValue';
import { Random } from '../../fakes/random';

const paths = (expected: string, actual: string, tolerance?: number): string[] =>
  compareJson(expected, actual, tolerance).list.map(({ path, kind }) => `${kind} ${path}`);

describe('two JSON texts', () => {
  it.each([
    ['{"a": 1, "b": [2, 3]}', '{ "b":[2,3],"a":1 }'],
    ['[1.0, 100, -0, 0.10]', '[1, 1e2, 0, 1E-1]'],
    ['12345678901234567890', '12345678901234567890.0'],
    ['"\\u00e4"', '"ä"'],
    ['[null, true, NaN, -Infinity]', '[null, true, NaN, -Infinity]'],
    ['{"a": 1, /* was 2 */ "b": 2,}', '{"a": 1, "b": 2}'],
    ['{"a": 1, "a": 2}', '{"a": 2}'],
    [`1${'0'.repeat(500)}`, `1${'0'.repeat(500)}`],
  ])('%s is %s', (expected, actual) => {
    expect(compareJson(expected, actual)).toEqual({ list: [], more: 0 });
  });

  it.each([
    ['{"a": 1}', '{"b": 1}', ['missing $.a', 'extra $.b']],
    ['{"a": [1, 2]}', '{"a": [1]}', ['length $.a']],
    ['[1, 2]', '[3, 2, 1]', ['length $', 'value $[0]']],
    ['{"a b": {"c\\"": null}}', '{"a b": {"c\\"": 0}}', ['type $["a b"]["c\\""]']],
    ['{"__proto__": 1}', '{"__proto__": 2}', ['value $.__proto__']],
    ['12345678901234567890', '12345678901234567891', ['value $']],
    ['0.1', '0.10000000000000001', ['value $']],
    ['[1, "1", true]', '["1", 1, "true"]', ['type $[0]', 'type $[1]', 'type $[2]']],
    ['[NaN, NaN]', '[null, 0]', ['type $[0]', 'value $[1]']],
    ['{"a": 1}', '<html>', ['type $']],
    ['{"a": 1}', '', ['type $']],
    ['[]', '{}', ['type $']],
  ])('%s is not %s', (expected, actual, found) => {
    expect(paths(expected, actual)).toEqual(found);
  });

  it('tells what was expected and what there is, as it was written', () => {
    expect(compareJson('{"a": 1.50, "b": [1, 2], "d": {"x":  1}}', '{"a": 1.6, "b": [1], "c": "x"}').list).toEqual([
      { path: '$.a', kind: 'value', expected: '1.50', actual: '1.6' },
      { path: '$.b', kind: 'length', expected: '2', actual: '1' },
      { path: '$.d', kind: 'missing', expected: '{"x":  1}' },
      { path: '$.c', kind: 'extra', actual: '"x"' },
    ]);
  });

  it('lists so many differences, and counts the rest', () => {
    const many = (value: number): string => JSON.stringify(Array.from({ length: 250 }, () => value));
    const { list, more } = compareJson(many(1), many(2));
    expect([list.length, more]).toEqual([100, 150]);
    expect(list[99]?.path).toBe('$[99]');
  });

  it('cuts long values', () => {
    const { list } = compareJson('1', JSON.stringify('x'.repeat(10_000)));
    expect(list[0]?.actual).toHaveLength(201);
  });

  it('is not ended by depth', () => {
    const deep = (inner: string): string => '['.repeat(100_000) + inner + ']'.repeat(100_000);
    expect(compareJson(deep('1'), deep('1')).list).toEqual([]);
    expect(compareJson(deep('1'), deep('2')).list).toHaveLength(1);
  });
});

describe('the tolerance', () => {
  it.each([
    // As it is, for small numbers …
    ['1', '1.1', 0.1, true],
    ['1', '1.1000000000000001', 0.1, false],
    ['0', '1e-6', 1e-6, true],
    ['0', '-0.0000011', 1e-6, false],
    // … and as a part of the expected number for large ones.
    ['1000', '1100', 0.1, true],
    ['1000', '1100.1', 0.1, false],
    ['-1000', '-1100', 0.1, true],
    ['12345678901234567890', '12345678901234567891', 1e-12, true],
    ['100000000000000000000', '100000000000000000100', 1e-18, true],
    ['100000000000000000000', '100000000000000000101', 1e-18, false],
    ['1e400', '1.0e400', 0, true],
    ['1e400', '2e400', 0.1, false],
    ['1', 'NaN', 0.5, false],
    ['NaN', '1', 0.5, false],
    ['Infinity', '-Infinity', 0.5, false],
    ['1', '1.5', -1, false],
  ])('%s, answered with %s within %d: %s', (expected, actual, tolerance, isNear) => {
    expect(compareJson(expected, actual, tolerance).list.length === 0).toBe(isNear);
  });

  it('is for numbers alone', () => {
    expect(paths('["1", true, [1]]', '["2", false, [1, 1]]', 5)).toEqual(['value $[0]', 'value $[1]', 'length $[2]']);
  });
});

describe('a reply', () => {
  const reply = { status: 200, body: '{"predictions": [1]}', latencyMs: 20 };

  it('passes with what was expected, and without an expectation with status 200', () => {
    expect(compareReply({ status: 200, reply: '{"predictions": [1.0]}', latencyMs: 20 }, reply).hasPassed).toBe(true);
    expect(compareReply(undefined, reply).hasPassed).toBe(true);
    expect(compareReply({ status: 400 }, { ...reply, status: 400, body: 'no JSON' }).hasPassed).toBe(true);
  });

  it('tells each part that is not as expected', () => {
    expect(compareReply({ status: 201, latencyMs: 10, reply: '{"predictions": [2]}' }, reply)).toEqual({
      hasPassed: false,
      status: { expected: 201, actual: 200 },
      latency: { limitMs: 10, actualMs: 20 },
      reply: { list: [{ path: '$.predictions[0]', kind: 'value', expected: '2', actual: '1' }], more: 0 },
    });
    expect(compareReply(undefined, { ...reply, status: 500 }).status).toEqual({ expected: 200, actual: 500 });
    expect(compareReply({}, { ...reply, status: 500 }).hasPassed).toBe(false);
  });
});

describe('any JSON', () => {
  const keys = ['a', 'predictions', 'odd name', '__proto__', '0'];

  it('is read as JSON.parse reads it', () => {
    const random = new Random(8);
    for (let round = 0; round < 500; round++) {
      const value = random.json(keys, 4);
      const text = JSON.stringify(value, undefined, random.pick([0, 1, 2]));
      expect(toPlain(readJson(text))).toEqual(JSON.parse(text));
      const broken = text.slice(0, random.whole(text.length));
      expect(readJson(broken) === undefined, broken).toBe(!isJson(broken));
    }
  });

  it('is equal to itself, and a change is found at its path', () => {
    const random = new Random(80);
    for (let round = 0; round < 500; round++) {
      const value = { a: random.json(keys, 4), list: [random.json(keys, 3), 1] };
      const before = JSON.stringify(value);
      expect(paths(before, JSON.stringify(value, undefined, 2))).toEqual([]);
      const [path, changed] = change(value, random);
      const found = compareJson(before, JSON.stringify(changed)).list;
      expect(found.map((each) => each.path)).toEqual([path]);
      expect(compareJson(JSON.stringify(changed), before).list.map((each) => each.path)).toEqual([path]);
    }
  });
});

/** The value with one leaf, or an empty list or object, replaced; and the path to it. */
function change(value: unknown, random: Random, path = '$'): readonly [path: string, changed: unknown] {
  if (Array.isArray(value) && value.length > 0) {
    const at = random.whole(value.length);
    const [found, changed] = change(value[at], random, `${path}[${String(at)}]`);
    return [found, value.map((each: unknown, index) => (index === at ? changed : each))];
  }
  if (typeof value === 'object' && value !== null && Object.keys(value).length > 0) {
    const name = random.pick(Object.keys(value));
    const below = /^[A-Za-z_]\w*$/.test(name) ? `${path}.${name}` : `${path}[${JSON.stringify(name)}]`;
    const [found, changed] = change((value as Record<string, unknown>)[name], random, below);
    return [
      found,
      Object.fromEntries(Object.entries(value).map(([key, each]) => [key, key === name ? changed : each])),
    ];
  }
  return [path, value === 'changed' ? 'again' : 'changed'];
}

function toPlain(value: ReturnType<typeof readJson>): unknown {
  switch (value?.kind) {
    case 'object':
      return Object.fromEntries([...value.members].map(([name, each]) => [name, toPlain(each)]));
    case 'array':
      return value.items.map(toPlain);
    case 'string':
      return value.text;
    case undefined:
      return undefined;
    case 'number':
    case 'boolean':
    case 'null':
      return JSON.parse(value.text) as unknown;
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

describe('what was expected, beside the reply', () => {
  it.each([
    ['{"b": [3, 5], "a": 1.0}', '{"a": 1, "b": [3.0, 6.0]}', 0, '{"a":1,"b":[3.0,5]}'],
    ['[1, 2, 3]', '[1.01, 2.5]', 0.1, '[1.01,2,3]'],
    ['{"gone": {"x": 1}, "a": "\\u00e4"}', '{"a": "ä", "more": 1}', 0, '{"a":"ä","gone":{"x": 1}}'],
    ['[1]', '{"a": 1}', 0, '[1]'],
    ['[1]', '<html>', 0, '[1]'],
  ])('%s beside %s', (expected, actual, tolerance, written) => {
    expect(writtenAs(expected, actual, tolerance)).toBe(written);
  });

  it('is still what was expected', () => {
    const random = new Random(800);
    for (let round = 0; round < 300; round++) {
      const [a, b] = [random.json(['a', 'b', 'c'], 4), random.json(['a', 'b', 'c'], 4)].map((each) =>
        JSON.stringify(each),
      );
      expect(JSON.parse(writtenAs(a ?? '', b ?? ''))).toEqual(JSON.parse(a ?? ''));
    }
  });
});
