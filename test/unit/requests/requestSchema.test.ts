import { describe, expect, it } from 'vitest';
import { toVerbApis, verbApisOf } from '../../../src/app/requests/apiDocument';
import { checkRequest, type InputsSchema, type JsonSchema } from '../../../src/core/requestSchema';
import { keyEdit } from '../../../webview/serving/console/jsonKeys';
import { requestNote } from '../../../webview/serving/console/requestCheck';

const row = { type: 'array', items: { type: 'number' }, minItems: 4, maxItems: 4, description: 'a, b, c, d' };
const rows: JsonSchema = { type: 'array', items: row };
const records: JsonSchema = {
  type: 'array',
  items: {
    type: 'object',
    properties: { age: { type: 'integer', minimum: 0 }, kind: { enum: ['x', 'y'] }, note: { type: 'string' } },
    required: ['age', 'kind'],
  },
};
const of = (schema: JsonSchema, isLoose = false): InputsSchema => ({ schema, source: '', isLoose });
const message = (text: string, schema: JsonSchema, isLoose = false): string | undefined =>
  checkRequest(text, of(schema, isLoose))?.message;

describe('a request and what its verb expects', () => {
  it.each<[string, JsonSchema, string | undefined]>([
    ['{"inputs": [[1, 2, 3, 4]]}', rows, undefined],
    ['{"instances": [[1, 2, 3, 4]], "extra": 1}', rows, undefined],
    ['{"inputs": [[1, 2, 3, 4], [1, 2, 3]]}', rows, 'inputs[1]: 3 of 4 features (a, b, c, d)'],
    ['{"inputs": [[1, 2, 3, 4, 5]]}', rows, 'inputs[0]: 5 of 4 features (a, b, c, d)'],
    ['{"inputs": [[1, "2", 3, 4]]}', rows, 'inputs[0][1]: "2" in place of a number'],
    ['{"inputs": 5}', rows, 'inputs: 5 in place of a list'],
    ['{"inputs": [5]}', rows, 'inputs[0]: 5 in place of a list'],
    ['[[1, 2, 3, 4]]', rows, 'the request has to be an object such as {"inputs": […]}, not a list'],
    ['{"input": []}', rows, 'inputs: missing; a request is {"inputs": […]}'],
    ['{"inputs": [], "instances": []}', rows, 'the request has both inputs and instances: send one of them'],
    ['{"inputs": [{"age": 3, "kind": "x"}]}', records, undefined],
    ['{"inputs": [{"agee": 3, "kind": "x"}]}', records, 'inputs[0].age: missing; agee is not known'],
    ['{"inputs": [{"age": 3.5, "kind": "x"}]}', records, 'inputs[0].age: 3.5 in place of a whole number'],
    ['{"inputs": [{"age": -1, "kind": "x"}]}', records, 'inputs[0].age: -1 has to be at least 0'],
    ['{"inputs": [{"age": 1, "kind": "z"}]}', records, 'inputs[0].kind: "z" in place of one of "x", "y"'],
    ['{"inputs": [{"age": 1, "kind": "x", "note": null}]}', records, 'inputs[0].note: null in place of a text'],
    [
      '{"inputs": true}',
      { anyOf: [{ type: 'number' }, { type: 'string' }] },
      'inputs: true in place of a number or a text',
    ],
    [
      '{"inputs": [1, "a", 2]}',
      { type: 'array', prefixItems: [{ type: 'number' }, { type: 'number' }], minItems: 2, maxItems: 3 },
      'inputs[1]: "a" in place of a number',
    ],
    [
      '{"inputs": {"a": [1]}}',
      { type: 'object', additionalProperties: { type: 'number' } },
      'inputs.a: a list in place of a number',
    ],
    ['{"inputs": "anything"}', { $ref: '#/x' }, undefined],
  ])('%s', (text, schema, expected) => {
    expect(message(text, schema)).toBe(expected);
  });

  it('lets pass what a model makes a number of, and only where it does', () => {
    const text = '{"inputs": [[null, "1.5", true, 4]]}';
    expect(message(text, rows, true)).toBeUndefined();
    expect(message(text, rows)).toBe('inputs[0][0]: null in place of a number');
    expect(message('{"inputs": [["x", 1, 1, 4]]}', rows, true)).toBe('inputs[0][0]: "x" in place of a number');
  });

  it('is told with line and column, JSON first, and not looked at when it is long', () => {
    const verb = { verb: 'predict' as const, inputs: of(rows) };
    const text = '{\n  "inputs": [\n    [1, 2, 3, 4],\n    [1, 2, 3]\n  ]\n}';
    expect(requestNote(text, verb)).toEqual({
      tone: 'warning',
      text: 'Line 4, column 5: inputs[1]: 3 of 4 features (a, b, c, d)',
      place: { offset: text.indexOf('[1, 2, 3]'), length: 9 },
    });
    expect(requestNote('{"inputs": [[1,]]}', verb)?.tone).toBe('error');
    expect(requestNote('{"inputs": []}', undefined)).toBeUndefined();
    expect(requestNote(`{"inputs": 1}${' '.repeat(500_000)}`, verb)).toBeUndefined();
  });
});

