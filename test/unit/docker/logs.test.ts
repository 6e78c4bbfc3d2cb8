import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LogLine, LogOptions } from '../../../src/core/backend';
import { Emitter } from '../../../src/core/events';
import { Notes, NotesReader } from '../../../src/backends/docker/logs/notes';
import { readLogs, type LogParts } from '../../../src/backends/docker/logs/readLogs';
import { saveLog, savedLogs, tidySavedRuns } from '../../../src/backends/docker/logs/saved';
import { Random } from '../../fakes/random';
import { FakeOutput } from './fakeOutput';

const never = new AbortController().signal;
let runs: string;
let engine: FakeOutput;
let changed: Emitter<undefined>;
let parts: LogParts;

beforeEach(async () => {
  runs = await mkdtemp(join(tmpdir(), 'logs-'));
  engine = new FakeOutput();
  changed = new Emitter();
  parts = {
    engine,
    list: () => engine.list(),
    onDidChange: changed.event,
    runs,
    filesOf: () => ({ fileOf: (file) => file }),
  };
});

afterEach(async () => {
  await rm(runs, { recursive: true, force: true });
});

async function all(options: LogOptions): Promise<readonly string[]> {
  const texts: string[] = [];
  for await (const { message } of readLogs(parts, options, never)) {
    texts.push(message);
  }
  return texts;
}

class Following {
  readonly lines: LogLine[] = [];
  private readonly abort = new AbortController();
  private readonly done: Promise<void>;

  constructor(tail?: number) {
    this.done = (async () => {
      for await (const line of readLogs(
        parts,
        { follow: true, ...(tail === undefined ? {} : { tail }) },
        this.abort.signal,
      )) {
        this.lines.push(line);
      }
    })();
  }

  get texts(): readonly string[] {
    return this.lines.map(({ message }) => message);
  }

  async until(count: number): Promise<readonly string[]> {
    for (let n = 0; n < 300 && this.lines.length < count; n++) {
      await sleep(20);
    }
    return this.texts;
  }

  async end(): Promise<void> {
    this.abort.abort();
    await this.done;
  }
}

async function save(id: string): Promise<void> {
  await saveLog(engine, { id, labels: engine.made.get(id)!.labels }, runs, never);
}

describe('the history of a serving', () => {
  it('puts the lines of all replicas in the order of time', async () => {
    const random = new Random(7);
    ['a', 'b', 'c'].forEach((id, n) => {
      engine.add(id, n + 1);
    });
    const printed: string[] = [];
    for (let n = 0; n < 3000; n++) {
      engine.print(random.pick(['a', 'b', 'c']), `line ${String(n)}`, engine.at(1));
      printed.push(`line ${String(n)}`);
    }
    expect(await all({ follow: false })).toEqual(printed);
    expect(await all({ follow: false, tail: 100 })).toEqual(printed.slice(-100));
    expect(await all({ follow: false, tail: 0 })).toEqual([]);
  });

  it('has what windows tell among it, and none of that twice while it is followed', async () => {
    const file = join(runs, 'notes.log');
    const notes = new Notes(file);
    engine.add('a', 1);
    engine.print('a', 'first', engine.at(1));
    notes.add('build', 'built');
    await notes.written();
    parts = { ...parts, notes: new NotesReader(file) };
    expect(await all({ follow: false })).toEqual(['first', 'built']);
    parts = { ...parts, notes: new NotesReader(file) };
    const following = new Following();
    expect(await following.until(2)).toEqual(['first', 'built']);
    notes.add('scaling', '1 → 2: busy');
    await notes.written();
    expect(await following.until(3)).toEqual(['first', 'built', '1 → 2: busy']);
    expect(following.lines[2]).toMatchObject({ logger: 'scaling', level: 'INFO' });
    expect(following.lines[2]).not.toHaveProperty('replica');
    await sleep(700);
    expect(following.texts).toHaveLength(3);
    await following.end();
  });

  it('tells what windows told though the engine is away, and once only when it is back', async () => {
    const file = join(runs, 'notes.log');
    const notes = new Notes(file);
    notes.add('build', 'built');
    await notes.written();
    parts = { ...parts, notes: new NotesReader(file) };
    engine.add('a', 1);
    engine.print('a', 'later', engine.at(1));
    engine.goAway();
    const following = new Following();
    expect(await following.until(1)).toEqual(['built']);
    engine.isAway = false;
    changed.fire(undefined);
    const texts = await following.until(2);
    expect([...texts].sort()).toEqual(['built', 'later']);
    await following.end();
  });

  it('keeps what a container printed after it is gone', async () => {
    engine.add('a', 1);
    engine.print('a', 'one');
    engine.print('a', 'two');
    engine.stop('a');
    await save('a');
    engine.remove('a');
    engine.add('b', 1, 'run2');
    engine.print('b', 'three');
    expect(await all({ follow: false })).toEqual(['one', 'two', 'three']);
    expect(await all({ follow: false, tail: 2 })).toEqual(['two', 'three']);
  });

  it('shows what is saved and then says that the engine is away', async () => {
    engine.add('a', 1);
    engine.print('a', 'one');
    await save('a');
    engine.goAway();
    const lines: string[] = [];
    const reading = (async () => {
      for await (const { message } of readLogs(parts, { follow: false }, never)) {
        lines.push(message);
      }
    })();
    await expect(reading).rejects.toThrow('No engine');
    expect(lines).toEqual(['one']);
  });
});

