import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { ServingError } from '../../../core/errors';
import { t } from '../../../core/l10n';
import { valueToJson, type Table } from './table';

/** The first rows of a Parquet file. */
export async function readParquet(file: string, count: number): Promise<Omit<Table, 'name'>> {
  // Loaded with the first file: nobody needs it before.
  const { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } = await import('hyparquet');
  const buffer = await asyncBufferFromFile(file);
  const metadata = await parquetMetadataAsync(buffer);
  const total = Number(metadata.num_rows);
  if (total === 0) {
    throw new ServingError('invalid', t('it has no rows'));
  }
  const read = await parquetReadObjects({
    file: buffer,
    metadata,
    rowEnd: Math.min(count, total),
    compressors: {
      GZIP: (input: Uint8Array) => gunzipSync(input),
      BROTLI: (input: Uint8Array) => brotliDecompressSync(input),
    },
  });
  // An index that pandas wrote is no column of the data.
  const columns = Object.keys(read[0] ?? {}).filter((name) => !/^__index_level_\d+__$/.test(name));
  return {
    columns,
    rows: read.map((row) => columns.map((name) => valueToJson(row[name]))),
    total,
    hasMore: total > count,
    isUnnamed: false,
  };
}
