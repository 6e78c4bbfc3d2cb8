import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CsvParser, delimiterOf } from '../../../src/app/requests/rows/csv';
import { readRows, readText } from '../../../src/app/requests/rows/readRows';
import { toRowsRequest } from '../../../src/app/requests/rows/rowsRequest';
import { textToJson, valueToJson, type Table } from '../../../src/app/requests/rows/table';

const FLOWERS = path.join(import.meta.dirname, '../../fixtures/rows/flowers.parquet');
const signal = new AbortController().signal;
const names = ['sepal_length', 'sepal_width', 'petal_length', 'petal_width'];

function parse(text: string, size = text.length): string[][] {
  const parser = new CsvParser(delimiterOf(text));
  const records: string[][] = [];
  for (let at = 0; at < text.length; at += size) {
    records.push(...parser.push(text.slice(at, at + size)));
  }
  return [...records, ...parser.end()];
}

describe('CSV', () => {
  const cases: readonly (readonly [string, string[][]])[] = [
    [
      'a,b\n1,2\n',
      [
        ['a', 'b'],
        ['1', '2'],
      ],
    ],
    [
      'a;b\r\n1;2',
      [
        ['a', 'b'],
        ['1', '2'],
      ],
    ],
    [
      'a\tb\r1\t2\r',
      [
        ['a', 'b'],
        ['1', '2'],
      ],
    ],
    [
      'a,b\n\n1,2\n\n',
      [
        ['a', 'b'],
        ['1', '2'],
      ],
    ],
    [
      '"a,""x""","b\nc"\n1,',
      [
        ['a,"x"', 'b\nc'],
        ['1', ''],
      ],
    ],
    [
      '"a;b",c,d\n1,2,3',
      [
        ['a;b', 'c', 'd'],
        ['1', '2', '3'],
      ],
    ],
    ['a\n""\n', [['a'], ['']]],
    ['a"b,c\n', [['a"b', 'c']]],
    ['"a"b,c\n', [['ab', 'c']]],
    [',\n', [['', '']]],
  ];
  it.each(cases)('%j', (text, records) => {
    expect(parse(text)).toEqual(records);
    // Wherever the pieces end.
    for (const size of [1, 2, 3]) {
      expect(parse(text, size)).toEqual(records);
    }
  });

  it('with a quote that is not closed is told with its line', () => {
    expect(() => parse('a,b\n1,"2\n3,4\n')).toThrow('the quote of line 2 is not closed');
  });
});

describe('a value', () => {
  it.each([
    ['5.10', '5.10'],
    [' 7 ', '7'],
    ['-1e-3', '-1e-3'],
    ['.5', '0.5'],
    ['+5', '5'],
    ['007', '7'],
    ['', 'null'],
    ['NaN', 'null'],
    ['NA', 'null'],
    ['True', 'true'],
    ['false', 'false'],
    ['setosa', '"setosa"'],
    ['1,5', '"1,5"'],
    ['0x10', '"0x10"'],
    ['2026-11-29', '"2026-11-29"'],
    ['12345678901234567890', '12345678901234567890'],
  ])('%j of a text is %s', (text, json) => {
    expect(textToJson(text)).toBe(json);
  });

  it('has a comma for the point where semicolons stand between values', () => {
    expect(textToJson('1,5', true)).toBe('1.5');
  });

  it('of a typed file is JSON', () => {
    expect([5n, NaN, undefined, new Date(0), [1, 2n], { a: null }, new Uint8Array([1, 2])].map(valueToJson)).toEqual([
      '5',
      'null',
      'null',
      '"1970-01-01T00:00:00.000Z"',
      '[1, 2]',
      '{"a": null}',
      '"AQI="',
    ]);
  });
});

