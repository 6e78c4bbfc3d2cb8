import type { ColumnSource } from 'hyparquet-writer';
import type { InferenceRecord } from '../../core/inferenceLog';
import { COLUMNS, type Column } from './recordText';

/** Records of one row group. */
const GROUP = 10_000;

const TYPES = { time: 'TIMESTAMP', text: 'STRING', whole: 'INT32', number: 'DOUBLE' } as const satisfies Record<
  Column['kind'],
  ColumnSource['type']
>;

/** Records as a Parquet file, a row group at a time. */
export async function* parquetOf(
  records: readonly InferenceRecord[],
): AsyncGenerator<{ readonly part: Uint8Array; readonly count: number }> {
  // Loaded with the first file: nobody needs it before.
  const { ByteWriter, ParquetWriter, schemaFromColumnData } = await import('hyparquet-writer');
  const bytes = new ByteWriter();
  const writer = new ParquetWriter({
    writer: bytes,
    schema: schemaFromColumnData({ columnData: columnsOf([]) }),
    createdBy: 'Model Serving',
  });
  const taken = (): Uint8Array => {
    const part = new Uint8Array(bytes.buffer, 0, bytes.index).slice();
    bytes.index = 0;
    return part;
  };
  for (let from = 0; from < records.length; from += GROUP) {
    const group = records.slice(from, from + GROUP);
    await writer.write({ columnData: columnsOf(group), rowGroupSize: GROUP });
    yield { part: taken(), count: from + group.length };
  }
  await writer.finish();
  yield { part: taken(), count: records.length };
}

function columnsOf(records: readonly InferenceRecord[]): ColumnSource[] {
  return COLUMNS.map(({ name, kind, of }) => ({
    name,
    type: TYPES[kind],
    nullable: true,
    data: records.map((record) => {
      const value = of(record);
      return kind === 'time' && typeof value === 'number' ? new Date(value) : value;
    }),
  }));
}
