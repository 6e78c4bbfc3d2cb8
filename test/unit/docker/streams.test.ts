import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { LogFrames } from '../../../src/backends/docker/engine/logFrames';
import type { BuildEntry } from '../../../src/backends/docker/engine/port';
import { BuildReader, JsonLines, PullShares } from '../../../src/backends/docker/engine/progress';
import { fieldsOf, textMessage } from '../../../src/backends/docker/engine/protobuf';
import { registryOf, withTag } from '../../../src/backends/docker/engine/reference';
import { firstFile, tarOf } from '../../../src/backends/docker/engine/tar';

async function all<T>(from: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const one of from) {
    found.push(one);
  }
  return found;
}

const TIME = '2026-11-29T04:31:10.123456789Z';
function frame(stream: number, text: string): Buffer {
  const payload = Buffer.from(text);
  const head = Buffer.alloc(8);
  head.writeUInt8(stream, 0);
  head.writeUInt32BE(payload.length, 4);
  return Buffer.concat([head, payload]);
}

describe('log frames', () => {
  const sent = Buffer.concat([
    frame(1, `${TIME} one é\n`),
    frame(2, `${TIME} err\r\n`),
    frame(1, `${TIME} begin `),
    frame(2, `${TIME} \n`),
    frame(1, `${TIME} end\n`),
    frame(1, `${TIME} last`),
  ]);
  it.each([1, 2, 7, 8, 50, 1000])('are lines, in chunks of %i bytes', (size) => {
    const frames = new LogFrames();
    const lines = Array.from({ length: Math.ceil(sent.length / size) }, (_, index) =>
      frames.add(sent.subarray(index * size, (index + 1) * size)),
    ).flat();
    expect([...lines, ...frames.end()]).toEqual([
      { stream: 'stdout', time: TIME, text: 'one é' },
      { stream: 'stderr', time: TIME, text: 'err' },
      { stream: 'stderr', time: TIME, text: '' },
      { stream: 'stdout', time: TIME, text: 'begin end' },
      { stream: 'stdout', time: TIME, text: 'last' },
    ]);
  });
});

describe('progress', () => {
  it('is JSON lines, wherever they are cut', () => {
    const lines = new JsonLines<{ a: string }>();
    const bytes = Buffer.from('{"a":"é"}\r\n\nnot json\n{"a":"2"}');
    const found = [...bytes].flatMap((byte) => lines.add(Buffer.from([byte])));
    expect([...found, ...lines.end()]).toEqual([{ a: 'é' }, { a: '2' }]);
  });

  it('of a pull never goes back and ends at one', () => {
    const shares = new PullShares();
    expect(shares.add({ id: '1', status: 'Pulling from library/x' })).toEqual({ message: 'Pulling from library/x' });
    const told = [
      { id: 'a', status: 'Pulling fs layer' },
      { id: 'b', status: 'Already exists' },
      { id: 'a', status: 'Downloading', progressDetail: { current: 50, total: 100 } },
      { id: 'c', status: 'Pulling fs layer' },
      { id: 'a', status: 'Download complete' },
      { id: 'a', status: 'Extracting', progressDetail: { current: 100, total: 100 } },
      { id: 'c', status: 'Pull complete' },
      { id: 'a', status: 'Pull complete' },
      { status: 'Status: Downloaded newer image' },
    ].map((message) => shares.add(message).share ?? 0);
    expect(told).toEqual([...told].sort((a, b) => a - b));
    expect(told.at(-1)).toBe(1);
  });

  const text = (number: number, bytes: Buffer): Buffer =>
    Buffer.concat([Buffer.from([number * 8 + 2, bytes.length]), bytes]);
  it('of BuildKit is told in steps and lines', () => {
    const reader = new BuildReader();
    const trace = (...parts: readonly Buffer[]) => ({
      id: 'moby.buildkit.trace',
      aux: Buffer.concat(parts).toString('base64'),
    });
    const vertex = (name: string, started: boolean): Buffer =>
      text(
        1,
        Buffer.concat([
          textMessage({ 1: `d ${name}`, 3: name }),
          started ? text(5, Buffer.from([8, 1])) : Buffer.alloc(0),
        ]),
      );
    const log = (said: string): Buffer => text(3, textMessage({ 1: 'd', 4: said }));
    expect(reader.add(trace(vertex('[1/2] FROM x', false)))).toEqual([]);
    expect(reader.add(trace(vertex('[1/2] FROM x', true), vertex('[internal] load', true)))).toEqual([
      { step: '[1/2] FROM x' },
    ]);
    expect(reader.add(trace(vertex('[1/2] FROM x', true), log('a\rb\nc')))).toEqual([{ line: 'a' }, { line: 'b' }]);
    expect(reader.add(trace(log('d\n')))).toEqual([{ line: 'cd' }]);
    expect(reader.lastLines).toEqual(['a', 'b', 'cd']);
    reader.add({ id: 'moby.image.id', aux: { ID: 'sha256:1' } });
    expect(reader.imageId).toBe('sha256:1');
    expect(reader.add({ stream: 'Step 1/2 : FROM x' })).toEqual([{ step: '[1/2] FROM x' }]);
  });

  it('reads numbers and what is cut off', () => {
    expect([...fieldsOf(Buffer.from([8, 0xac, 2, 0x12, 9, 1]))]).toEqual([{ number: 1, value: 300 }]);
    const long = 'x'.repeat(300);
    expect(String([...fieldsOf(textMessage({ 2: long }))][0]?.value)).toBe(long);
  });
});

