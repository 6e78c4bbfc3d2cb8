import { appendFile, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readLogs } from '../../../src/backends/process/logReader';
import { Random } from '../../fakes/random';

describe('readLogs', () => {
  let directory: string;
  let runs: { instance: string; directory: string }[];
  const list = { list: () => Promise.resolve(runs) };

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'logs-'));
    runs = [];
    await addRun('one');
  });
  afterEach(() => rm(directory, { recursive: true }));

  const addRun = async (instance: string): Promise<void> => {
    const own = join(directory, instance);
    await mkdir(own);
    runs.push({ instance, directory: own });
  };
  const file = (name = 'server.log', run = 'one'): string => join(directory, run, name);
  const line = (message: string): string => `${JSON.stringify({ message })}\n`;
  const rotate = async (): Promise<void> => {
    await rm(file('server.log.2'), { force: true });
    await rename(file('server.log.1'), file('server.log.2')).catch(() => undefined);
    await rename(file(), file('server.log.1'));
    await writeFile(file(), '');
  };
  const read = async (tail?: number): Promise<string[]> => {
    const messages: string[] = [];
    const options = { follow: false, ...(tail === undefined ? {} : { tail }) };
    for await (const { message } of readLogs(list, options, new AbortController().signal)) {
      messages.push(message);
    }
    return messages;
  };
  const follow = (messages: string[]): { stop: () => Promise<void> } => {
    const abort = new AbortController();
    const done = (async () => {
      for await (const { message } of readLogs(list, { follow: true }, abort.signal)) {
        messages.push(message);
      }
    })();
    return {
      stop: async () => {
        abort.abort();
        await done;
      },
    };
  };
  const settle = (milliseconds = 400): Promise<void> => new Promise((done) => setTimeout(done, milliseconds));

  it('reads rotated files and runs, oldest first, and their tail', async () => {
    await writeFile(file('server.log.2'), line('a'));
    await writeFile(file('server.log.1'), line('b') + line('c'));
    await writeFile(file(), line('d'));
    await writeFile(file('other.log'), line('x'));
    await addRun('two');
    await writeFile(file('server.log', 'two'), line('e'));
    runs.push({ instance: 'gone', directory: join(directory, 'gone') });
    expect(await read()).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(await read(2)).toEqual(['d', 'e']);
    expect(await read(0)).toEqual([]);
  });

  it('finds the tail from the end: in long files, over blocks, with a line that is not whole yet', async () => {
    const many = Array.from({ length: 9000 }, (_, at) => `${at} ${'x'.repeat(at % 200)}`);
    await writeFile(file('server.log.1'), many.slice(0, 5000).map(line).join(''));
    await writeFile(file(), `${many.slice(5000).map(line).join('')}{"message": "not who`);
    for (const tail of [1, 2, 500, 3999, 4000, 4001, 8999, 9000, 20_000]) {
      expect(await read(tail)).toEqual(many.slice(-tail));
    }
  });

  it('reads nothing but the end of a file of very many lines', async () => {
    const block = line('x'.repeat(80)).repeat(10_000);
    for (let part = 0; part < 40; part++) {
      await appendFile(file(), block);
    }
    await appendFile(file(), line('last'));
    const since = performance.now();
    expect(await read(2)).toEqual(['x'.repeat(80), 'last']);
    const tailTook = performance.now() - since;
    const all = performance.now();
    expect(await read()).toHaveLength(400_001);
    expect(tailTook).toBeLessThan((performance.now() - all) / 5);
  }, 60_000);

  it('ends when it is cancelled, in the middle of a file', async () => {
    await writeFile(file(), line('x').repeat(200_000));
    const abort = new AbortController();
    let count = 0;
    for await (const each of readLogs(list, { follow: true }, abort.signal)) {
      count += each.message === 'x' ? 1 : 0;
      if (count === 10) {
        abort.abort();
      }
    }
    expect(count).toBeLessThan(50_000);
  });

  it('shows broken UTF-8 for what it is and goes on', async () => {
    await writeFile(
      file(),
      Buffer.concat([Buffer.from('{"message": "a'), Buffer.from([0xff, 0xc3]), Buffer.from('b"}\n' + line('c'))]),
    );
    expect(await read()).toEqual(['a\ufffd\ufffdb', 'c']);
  });

  it('waits for the end of a line, and of a character', async () => {
    const messages: string[] = [];
    const following = follow(messages);
    const bytes = Buffer.from(line('ä😀'));
    for (let cut = 0; cut < bytes.length; cut += 5) {
      await appendFile(file(), bytes.subarray(cut, cut + 5));
      await settle(60);
    }
    await settle();
    await following.stop();
    expect(messages).toEqual(['ä😀']);
  });

  it('reads a line that is longer than what is read at once', async () => {
    const long = `${'ä'.repeat(300_000)}z`;
    await writeFile(file(), line('before') + line(long) + line('after'));
    expect(await read()).toEqual(['before', long, 'after']);
  });

  it('loses nothing and reads nothing twice while files are rotated', async () => {
    const messages: string[] = [];
    await writeFile(file(), '');
    const following = follow(messages);
    const random = new Random(5);
    let count = 0;
    for (let round = 0; round < 60; round++) {
      for (let n = random.whole(40); n > 0; n--) {
        await appendFile(file(), line(String(count++)));
      }
      if (random.chance(0.1)) {
        await settle(200);
        await rotate();
      }
    }
    await addRun('two');
    await writeFile(file('server.log', 'two'), line(String(count++)));
    await settle();
    await following.stop();
    expect(messages).toEqual(Array.from({ length: count }, (_, n) => String(n)));
  });

  it('takes a file that was given the inode of a deleted one for what it is', async () => {
    const messages: string[] = [];
    await writeFile(file('server.log.2'), line('old and long'.repeat(20)));
    await writeFile(file('server.log.1'), line('b'));
    await writeFile(file(), line('c'));
    const following = follow(messages);
    await settle();
    await rotate();
    await appendFile(file(), line('d') + line('e'.repeat(400)));
    await settle();
    await following.stop();
    expect(messages.slice(1)).toEqual(['b', 'c', 'd', 'e'.repeat(400)]);
  });
});