describe('rows of a file', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'rows-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const file = (text: string | Buffer, name = 'iris.csv'): string => {
    writeFileSync(path.join(folder, name), text);
    return path.join(folder, name);
  };

  it('are the first of a CSV file, whatever its encoding', async () => {
    const text = 'größe,b\n1,2\n3,\n5,6\n';
    for (const bytes of [text, `\uFEFF${text}`, Buffer.from(`\uFEFF${text}`, 'utf16le')]) {
      expect(await readRows(file(bytes), 2, signal)).toEqual({
        name: 'iris.csv',
        columns: ['größe', 'b'],
        rows: [
          ['1', '2'],
          ['3', 'null'],
        ],
        hasMore: true,
        isUnnamed: false,
      });
    }
  });

  it('may have no header', async () => {
    const table = await readRows(file('1,2\n3,4\n'), 100, signal);
    expect(table).toMatchObject({ columns: ['column 1', 'column 2'], isUnnamed: true, hasMore: false });
    expect(table.rows).toHaveLength(2);
  });

  it('of a large file are read without the rest of it', async () => {
    const large = file(`a,b\n${'1,2\n'.repeat(2_000_000)}"not closed`);
    expect((await readRows(large, 100, signal)).rows).toHaveLength(100);
  });

  it.each([
    ['', 'it is empty'],
    ['a,b\n', 'it has a header and no rows'],
    ['a,b\n1,2,3\n', 'row 1 has 3 values, and the first line names 2 columns'],
    ['a,b\n"1,2\n', 'the quote of line 2 is not closed'],
  ])('%j: %s', async (text, reason) => {
    await expect(readRows(file(text), 100, signal)).rejects.toThrow(`Could not read iris.csv: ${reason}`);
  });

  it('are the first of a Parquet file, with its types, compressed with snappy', async () => {
    const table = await readRows(FLOWERS, 100, signal);
    expect(table).toMatchObject({ name: 'flowers.parquet', total: 150, hasMore: true });
    expect(table.columns).toEqual(['petal_width', 'sepal_length', 'id', 'species', 'fresh', 'picked']);
    expect(table.rows).toHaveLength(100);
    expect(table.rows[1]).toEqual([
      '1.1',
      '5',
      '9007199254740994',
      '"virginica"',
      'true',
      '"2026-11-02T00:00:00.000Z"',
    ]);
    expect(table.rows[0]?.[4]).toBe('null');
  });

  it('of what is no Parquet file are refused', async () => {
    await expect(readRows(file('PAR0 and so on', 'x.parquet'), 1, signal)).rejects.toMatchObject({
      code: 'invalid',
      message: expect.stringMatching(/^Could not read x.parquet: /) as string,
    });
    await expect(readRows(path.join(folder, 'none.csv'), 1, signal)).rejects.toThrow('Could not read none.csv');
  });

  it('that are not read to the end are cancelled', async () => {
    await expect(readRows(file('a\n1\n'), 1, AbortSignal.abort())).rejects.toMatchObject({ code: 'cancelled' });
  });
});

describe('a request of rows', () => {
  const table = (part: Partial<Table> = {}): Table => ({
    name: 'iris.csv',
    columns: ['Petal Width', 'sepal_length', 'sepal width (cm)', 'petal_length', 'species'],
    rows: [
      ['0.2', '5.10', '3.5', '1.4', '"setosa"'],
      ['0.3', '6', 'null', '4.5', '"virginica"'],
    ],
    hasMore: false,
    isUnnamed: false,
    ...part,
  });

  it('has its columns in the order of the features, by name', () => {
    const features = { names: ['sepal_length', 'sepal_width_cm', 'petal_length', 'petal_width'], count: 4 };
    expect(toRowsRequest(table(), features)).toEqual({
      body: '{\n  "inputs": [\n    [5.10, 3.5, 1.4, 0.2],\n    [6, null, 4.5, 0.3]\n  ]\n}\n',
      notes: ['2 rows of iris.csv: all of them.', 'Left out: species.'],
    });
  });

  it('says what the file lacks', () => {
    const { body, notes } = toRowsRequest(table({ hasMore: true, total: 150 }), { names, count: 4 });
    expect(JSON.parse(body)).toEqual({
      inputs: [
        [5.1, null, 1.4, 0.2],
        [6, null, 4.5, 0.3],
      ],
    });
    expect(notes).toEqual([
      'The first 2 rows of 150 of iris.csv.',
      'Left out: sepal width (cm), species.',
      'Missing, sent as null: sepal_width.',
    ]);
  });

  it('takes columns by their order where names say nothing, those of numbers first', () => {
    const { body, notes } = toRowsRequest(table({ columns: ['p', 'q', 'r', 's', 't'] }), { names, count: 4 });
    expect(JSON.parse(body)).toEqual({
      inputs: [
        [0.2, 5.1, 3.5, 1.4],
        [0.3, 6, null, 4.5],
      ],
    });
    expect(notes).toEqual([
      '2 rows of iris.csv: all of them.',
      'Columns are taken by their order: none has the name of a feature.',
      'Left out: t.',
    ]);
    expect(toRowsRequest(table({ isUnnamed: true }), { names, count: 4 }).notes[1]).toMatch(/names no columns/);
    expect(toRowsRequest(table(), { count: 4 }).notes[1]).toMatch(/features are not known/);
    expect(toRowsRequest(table(), {}).notes).toEqual(['2 rows of iris.csv: all of them.']);
  });

  it('is objects, or an object of columns, where the serving takes these', () => {
    const properties = { sepal_length: { type: 'number' }, species: { type: 'string' } };
    const inRows = toRowsRequest(table(), { schema: { type: 'array', items: { type: 'object', properties } } });
    expect(JSON.parse(inRows.body)).toEqual({
      inputs: [
        { sepal_length: 5.1, species: 'setosa' },
        { sepal_length: 6, species: 'virginica' },
      ],
    });
    const inColumns = toRowsRequest(table(), { schema: { type: 'object', properties } });
    expect(JSON.parse(inColumns.body)).toEqual({
      inputs: { sepal_length: [5.1, 6], species: ['setosa', 'virginica'] },
    });
  });

  it('of a selection begins with its header', async () => {
    expect((await readText('the selection', 'a,b\n1,2', 10)).rows).toEqual([['1', '2']]);
  });
});