describe('the build context', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ms-tar-'));
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const bytes = async (entries: readonly BuildEntry[]) => Buffer.concat(await all(tarOf(entries)));
  const source = join(folder, 'source');
  const long = `é${'n'.repeat(150)}.txt`;
  mkdirSync(join(source, 'deep/er'), { recursive: true });
  writeFileSync(join(source, 'deep/er', long), 'long');
  writeFileSync(join(source, 'run.sh'), 'x'.repeat(512));
  chmodSync(join(source, 'run.sh'), 0o700);
  symlinkSync('run.sh', join(source, 'link'));
  const entries = [
    { path: 'a/b.txt', content: 'bé' },
    { path: './tree/', from: source },
    { path: 'a/b.txt', content: 'again' },
  ];

  it('is what tar unpacks', async () => {
    const out = join(folder, 'out');
    mkdirSync(out);
    writeFileSync(join(folder, 'x.tar'), await bytes(entries));
    execFileSync('tar', ['-xf', join(folder, 'x.tar'), '-C', out]);
    expect(readFileSync(join(out, 'a/b.txt'), 'utf8')).toBe('bé');
    expect(readFileSync(join(out, 'tree/deep/er', long), 'utf8')).toBe('long');
    expect(readFileSync(join(out, 'tree/link'), 'utf8')).toHaveLength(512);
    const list = execFileSync('tar', ['-tvf', join(folder, 'x.tar')], { encoding: 'utf8' });
    expect(list).toMatch(/^-rwxr-xr-x 0\/0 +512 1970-01-01 \S+ tree\/run\.sh$/m);
    expect(list.match(/ a\/b\.txt$/gm)).toHaveLength(1);
  });

  it('is the same for the same files, whenever they were written', async () => {
    const first = await bytes(entries);
    utimesSync(join(source, 'run.sh'), 1, 1);
    expect((await bytes(entries)).equals(first)).toBe(true);
  });

  it('fails for what is not there', async () => {
    await expect(bytes([{ path: 'x', from: join(folder, 'none') }])).rejects.toThrow(/ENOENT/);
  });

  it('gives back its first file', async () => {
    expect(String(firstFile(await bytes([{ path: 'f/g', content: 'hello' }])))).toBe('hello');
    expect(firstFile(await bytes([]))).toBeUndefined();
    expect(String(firstFile(await bytes([{ path: long, content: 'pax' }])))).toBe('pax');
  });
});

it('knows the registry and the tag of an image', () => {
  expect(['a', 'a/b', 'docker.io/a/b', 'localhost/a', 'r.io/a', 'r:5000/a'].map(registryOf).join(' ')).toBe(
    'https://index.docker.io/v1/ https://index.docker.io/v1/ https://index.docker.io/v1/ localhost r.io r:5000',
  );
  expect(['a', 'r:5000/a', 'a:1', 'a@sha256:1'].map(withTag)).toEqual([
    'a:latest',
    'r:5000/a:latest',
    'a:1',
    'a@sha256:1',
  ]);
});
