import { setImmediate as turn } from 'node:timers/promises';
import { ServingError } from '../../core/errors';
import type { InferenceRecord } from '../../core/inferenceLog';
import { t } from '../../core/l10n';
import { CSV_HEAD, lineOf, rowOf } from './recordText';
import { parquetOf } from './recordParquet';

export type RecordFormat = 'ndjson' | 'csv' | 'parquet';

/** A file that has its name only once all of it is there. */
export interface RecordSink {
  add(part: string | Uint8Array): Promise<void>;
  end(): Promise<void>;
  /** Nothing half-made stays. */
  drop(): Promise<void>;
}

/** Characters that are written together. */
const PIECE = 1_000_000;

/** Writes records in a format. Cancelled or failed: there is no file. @param tell how many were written */
export async function saveRecords(
  records: readonly InferenceRecord[],
  format: RecordFormat,
  sink: RecordSink,
  { signal, tell }: { readonly signal: AbortSignal; readonly tell: (count: number) => void },
): Promise<void> {
  try {
    for await (const { part, count } of piecesOf(records, format)) {
      if (signal.aborted) {
        throw ServingError.cancelled(t('Save Records'));
      }
      await sink.add(part);
      tell(count);
      await turn();
    }
    if (signal.aborted) {
      throw ServingError.cancelled(t('Save Records'));
    }
  } catch (error) {
    await sink.drop();
    throw error;
  }
  await sink.end();
}

interface Piece {
  readonly part: string | Uint8Array;
  /** Records up to its end. */
  readonly count: number;
}

async function* piecesOf(records: readonly InferenceRecord[], format: RecordFormat): AsyncGenerator<Piece> {
  if (format === 'parquet') {
    for await (const part of parquetOf(records)) {
      yield part;
    }
    return;
  }
  const toText = format === 'csv' ? rowOf : lineOf;
  let text = format === 'csv' ? CSV_HEAD : '';
  for (const [index, record] of records.entries()) {
    text += toText(record);
    if (text.length > PIECE) {
      yield { part: text, count: index + 1 };
      text = '';
    }
  }
  yield { part: text, count: records.length };
}