describe('following', () => {
  it('orders what replicas print at once', async () => {
    engine.add('a', 1);
    engine.add('b', 2);
    const following = new Following();
    await sleep(50);
    const [first, second] = [engine.at(), engine.at()];
    engine.print('b', 'second', second);
    await sleep(30);
    engine.print('a', 'first', first);
    expect(await following.until(2)).toEqual(['first', 'second']);
    expect(following.lines.map(({ replica }) => replica)).toEqual([1, 2]);
    await following.end();
  });

  it('takes in new replicas, and lets go of those that end', async () => {
    engine.add('a', 1);
    engine.print('a', '1');
    const following = new Following();
    await following.until(1);
    engine.add('b', 2);
    engine.print('b', '2');
    changed.fire(undefined);
    await following.until(2);
    engine.print('a', '3');
    engine.stop('a');
    await save('a');
    engine.remove('a');
    changed.fire(undefined);
    await following.until(3);
    engine.print('b', '4');
    expect(await following.until(4)).toEqual(['1', '2', '3', '4']);
    await sleep(600);
    expect(following.texts).toEqual(['1', '2', '3', '4']);
    const calls = engine.calls.length;
    await sleep(700);
    expect(engine.calls.length).toBe(calls);
    await following.end();
  });

  it('gives the output of a container that came and went between two looks', async () => {
    engine.add('a', 1);
    const following = new Following();
    await sleep(50);
    engine.add('b', 2);
    engine.print('b', 'short');
    engine.stop('b');
    await save('b');
    engine.remove('b');
    changed.fire(undefined);
    expect(await following.until(1)).toEqual(['short']);
    changed.fire(undefined);
    await sleep(100);
    expect(following.texts).toEqual(['short']);
    await following.end();
  });

  it('goes on when the engine was away: no line twice, none left out', async () => {
    engine.add('a', 1);
    engine.add('b', 2);
    const following = new Following();
    const printed: string[] = [];
    for (let round = 0; round < 4; round++) {
      for (let n = 0; n < 50; n++) {
        const text = `${String(round)}.${String(n)}`;
        printed.push(text);
        // Some of exactly the same time.
        engine.print(n % 2 === 0 ? 'a' : 'b', text, engine.at(n % 4 === 0 ? 1 : 0));
        if (n === 25) {
          engine.goAway();
          await sleep(10);
          engine.isAway = false;
        }
      }
      await sleep(40);
    }
    changed.fire(undefined);
    const texts = await following.until(printed.length);
    await sleep(500);
    expect([...texts].sort()).toEqual([...printed].sort());
    expect(following.lines.length).toBe(printed.length);
    const times = following.lines.filter(({ replica }) => replica === 1).map(({ time }) => time);
    expect(times).toEqual([...times].sort((x, y) => x - y));
    await following.end();
  });

  it('goes on when a replica starts again in the same container', async () => {
    engine.add('a', 1);
    engine.print('a', 'before');
    const following = new Following();
    await following.until(1);
    engine.stop('a');
    await sleep(400);
    engine.start('a');
    engine.print('a', 'after');
    changed.fire(undefined);
    expect(await following.until(2)).toEqual(['before', 'after']);
    await following.end();
  });

  it('begins with the tail, and with none', async () => {
    engine.add('a', 1);
    engine.add('b', 2);
    for (let n = 0; n < 10; n++) {
      engine.print(n < 7 ? 'a' : 'b', String(n));
    }
    const [five, none] = [new Following(5), new Following(0)];
    await five.until(5);
    await sleep(50);
    engine.print('a', 'new');
    expect(await five.until(6)).toEqual(['5', '6', '7', '8', '9', 'new']);
    expect(await none.until(1)).toEqual(['new']);
    await Promise.all([five.end(), none.end()]);
  });

  it('waits for an engine that is away, with the tail when it comes', async () => {
    engine.add('a', 1);
    for (let n = 0; n < 10; n++) {
      engine.print('a', String(n));
    }
    engine.isAway = true;
    const following = new Following(2);
    await sleep(100);
    engine.isAway = false;
    changed.fire(undefined);
    expect(await following.until(2)).toEqual(['8', '9']);
    await following.end();
  });

  it('ends its requests when nobody reads on', async () => {
    engine.add('a', 1);
    engine.print('a', 'x');
    for await (const _ of readLogs(parts, { follow: true }, never)) {
      break;
    }
    changed.fire(undefined);
    const calls = engine.calls.length;
    await sleep(400);
    expect(engine.calls.length).toBe(calls);
  });
});

describe('saved logs', () => {
  it('keep the end of a long one', async () => {
    engine.add('a', 1);
    for (let n = 0; n < 8000; n++) {
      engine.print('a', `${String(n)} ${'x'.repeat(1000)}`);
    }
    await save('a');
    engine.remove('a');
    const texts = await all({ follow: false });
    expect(texts.length).toBeGreaterThan(4500);
    expect(texts.length).toBeLessThan(5300);
    expect(texts.at(-1)).toMatch(/^7999 /);
  });

  it('are bounded for a run that is scaled for days, and kept of the last runs', async () => {
    for (let n = 0; n < 6; n++) {
      const id = `c${String(n)}`;
      engine.add(id, n);
      for (let line = 0; line < 500; line++) {
        engine.print(id, 'x'.repeat(10_000));
      }
      await save(id);
    }
    expect((await readdir(join(runs, 'run1'))).length).toBe(4);
    for (let n = 2; n < 9; n++) {
      engine.add(`r${String(n)}`, 1, `run${String(n)}`);
      await save(`r${String(n)}`);
      await sleep(5);
    }
    await tidySavedRuns(runs, ['run1']);
    expect((await readdir(runs)).sort()).toEqual(['run1', 'run5', 'run6', 'run7', 'run8']);
    expect((await savedLogs(runs)).map(({ id }) => id)).toContain('r8');
  });

  it('of a container that is gone are none', async () => {
    await saveLog(engine, { id: 'gone', labels: {} }, runs, never);
    expect(await savedLogs(runs)).toEqual([]);
  });
});
