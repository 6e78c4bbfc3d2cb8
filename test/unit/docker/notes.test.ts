import { appendFile, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Notes, NotesReader } from '../../../src/backends/docker/logs/notes';

let directory: string;
let file: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'notes-'));
  file = join(directory, 'notes.log');
});
afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

async function read(reader: NotesReader): Promise<readonly string[]> {
  const notes = await reader.unread();
  notes.forEach((note) => {
    note.mark();
  });
  return notes.map(({ line }) => line.message);
}

describe("a serving's notes", () => {
  it('are read once each, in the order in which they were written, by whichever window', async () => {
    const [first, second] = [new Notes(file), new Notes(file)];
    const reader = new NotesReader(file);
    expect(await read(reader)).toEqual([]);
    first.add('build', 'one');
    first.add('build', 'two');
    await first.written();
    second.add('scaling', 'three', 'WARN');
    await second.written();
    const [, , third] = await reader.unread();
    expect(third?.line).toMatchObject({ logger: 'scaling', level: 'WARN', message: 'three', fields: {} });
    expect(await read(reader)).toEqual(['one', 'two', 'three']);
    expect(await read(reader)).toEqual([]);
    first.add('build', 'größer');
    first.add('build', 'vier');
    await first.written();
    expect(await read(reader)).toEqual(['größer', 'vier']);
  });

  it('come again when they were looked at but not marked, and after a reset', async () => {
    const notes = new Notes(file);
    notes.add('build', 'one');
    notes.add('build', 'two');
    await notes.written();
    const reader = new NotesReader(file);
    const [one] = await reader.unread();
    one?.mark();
    expect(await read(reader)).toEqual(['two']);
    reader.reset();
    expect(await read(reader)).toEqual(['one', 'two']);
  });

  it('lose the older half when they are too long, and none is read twice or left out', async () => {
    const notes = new Notes(file, 4000);
    const reader = new NotesReader(file);
    const seen: string[] = [];
    for (let number = 0; number < 300; number++) {
      notes.add('build', `line ${String(number)}`);
      await notes.written();
      seen.push(...(await read(reader)));
    }
    expect(seen).toEqual(Array.from({ length: 300 }, (_, number) => `line ${String(number)}`));
    expect((await stat(file)).size).toBeLessThanOrEqual(4000);
  });

  it('leave out what is half written or is none of ours', async () => {
    const notes = new Notes(file);
    notes.add('build', 'one');
    await notes.written();
    const [line = ''] = (await readFile(file, 'utf8')).split('\n');
    await appendFile(file, `nonsense\n\n{"time":"x"}\n${line.slice(0, 20)}`);
    const reader = new NotesReader(file);
    expect(await read(reader)).toEqual(['one']);
    await appendFile(file, `${line.slice(20).replace('one', 'two')}\n`);
    expect(await read(reader)).toEqual(['two']);
  });

  it('can be taken back: nothing is left of a first start, and what was before stays', async () => {
    const notes = new Notes(file);
    const reader = new NotesReader(file);
    const none = await notes.mark();
    notes.add('build', 'given up');
    await notes.takeBack(none);
    await expect(stat(file)).rejects.toThrow();
    notes.add('build', 'one');
    const mark = await notes.mark();
    expect(await read(reader)).toEqual(['one']);
    notes.add('build', 'two, given up');
    await notes.written();
    expect(await read(reader)).toEqual(['two, given up']);
    await notes.takeBack(mark);
    expect(await read(reader)).toEqual([]);
    notes.add('build', 'three');
    await notes.written();
    expect(await read(reader)).toEqual(['three']);
    expect((await readFile(file, 'utf8')).split('\n')).toHaveLength(3);
    await notes.takeBack({ ...mark, file: 'another' });
    expect((await readFile(file, 'utf8')).split('\n')).toHaveLength(3);
  });

  it('are not written for a serving that is gone', async () => {
    const notes = new Notes(join(directory, 'removed', 'notes.log'));
    notes.add('scaling', 'too late');
    await notes.written();
    await expect(stat(join(directory, 'removed'))).rejects.toThrow();
  });
});
