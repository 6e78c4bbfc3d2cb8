import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { saveRecords, type RecordFormat } from '../../../src/app/inferenceLog/saveRecords';
import { ServingError } from '../../../src/core/errors';
import { FileSink } from '../../../src/platform/fileSink';
import { record, withInputs } from './records';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'records-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const records = Array.from({ length: 25_000 }, (_, at) =>
  withInputs([at, 'a "quoted", text\nof two lines'], { id: `id ${at}` }),
);

async function save(format: RecordFormat, signal = new AbortController().signal, told: number[] = []): Promise<string> {
  const file = join(folder, `records.${format}`);
  await saveRecords(records, format, await FileSink.make(file, 'Could not save'), {
    signal,
    tell: (count) => told.push(count),
  });
  return file;
}

describe('records are saved', () => {
  it('as NDJSON, a record each line', async () => {
    const lines = readFileSync(await save('ndjson'), 'utf8')
      .trimEnd()
      .split('\n');
    expect(lines.length).toBe(25_000);
    expect(JSON.parse(lines[7] ?? '')).toEqual({ ...records[7], time: '2026-11-30T12:00:00.000Z' });
  });

  it('as CSV, with what is in quotes, and no formulas', async () => {
    const text = readFileSync(await save('csv'), 'utf8');
    expect(text.split('\r\n')[0]).toMatch(/^time,id,serving,/);
    expect(text).toContain('"{""inputs"":[0,""a \\""quoted\\"", text\\nof two lines""]}"');
    const file = join(folder, 'one.csv');
    await saveRecords([record({ id: '=1+1' })], 'csv', await FileSink.make(file), {
      signal: new AbortController().signal,
      tell: () => undefined,
    });
    expect(readFileSync(file, 'utf8')).toContain(",'=1+1,");
  });

  it('as Parquet, which is read back', async () => {
    const rows = await parquetReadObjects({ file: await asyncBufferFromFile(await save('parquet')) });
    expect(rows.length).toBe(25_000);
    expect(rows[12_345]).toEqual(
      expect.objectContaining({
        time: new Date(records[12_345]!.time),
        id: 'id 12345',
        status: 200,
        latency_ms: 2,
        request: records[12_345]!.request!.text,
      }),
    );
    expect(rows[0]?.replica ?? undefined).toBeUndefined();
  });

  it('not at all when it is cancelled', async () => {
    const controller = new AbortController();
    const told: number[] = [];
    const work = save('parquet', controller.signal, {
      push: (count: number) => {
        controller.abort();
        return told.push(count);
      },
    } as unknown as number[]);
    await expect(work).rejects.toThrow(ServingError);
    expect(told).toEqual([10_000]);
    expect(readdirSync(folder)).toEqual([]);
  });
});