describe('what a server tells of its verbs', () => {
  const call = { name: 'predict', path: '/x', sample: { inputs: [[1, 2, 3, 4]] }, schema: rows };

  it('is read from its part of the OpenAPI document', () => {
    const source = 'As the model in the script needs it.';
    expect(toVerbApis({ 'x-model-serving': { calls: [{ ...call, source }, { name: 'infer (v2)' }] } })).toEqual([
      { verb: 'predict', inputs: { schema: rows, source, isLoose: true }, sample: { inputs: [[1, 2, 3, 4]] } },
    ]);
    const hints = { ...call, source: 'As the type hints say.', sample: { inputs: [] }, schema: {} };
    expect(toVerbApis({ 'x-model-serving': { calls: [hints] } })).toEqual([{ verb: 'predict' }]);
  });

  it.each([
    undefined,
    null,
    5,
    'x',
    {},
    { 'x-model-serving': { calls: {} } },
    { 'x-model-serving': { calls: [null, 1] } },
  ])('is nothing in %j', (document) => {
    expect(toVerbApis(document)).toEqual([]);
  });

  it('is else the width of the model', () => {
    const [api] = verbApisOf({ features: 2, featureNames: ['a', 'b'], verbs: ['predict'] });
    expect(checkRequest('{"inputs": [["x", 1], [1]]}', api?.inputs)?.message).toBe('inputs[1]: 1 of 2 features (a, b)');
    expect(verbApisOf({ verbs: ['predict'] })).toEqual([]);
    expect(verbApisOf(undefined)).toEqual([]);
  });
});

/** The text after a key, `|` for the caret and `<` `>` around what is selected. */
function press(text: string, key: string): string {
  const marked = text.replace('|', '<>');
  const from = marked.indexOf('<');
  const to = marked.indexOf('>') - 1;
  const plain = marked.replace('<', '').replace('>', '');
  const edit = keyEdit(plain, from, to, key);
  if (edit === undefined) {
    return 'as always';
  }
  const after = plain.slice(0, edit.from) + edit.insert + plain.slice(edit.to);
  const [first, last] = edit.caret;
  return first === last
    ? `${after.slice(0, first)}|${after.slice(first)}`
    : `${after.slice(0, first)}<${after.slice(first, last)}>${after.slice(last)}`;
}

describe('keys of the request editor', () => {
  it.each<[string, string, string]>([
    ['{|}', 'Enter', '{\n  |\n}'],
    ['  "a": [|', 'Enter', '  "a": [\n    |'],
    ['  "a": 1,|', 'Enter', '  "a": 1,\n  |'],
    ['{"a|"}', 'Enter', 'as always'],
    ['|', '{', '{|}'],
    ['<{"a": 1}\n>', '{', '{|}'],
    ['[|]', '[', '[[|]]'],
    ['[|1]', '[', 'as always'],
    ['[<1, 2>]', '[', '[[<1, 2>]]'],
    ['{|}', '"', '{"|"}'],
    ['{"a|"}', '"', '{"a"|}'],
    ['{"a\\|"}', '"', 'as always'],
    ['{"a|b"}', '"', 'as always'],
    ['{"|', '{', 'as always'],
    ['{<a>}', '"', '{"<a>"}'],
    ['[|]', ']', '[]|'],
    ['[\n    |', ']', '[\n  ]|'],
    ['[1|', ']', 'as always'],
    ['[|]', 'Backspace', '|'],
    ['{"|"}', 'Backspace', '{|}'],
    ['[|1]', 'Backspace', 'as always'],
    ['|', 'Backspace', 'as always'],
    ['|', 'a', 'as always'],
  ])('%s and %s', (text, key, expected) => {
    expect(press(text, key)).toBe(expected);
  });
});
