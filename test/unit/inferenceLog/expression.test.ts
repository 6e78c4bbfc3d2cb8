import { describe, expect, it } from 'vitest';
import { toSieve } from '../../../src/app/inferenceLog/recordFilter';
import { holdsFor, isProblem, parseExpression } from '../../../src/core/recordExpression';
import { Random } from '../../fakes/random';
import { record } from './records';

const REQUEST = { inputs: [[5.1, 3.5, 1.6], [1]], 'odd name': { deep: [{ pin: 7 }] }, none: null, on: true };
const REPLY = { predictions: ['setosa', 'virginica'], error: '' };

function holds(text: string): boolean {
  const parsed = parseExpression(text);
  if (isProblem(parsed)) {
    throw new Error(parsed.message);
  }
  return holdsFor(parsed, [REQUEST, REPLY]);
}

describe('an expression over records', () => {
  it.each([
    ['$.inputs[0][2] > 1.5', true],
    ['$.inputs[0][2] > 1.6', false],
    ['$.inputs[0][2] >= 1.6', true],
    ['$.inputs[*][0] = 1', true],
    ['$.inputs[-1][-1] == 1', true],
    ['$.predictions[0] = "setosa"', true],
    ["$.predictions[0] = 'setosa'", true],
    ['$.predictions[*] = "virginica"', true],
    ['$.predictions contains "virginica"', true],
    ['$.predictions[0] contains "eto"', true],
    ['$.predictions[0] != "setosa"', false],
    ['$.predictions[0] < "t"', true],
    ['$.predictions[0] > 1', false],
    ['$["odd name"].deep[0].pin = 7', true],
    ['$..pin = 7', true],
    ['$..pin', true],
    ['$.nothing', false],
    ['$.none = null', true],
    ['$.on = true and $.inputs', true],
    ['$.on = false or $..pin > 6', true],
    ['$.on = false and $.a or $.predictions', true],
    ['$.on = false and ($.a or $.predictions)', false],
    ['$.inputs.length', false],
    ['$.inputs[9]', false],
    ['$.*', true],
    ['$', true],
    ['$.inputs[0][2] > -1e3', true],
  ])('%s: %s', (text, expected) => {
    expect(holds(text)).toBe(expected);
  });

  it.each([
    ['inputs > 1', 0],
    ['$.inputs[0', 10],
    ['$.inputs[x]', 9],
    ['$.', 2],
    ['$.a >', 5],
    ['$.a = setosa', 6],
    ['$.a = 1 $.b', 8],
    ['($.a', 4],
    ['$.a and', 7],
    ['$.a = "x', 6],
  ])('%s is wrong at %i', (text, offset) => {
    const parsed = parseExpression(text);
    expect(isProblem(parsed) && parsed.offset).toBe(offset);
  });

  it('never throws, whatever is typed, and is read again as it was', () => {
    const random = new Random(11);
    const pieces = [
      '$',
      '.',
      '..',
      'a',
      '[',
      ']',
      '0',
      '-1',
      '*',
      '"',
      "'",
      '\\',
      '(',
      ')',
      '=',
      '<',
      '!=',
      ' and ',
      ' or ',
      'null',
      '\ud83d',
      '\n',
      'contains',
      '1e5',
    ];
    for (let round = 0; round < 20_000; round++) {
      const text = Array.from(
        { length: Math.floor(random.next() * 12) },
        () => pieces[Math.floor(random.next() * pieces.length)],
      ).join('');
      const parsed = parseExpression(text);
      if (isProblem(parsed)) {
        expect(parsed.message).not.toBe('');
        expect(parsed.offset).toBeLessThanOrEqual(text.length);
      } else {
        expect(typeof holdsFor(parsed, [REQUEST, REPLY, undefined, null, 3])).toBe('boolean');
      }
    }
    expect(isProblem(parseExpression('('.repeat(100_000)))).toBe(true);
    const deepest = `${'['.repeat(50_000)}1${']'.repeat(50_000)}`;
    expect(toSieve({ off: [], path: '$..a' })(record({ reply: { bytes: 1, text: deepest } }))).toBe(false);
  });
});

describe('a filter of records', () => {
  const wrong = record({ status: 400, id: 'ABC', reply: { bytes: 1, text: 'No JSON at all' } });
  const broken = record({ status: 503, time: 5000 });

  it('knows statuses, times, text and paths', () => {
    const all = [record(), wrong, broken];
    const shown = (filter: Partial<Parameters<typeof toSieve>[0]>): number[] =>
      all.flatMap((each, at) => (toSieve({ off: [], ...filter })(each) ? [at] : []));
    expect(shown({})).toEqual([0, 1, 2]);
    expect(shown({ off: ['ok'] })).toEqual([1, 2]);
    expect(shown({ off: ['ok', '5xx'] })).toEqual([1]);
    expect(shown({ from: 5001 })).toEqual([0, 1]);
    expect(shown({ to: 5000 })).toEqual([2]);
    expect(shown({ text: 'no json' })).toEqual([1]);
    expect(shown({ text: 'abc' })).toEqual([1]);
    expect(shown({ text: 'content-type: application' })).toEqual([0, 1, 2]);
    expect(shown({ path: '$.predictions[0] = "setosa"' })).toEqual([0, 2]);
    expect(shown({ path: '$.predictions[0] = ' }), 'what is wrong narrows nothing').toEqual([0, 1, 2]);
  });
});
