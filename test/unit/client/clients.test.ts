import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { toClientType } from '../../../src/app/client/clientType';
import { className } from '../../../src/app/client/names';
import { pythonClient } from '../../../src/app/client/pythonClient';
import { toCalls, type ServingApi } from '../../../src/app/client/servingApi';
import { typeScriptClient } from '../../../src/app/client/typeScriptClient';

const row = { type: 'array', items: { type: 'number' }, minItems: 4, maxItems: 4, description: 'sepal, petal' };
const person = {
  type: 'object',
  properties: {
    'first name': { type: 'string' },
    age: { anyOf: [{ type: 'integer' }, { type: 'null' }] },
    kind: { enum: ['a', 'b "quoted"'] },
    address: { type: 'object', properties: { street: { type: 'string' } }, required: ['street'] },
    more: { type: 'object', additionalProperties: { type: 'number' } },
  },
  required: ['first name', 'address'],
};
const api: ServingApi = {
  name: 'irisFlower2',
  description: 'Model iris, version 1 """ */ \n second line',
  url: 'http://127.0.0.1:8080/v1/models/irisFlower2',
  token: 'IRIS_TOKEN',
  calls: [
    { verb: 'predict', inputs: { type: 'array', items: row }, outputs: { type: 'array', items: { type: 'integer' } } },
    { verb: 'classify', inputs: { type: 'array', items: person }, sample: '[{"first name": "Ä \\" */ """"}]' },
    { verb: 'regress' },
  ],
};

describe('a typed client', () => {
  it('in TypeScript has no error, and its types refuse what the serving refuses', () => {
    const use = `${typeScriptClient(api)}
      const client = new IrisFlower2({ token: 'x' });
      export const numbers: Promise<readonly number[]> = client.predict([[1, 2, 3, 4]]);
      void client.classify([{ 'first name': 'a', age: null, kind: 'b "quoted"', address: { street: 's' }, more: { x: 1 } }]);
      void client.regress('anything');
      // @ts-expect-error a text in place of a number
      void client.predict([['a']]);
      // @ts-expect-error no address
      void client.classify([{ 'first name': 'a' }]);
      // @ts-expect-error not one of them
      void client.classify([{ 'first name': 'a', address: { street: 's' }, kind: 'c' }]);`;
    expect(errorsOf(use)).toEqual([]);
  });

  it('in Python is the same in text, each time', () => {
    expect(pythonClient(api)).toBe(pythonClient(api));
    expect(pythonClient(api)).toContain('def predict(self, inputs: list[list[float]]) -> list[int]:');
    expect(pythonClient(api)).toContain('class ClassifyInputsItem(');
    expect(pythonClient(api)).toContain('os.environ.get("IRIS_TOKEN")');
  });

  it('takes anything where nothing is known', () => {
    const [call] = toCalls(undefined, undefined);
    expect(call).toMatchObject({ verb: 'predict', inputs: undefined, outputs: undefined });
    expect(pythonClient({ ...api, calls: toCalls(undefined, undefined) })).toContain('inputs: Any) -> Any');
    expect(typeScriptClient({ ...api, calls: toCalls(undefined, undefined) })).toContain('inputs: unknown)');
  });

  it('reads what the server tells of its calls and replies', () => {
    const document = {
      'x-model-serving': {
        calls: [{ name: 'predict', schema: { type: 'array' }, source: 's', sample: { inputs: [1] } }],
      },
      paths: {
        '/predict': {
          post: {
            responses: {
              200: { content: { 'application/json': { schema: { properties: { predictions: { type: 'string' } } } } } },
            },
          },
        },
      },
    };
    expect(toCalls(document, undefined)).toEqual([
      { verb: 'predict', inputs: { type: 'array' }, outputs: { type: 'string' }, sample: '[1]' },
    ]);
  });

  it('is of any schema: what is not known is anything', () => {
    for (const schema of [null, 3, 'x', [], {}, { type: 'else' }, { $ref: '#/x' }, { enum: [{}] }, { anyOf: [] }]) {
      expect(toClientType(schema)).toEqual({ kind: 'any' });
    }
    const deep: Record<string, unknown> = { type: 'array' };
    deep.items = deep;
    expect(JSON.stringify(toClientType(deep)).length).toBeLessThan(1000);
  });

  it.each([
    ['iris', 'Iris'],
    ['2iris', 'Serving2iris'],
    ['iris_flower-x', 'IrisFlowerX'],
  ])('of %s is named %s', (name, expected) => {
    expect(className(name)).toBe(expected);
  });
});

/** What TypeScript says of a module, at its strictest. */
function errorsOf(text: string): readonly string[] {
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    lib: ['lib.es2022.d.ts', 'lib.dom.d.ts'],
    types: [],
  };
  const host = ts.createCompilerHost(options);
  const read = host.getSourceFile.bind(host);
  host.getSourceFile = (name, ...rest) =>
    name === 'client.ts' ? ts.createSourceFile(name, text, ts.ScriptTarget.ES2022) : read(name, ...rest);
  const program = ts.createProgram(['client.ts'], options, host);
  return ts.getPreEmitDiagnostics(program).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}
