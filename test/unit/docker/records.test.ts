import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { appendRecords } from '../../../src/backends/docker/recordFiles';
import { collectRecords, keepLastRecords, type RecordsParts } from '../../../src/backends/docker/records';
import { InferenceLogPaths } from '../../../src/backends/local/paths';
import { readInferenceLog } from '../../../src/backends/local/inferenceLogReader';

const never = new AbortController().signal;
const limits = { maxBytes: 1_000_000, maxHours: 168 };
let storage: string;
let paths: InferenceLogPaths;
beforeEach(() => {
  storage = mkdtempSync(join(tmpdir(), 'records-'));
  paths = new InferenceLogPaths(storage, 'iris');
});
afterEach(() => {
  rmSync(storage, { recursive: true });
});

const line = (text: string): string => `{"time":"${new Date().toISOString()}","id":"${text}"}\n`;

/** Files of containers, by container and name. */
class FakeEngine {
  readonly files = new Map<string, string>();
  reads = 0;
  private writes = 0;
  private readonly changed = new Map<string, string>();
  onRead: () => void = () => undefined;

  put(id: string, ending: string, text: string): void {
    const path = `${id}/run/serving/inferencelog/iris.ndjson${ending}`;
    this.files.set(path, text);
    this.changed.set(path, String(++this.writes));
  }

  rotate(id: string): void {
    const of = (ending: string): string => `${id}/run/serving/inferencelog/iris.ndjson${ending}`;
    for (const [from, to] of [
      ['.1', '.2'],
      ['', '.1'],
    ] as const) {
      const text = this.files.get(of(from));
      if (text !== undefined) {
        this.files.set(of(to), text);
        this.files.delete(of(from));
      }
    }
  }

  readonly engine: RecordsParts['engine'] = {
    readContainerFile: (id, path) => {
      this.reads++;
      const text = this.files.get(`${id}${path}`);
      this.onRead();
      return Promise.resolve(text === undefined ? undefined : Buffer.from(text));
    },
    stampContainerFile: (id, path) => {
      const text = this.files.get(`${id}${path}`);
      return Promise.resolve(
        text === undefined ? undefined : { size: text.length, changed: this.changed.get(`${id}${path}`) ?? '' },
      );
    },
    runInside: () => Promise.resolve(),
  };
}

async function ids(): Promise<readonly string[]> {
  const { bytes } = await readInferenceLog(paths.folders, 'iris', undefined, never);
  const lines = Buffer.from(bytes)
    .toString('utf8')
    .trim()
    .split('\n')
    .filter((each) => each !== '');
  return lines.map((each) => (JSON.parse(each) as { id: string }).id);
}

describe('records of containers', () => {
  let fake: FakeEngine;
  const parts = (): RecordsParts => ({ engine: fake.engine, records: paths, limits });
  const collect = (...names: readonly string[]): Promise<void> =>
    collectRecords(
      parts(),
      names.map((id) => ({ id })),
      never,
    );
  beforeEach(() => {
    fake = new FakeEngine();
  });

  it('are brought here once, also over a rotation and of several replicas; what is as it was is not read', async () => {
    fake.put('a', '', line('1') + line('2') + '{"half');
    fake.put('b', '', line('b1'));
    await collect('a', 'b', 'none');
    expect(await ids()).toEqual(['1', '2', 'b1']);
    const { reads } = fake;
    await collect('a', 'b');
    expect(fake.reads).toBe(reads);
    const first = fake.files.get('a/run/serving/inferencelog/iris.ndjson') ?? '';
    fake.put('a', '', first.replace('{"half', line('3')));
    fake.rotate('a');
    fake.put('a', '', line('4'));
    await collect('a', 'b');
    expect(await ids()).toEqual(['1', '2', 'b1', '3', '4']);
    fake.rotate('a');
    fake.put('a', '', line('5'));
    await collect('a');
    expect((await ids()).slice(5)).toEqual(['5']);
  });

  it('are whole and once when a file is rotated while it is read', async () => {
    fake.put('a', '.1', line('1'));
    fake.put('a', '', line('2'));
    fake.onRead = () => {
      fake.onRead = () => undefined;
      fake.rotate('a');
      fake.put('a', '', line('3'));
    };
    await collect('a');
    await collect('a');
    expect(await ids()).toEqual(['1', '2', '3']);
  });

  it('that cannot be had are a warning with the reason, and keep nobody from going on', async () => {
    const warned: string[] = [];
    const log = {
      debug: () => undefined,
      info: () => undefined,
      warn: (text: string | Error) => warned.push(String(text)),
      error: () => undefined,
    };
    const engine = { ...fake.engine, stampContainerFile: () => Promise.reject(new Error('the engine is away')) };
    await keepLastRecords({ ...parts(), engine }, [{ id: 'a' }], log);
    expect(warned).toEqual(['the last records of iris could not be kept: the engine is away']);
  });
});

describe('the file that they come to', () => {
  it('is rotated by size, all of them together stay below it, and a broken end is cut off', async () => {
    for (let n = 0; n < 400; n++) {
      await appendRecords(paths.containers, 'iris', Buffer.from(line(`${String(n)} ${'x'.repeat(200)}`)), {
        ...limits,
        maxBytes: 20_000,
      });
    }
    const sizes = readdirSync(paths.containers).map((name) => readFileSync(join(paths.containers, name)).length);
    expect(sizes.length).toBe(5);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(4000);
    expect((await ids()).at(-1)).toMatch(/^399 /);
  });

  it('takes more than a part has room for, each line whole, and one that is too long alone', async () => {
    const lines = [line('a'.repeat(3000)), line('b'), line('c'.repeat(9000)), line('d')];
    await appendRecords(paths.containers, 'iris', Buffer.from(lines.join('')), { ...limits, maxBytes: 20_000 });
    expect((await ids()).map((id) => id[0])).toEqual(['a', 'b', 'c', 'd']);
  });

  it('begins anew when its first record is old', async () => {
    const old = `{"time":"2026-01-01T00:00:00.000Z","id":"old"}\n`;
    await appendRecords(paths.containers, 'iris', Buffer.from(old), limits);
    await appendRecords(paths.containers, 'iris', Buffer.from(line('new')), limits);
    expect(readdirSync(paths.containers).sort()).toEqual(['iris.ndjson', 'iris.ndjson.1']);
  });

  it('goes on after a line that a window which was killed left half', async () => {
    await appendRecords(paths.containers, 'iris', Buffer.from(line('1') + '{"ha'), limits);
    await appendRecords(paths.containers, 'iris', Buffer.from(line('2')), limits);
    expect(await ids()).toEqual(['1', '2']);
  });
});
