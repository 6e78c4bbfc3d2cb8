import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import path from 'node:path';
import { ServingError, toServingError } from '../../../core/errors';
import { t } from '../../../core/l10n';
import { CsvParser, delimiterOf } from './csv';
import { readParquet } from './parquet';
import { isNumber, textToJson, type Table } from './table';

export const ROW_FILES = ['csv', 'tsv', 'parquet'];

/** The first rows of a CSV or Parquet file. Rejects with `invalid` for what is neither. */
export async function readRows(file: string, count: number, signal: AbortSignal): Promise<Table> {
  const name = path.basename(file);
  try {
    return path.extname(file).toLowerCase() === '.parquet'
      ? { name, ...(await readParquet(file, count)) }
      : await tableOf(name, textOf(file, signal), count);
  } catch (error) {
    if (signal.aborted) {
      throw ServingError.cancelled(t('Reading {0}', name));
    }
    throw error instanceof ServingError
      ? new ServingError(error.code, t('Could not read {0}: {1}', name, error.message), {
          cause: error,
          remedies: [{ kind: 'openFile', file }],
        })
      : toServingError(error, 'invalid', t('Could not read {0}', name));
  }
}

/** The rows of a CSV text, which begins with its header. */
export async function readText(name: string, text: string, count: number): Promise<Table> {
  return tableOf(name, [text], count);
}

async function tableOf(name: string, pieces: AsyncIterable<string> | Iterable<string>, count: number): Promise<Table> {
  let parser: CsvParser | undefined;
  let delimiter = ',';
  const records: string[][] = [];
  for await (const piece of pieces) {
    if (parser === undefined) {
      delimiter = delimiterOf(piece);
      parser = new CsvParser(delimiter);
    }
    records.push(...parser.push(piece));
    // The header, the rows, and one that says that there are more.
    if (records.length > count + 1) {
      return toTable(name, records, count, delimiter);
    }
  }
  records.push(...(parser?.end() ?? []));
  return toTable(name, records, count, delimiter);
}

function toTable(name: string, records: readonly string[][], count: number, delimiter: string): Table {
  const [first, ...others] = records;
  if (first === undefined) {
    throw new ServingError('invalid', t('it is empty'));
  }
  const comma = delimiter === ';';
  const isUnnamed = first.every((value) => isNumber(textToJson(value, comma)));
  const columns = first.map((value, at) => (isUnnamed || value.trim() === '' ? t('column {0}', at + 1) : value.trim()));
  const rows = isUnnamed ? records : others;
  if (rows.length === 0) {
    throw new ServingError('invalid', t('it has a header and no rows'));
  }
  const long = rows.findIndex((row) => row.length > columns.length);
  if (long !== -1 && long < count) {
    throw new ServingError(
      'invalid',
      t(
        'row {0} has {1} values, and the first line names {2} columns',
        long + 1,
        rows[long]?.length ?? 0,
        columns.length,
      ),
    );
  }
  return {
    name,
    columns,
    rows: rows.slice(0, count).map((row) => columns.map((_, at) => textToJson(row[at] ?? '', comma))),
    hasMore: rows.length > count,
    isUnnamed,
  };
}

/** The text of a file, piece by piece, without the mark that it may begin with. */
async function* textOf(file: string, signal: AbortSignal): AsyncGenerator<string> {
  const decoder = new TextDecoder(await encodingOf(file));
  for await (const piece of createReadStream(file, { signal, highWaterMark: 256 * 1024 })) {
    yield decoder.decode(piece as Buffer, { stream: true });
  }
  yield decoder.decode();
}

/** UTF-16 where the file says so, as spreadsheets write it; else UTF-8. */
async function encodingOf(file: string): Promise<string> {
  const handle = await open(file);
  try {
    const { buffer } = await handle.read(Buffer.alloc(2), 0, 2, 0);
    const [first, second] = buffer;
    return first === 0xff && second === 0xfe ? 'utf-16le' : first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8';
  } finally {
    await handle.close();
  }
}
