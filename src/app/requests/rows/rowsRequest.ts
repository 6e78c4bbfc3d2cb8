import { t } from '../../../core/l10n';
import { namesOf, type JsonSchema } from '../../../core/requestSchema';
import { isNumber, type Table } from './table';

/** What a model takes, as far as it is known. */
export interface Features {
  readonly names?: readonly string[] | undefined;
  readonly count?: number | undefined;
  /** Of the value of `inputs`. */
  readonly schema?: JsonSchema | undefined;
}

export interface RowsRequest {
  /** JSON text. */
  readonly body: string;
  /** What was taken and what did not fit: a sentence each. */
  readonly notes: readonly string[];
}

/** A column for each feature; undefined where the table has none. */
interface Chosen {
  readonly name: string;
  readonly at: number | undefined;
}

const MOST_NAMES = 6;

/** A request of the rows of a table: its columns go to the model's features by their names, else by their order. */
export function toRowsRequest(table: Table, features: Features): RowsRequest {
  const { form, names } = shapeOf(features);
  const { chosen, note } = choose(table, names, names?.length ?? features.count);
  const used = new Set(chosen.map(({ at }) => at));
  const leftOut = table.columns.filter((_, at) => !used.has(at));
  const missing = chosen.filter(({ at }) => at === undefined).map(({ name }) => name);
  const body = { rows: asRows, records: asRecords, columns: asColumns }[form](table, chosen);
  return {
    body: `{\n  "inputs": ${body}\n}\n`,
    notes: [
      countText(table),
      ...(note === undefined ? [] : [note]),
      ...(leftOut.length > 0 ? [t('Left out: {0}.', short(leftOut))] : []),
      ...(missing.length > 0 ? [t('Missing, sent as null: {0}.', short(missing))] : []),
    ],
  };
}

function shapeOf({ names, schema }: Features): {
  readonly form: 'rows' | 'records' | 'columns';
  readonly names: readonly string[] | undefined;
} {
  const row = objectAt(schema, 'items');
  const inRow = objectAt(row, 'properties');
  if (inRow !== undefined) {
    return { form: 'records', names: Object.keys(inRow) };
  }
  const inColumns = objectAt(schema, 'properties');
  if (inColumns !== undefined) {
    return { form: 'columns', names: Object.keys(inColumns) };
  }
  const told = row ? namesOf(row) : [];
  const known = names !== undefined && names.length > 0 ? names : told.length > 0 ? told : undefined;
  return { form: 'rows', names: known };
}

function choose(
  { columns, rows, isUnnamed }: Table,
  names: readonly string[] | undefined,
  count: number | undefined,
): { readonly chosen: readonly Chosen[]; readonly note?: string } {
  const all = columns.map((name, at) => ({ name, at }));
  if (names !== undefined && !isUnnamed) {
    const chosen = names.map((name) => ({ name, at: columnOf(columns, name) }));
    if (chosen.some(({ at }) => at !== undefined)) {
      return { chosen };
    }
  }
  if (count === undefined) {
    return { chosen: all };
  }
  // Without names, what is no number is most likely what the model is to find out.
  const numbers = all.filter(({ at }) => rows.every((row) => isNumber(row[at] ?? 'null')));
  const fit = all.length === count ? all : numbers.length >= count ? numbers : all;
  const chosen = fit.slice(0, count).map(({ at, name }, index) => ({ name: names?.[index] ?? name, at }));
  const rest = (names ?? []).slice(chosen.length).map((name) => ({ name, at: undefined }));
  const why = isUnnamed
    ? t('the file names no columns')
    : names
      ? t('none has the name of a feature')
      : t('the names of the features are not known');
  return { chosen: [...chosen, ...rest], note: t('Columns are taken by their order: {0}.', why) };
}

/** The column of a name: as it is, else without regard to case, blanks and signs: `sepal length (cm)`, `sepal_length_cm`. */
function columnOf(columns: readonly string[], name: string): number | undefined {
  const plain = (text: string): string => text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');
  const exact = columns.indexOf(name);
  const at = exact !== -1 ? exact : columns.findIndex((each) => plain(each) === plain(name) && plain(name) !== '');
  return at === -1 ? undefined : at;
}

function asRows({ rows }: Table, chosen: readonly Chosen[]): string {
  return lines(rows.map((row) => `[${chosen.map(({ at }) => cell(row, at)).join(', ')}]`));
}

function asRecords({ rows }: Table, chosen: readonly Chosen[]): string {
  return lines(
    rows.map((row) => `{${chosen.map(({ name, at }) => `${JSON.stringify(name)}: ${cell(row, at)}`).join(', ')}}`),
  );
}

function asColumns({ rows }: Table, chosen: readonly Chosen[]): string {
  const columns = chosen.map(
    ({ name, at }) => `${JSON.stringify(name)}: [${rows.map((row) => cell(row, at)).join(', ')}]`,
  );
  return `{\n    ${columns.join(',\n    ')}\n  }`;
}

function lines(items: readonly string[]): string {
  return `[\n    ${items.join(',\n    ')}\n  ]`;
}

function cell(row: readonly string[], at: number | undefined): string {
  return (at === undefined ? undefined : row[at]) ?? 'null';
}

function countText({ name, rows, total, hasMore }: Table): string {
  const count = rows.length === 1 ? t('1 row') : t('{0} rows', rows.length);
  if (!hasMore) {
    return t('{0} of {1}: all of them.', count, name);
  }
  return total === undefined
    ? t('The first {0} of {1}.', count, name)
    : t('The first {0} of {1} of {2}.', count, total, name);
}

function short(names: readonly string[]): string {
  const more = names.length - MOST_NAMES;
  return more > 0 ? t('{0} and {1} more', names.slice(0, MOST_NAMES).join(', '), more) : names.join(', ');
}

function objectAt(value: JsonSchema | undefined, name: string): JsonSchema | undefined {
  const found = value?.[name];
  return typeof found === 'object' && found !== null && !Array.isArray(found) ? (found as JsonSchema) : undefined;
}
