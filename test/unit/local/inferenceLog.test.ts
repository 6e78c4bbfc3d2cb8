import {
  appendFileSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
  mkdirSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { deleteRecords, newestFile, tidyRecords } from '../../../src/backends/local/inferenceLogFiles';
import { INFERENCE_LOG_SETTINGS, toInferenceLogLaunch } from '../../../src/backends/local/inferenceLogLaunch';
import { readInferenceLog } from '../../../src/backends/local/inferenceLogReader';
import { sumOfStates, toInferenceLogState } from '../../../src/backends/local/inferenceLogState';
import { InferenceLogPaths } from '../../../src/backends/local/paths';
import { DEFAULTS } from '../../../src/core/definition';

const never = new AbortController().signal;
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'records-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const file = (ending = ''): string => join(folder, `iris.ndjson${ending}`);
const line = (n: number, size = 0): string => `{"n":${String(n)},"x":"${'x'.repeat(size)}"}\n`;

describe('reading', () => {
  const folders = (): readonly string[] => [folder];
  async function read(
    since?: string,
    names = folders(),
  ): Promise<{ readonly numbers: number[]; readonly next: string }> {
    const { bytes, next } = await readInferenceLog(names, 'iris', since, never);
    const lines = Buffer.from(bytes).toString('utf8').split('\n');
    expect(lines.pop()).toBe('');
    return { numbers: lines.map((each) => (JSON.parse(each) as { n: number }).n), next };
  }

  it('of nothing is nothing, and goes on with what comes', async () => {
    const { numbers, next } = await read();
    expect(numbers).toEqual([]);
    expect((await read(undefined, [join(folder, 'none')])).numbers).toEqual([]);
    appendFileSync(file(), line(1));
    expect((await read(next)).numbers).toEqual([1]);
  });

  it('takes whole lines only, older files first, and what other files have is not its', async () => {
    writeFileSync(file('.2'), line(1));
    writeFileSync(file('.1'), line(2) + line(3));
    writeFileSync(file(), line(4) + '{"n":5');
    writeFileSync(file('.lock'), 'x');
    writeFileSync(join(folder, 'iris2.ndjson'), line(9));
    const { numbers, next } = await read();
    expect(numbers).toEqual([1, 2, 3, 4]);
    appendFileSync(file(), '}\n' + line(6));
    expect((await read(next)).numbers).toEqual([5, 6]);
  });

  it('goes on where it was over a rotation, and with the oldest that is there when its file is gone', async () => {
    writeFileSync(file(), line(1) + line(2));
    const { next } = await read();
    appendFileSync(file(), line(3));
    renameSync(file(), file('.1'));
    writeFileSync(file(), line(4));
    expect((await read(next)).numbers).toEqual([3, 4]);
    rmSync(file('.1'));
    const later = await read(next);
    expect(later.numbers).toEqual([4]);
    expect((await read(later.next)).numbers).toEqual([]);
    // Another file may get the same inode: its first line is another one.
    writeFileSync(file(), line(5) + line(6) + line(7));
    expect((await read(later.next)).numbers).toEqual([5, 6, 7]);
  });

  it('gives parts of about 4 MB, a line that is longer as a whole, each line once', async () => {
    writeFileSync(file('.1'), Array.from({ length: 90 }, (_, n) => line(n, 100_000)).join(''));
    writeFileSync(file(), line(90, 9_000_000) + line(91));
    const all: number[] = [];
    let parts = 0;
    for (let next: string | undefined; ; parts++) {
      const { bytes } = await readInferenceLog(folders(), 'iris', next, never);
      expect(bytes.length).toBeLessThan(13_500_000);
      const part = await read(next);
      if (part.numbers.length === 0) {
        break;
      }
      all.push(...part.numbers);
      next = part.next;
    }
    expect(all).toEqual(Array.from({ length: 92 }, (_, n) => n));
    expect(parts).toBeGreaterThan(2);
  });

  it('reads several folders, each from where it was; takes any text as a position', async () => {
    const other = join(folder, 'containers');
    mkdirSync(other);
    writeFileSync(join(other, 'iris.ndjson'), line(1));
    writeFileSync(file(), line(2));
    const first = await read(undefined, [other, folder]);
    expect(first.numbers).toEqual([1, 2]);
    appendFileSync(join(other, 'iris.ndjson'), line(3));
    expect((await read(first.next, [other, folder])).numbers).toEqual([3]);
    for (const odd of ['', 'x', '[]', 'null', '{"0":{"head":1}}', '{"0":{"head":"a","offset":-1}}']) {
      expect((await read(odd, [folder])).numbers).toEqual([2]);
    }
  });

  it('ends with its signal', async () => {
    writeFileSync(file(), line(1));
    await expect(readInferenceLog([folder], 'iris', undefined, AbortSignal.abort())).rejects.toThrow();
  });
});

describe('files', () => {
  it('are deleted, the newest is known, and old ones go, also of servings that do not run', async () => {
    const paths = new InferenceLogPaths(folder, 'iris');
    mkdirSync(paths.containers, { recursive: true });
    expect(await newestFile(paths)).toBeUndefined();
    const [old, young] = [join(paths.directory, 'iris.ndjson.1'), join(paths.containers, 'iris.ndjson')];
    writeFileSync(old, line(1));
    writeFileSync(young, line(2));
    const day = Date.now() / 1000 - 86_400;
    utimesSync(old, day, day);
    expect(await newestFile(paths)).toBe(young);
    await tidyRecords(folder, { ...INFERENCE_LOG_SETTINGS, maxDays: 2 });
    expect((await readInferenceLog(paths.folders, 'iris', undefined, never)).bytes.length).toBe(2 * line(1).length);
    await tidyRecords(folder, { ...INFERENCE_LOG_SETTINGS, maxDays: 0.5 });
    expect((await readInferenceLog(paths.folders, 'iris', undefined, never)).bytes.length).toBe(line(1).length);
    await deleteRecords(paths);
    expect(await newestFile(paths)).toBeUndefined();
  });

  it('of a name that is none stay where they belong', () => {
    expect(new InferenceLogPaths('/s', '../../x').directory).toMatch(/^\/s\/inferencelog\/_[0-9a-f]{16}$/);
  });
});

describe('what a server is started with', () => {
  const place = { folder: '/log' };

  it('is a file by default, with the headers of the server and those of the definition', () => {
    const { inferenceLog } = toInferenceLogLaunch(
      { ...DEFAULTS.inferenceLog, headers: ['User-Agent', 'Accept'] },
      undefined,
      place,
    );
    expect(inferenceLog).toEqual({
      mode: 'ALL',
      redact: [],
      headers: ['content-type', 'content-encoding', 'accept', 'inference-header-content-length', 'user-agent'],
      file: { folder: '/log', maxBytes: 50_000_000, files: 5, maxAgeHours: 168 },
    });
  });

  it('has the same defaults as the server, so that a measurement of one is of the other', () => {
    const source = readFileSync(
      resolve(import.meta.dirname, '../../../src/server/model_server/recordoptions.py'),
      'utf8',
    );
    const headers = /_HEADERS = \[(.*)\]/.exec(source)?.[1]?.replaceAll('"', '').split(', ') ?? [];
    const { inferenceLog } = toInferenceLogLaunch(DEFAULTS.inferenceLog, undefined, place);
    expect(inferenceLog?.headers).toEqual(headers);
    expect(source).toContain('50_000_000');
    expect(source).toMatch(/"files", f"\{name\}\.files", 5,/);
    expect(source).toMatch(/maxAgeHours", 168,/);
  });

  it('is nothing where nothing is kept, and Kafka alone where only the file is off', () => {
    const { inferenceLog } = DEFAULTS;
    const off = { ...INFERENCE_LOG_SETTINGS, local: false };
    const kafka = { brokers: 'b:9092', topic: 't' };
    expect(toInferenceLogLaunch({ ...inferenceLog, local: false }, undefined, place)).toEqual({});
    expect(toInferenceLogLaunch(inferenceLog, off, place)).toEqual({});
    expect(toInferenceLogLaunch({ ...inferenceLog, mode: 'NONE' }, undefined, { ...place, kafka })).toEqual({});
    const alone = toInferenceLogLaunch(inferenceLog, off, { ...place, kafka }).inferenceLog;
    expect(alone).toMatchObject({ kafka });
    expect(alone).not.toHaveProperty('file');
  });

  it('stays within what the server takes, whatever the settings say', () => {
    for (const odd of [0, -1, Number.NaN, 1e12]) {
      const settings = { local: true, maxMegabytes: odd, maxDays: odd };
      const file = toInferenceLogLaunch(DEFAULTS.inferenceLog, settings, place).inferenceLog?.file as Record<
        string,
        number
      >;
      expect(file.maxBytes).toBeGreaterThanOrEqual(10_000);
      expect(file.maxBytes).toBeLessThanOrEqual(2 ** 50);
      expect(file.maxAgeHours).toBeGreaterThanOrEqual(0.0001);
      expect(file.maxAgeHours).toBeLessThanOrEqual(10 ** 6);
    }
  });
});

describe('what a server tells', () => {
  const error = { kind: 'disk', message: 'full', remedy: 'Make room', at: '2026-11-30T01:00:00.000Z' };
  const sink = {
    sink: 'file',
    mode: 'ALL',
    state: 'sending',
    sent: 3,
    dropped: 1,
    droppedBecause: { full: 1 },
    waiting: 2,
    lastError: null,
  };
  const told = { records: 6, droppedBefore: { behind: 2 }, limit: { records: 10, bytes: 20 }, sinks: [sink] };

  it('is read, and summed up over replicas: the worst state, the last error', () => {
    const one = toInferenceLogState(told);
    expect(one).toMatchObject({ records: 6, droppedBefore: 2, sinks: [{ sent: 3, dropped: 1, waiting: 2 }] });
    const other = toInferenceLogState({ ...told, sinks: [{ ...sink, state: 'waiting', lastError: error }] });
    expect(sumOfStates([one, undefined, other])).toEqual({
      records: 12,
      droppedBefore: 4,
      limit: { records: 20, bytes: 40 },
      sinks: [
        {
          ...{ sink: 'file', state: 'waiting', sent: 6, dropped: 2, droppedBecause: { full: 2 }, waiting: 4 },
          lastError: { ...error, at: new Date(error.at) },
        },
      ],
    });
    expect(sumOfStates([undefined])).toBeUndefined();
  });

  it('may be anything', () => {
    for (const odd of [null, undefined, 3, [], 'x']) {
      expect(toInferenceLogState(odd)).toBeUndefined();
    }
    expect(toInferenceLogState({ sinks: [null, { sink: 'x' }, { sink: 'file', state: '?' }] })?.sinks).toEqual([]);
    expect(
      toInferenceLogState({ sinks: [{ ...sink, lastError: { kind: 'a', message: 'b', at: 'never' } }] })?.sinks[0]
        ?.lastError?.at,
    ).toEqual(new Date(0));
  });
});
