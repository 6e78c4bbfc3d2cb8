// What Podman's copy of Docker's API says differently; what it says here was heard from Podman 4.3.1.
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { connectEngine } from '../../../src/backends/docker/engine';
import { containerOptions } from '../../../src/backends/docker/engine/containerOptions';
import { buildFailure, spokenError } from '../../../src/backends/docker/engine/errors';
import { whyNoLimits } from '../../../src/backends/docker/engine/info';
import type { ContainerLogLine, Engine } from '../../../src/backends/docker/engine/port';
import { BuildReader } from '../../../src/backends/docker/engine/progress';
import { toEvent, toImageSummary, toInfo, withLabels } from '../../../src/backends/docker/engine/results';
import { environmentFailure } from '../../../src/backends/docker/images/failures';
import { Seen } from '../../../src/backends/docker/logs/seen';

const NEVER = new AbortController().signal;
const ALL = { memory: true, cores: true, processes: true };
const spec = { image: 'x', labels: {}, cores: 0.5, memoryMb: 64 };

describe('an engine that answers as Podman does', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ms-podman-'));
  let engine: Engine;
  let answers: Partial<Record<string, readonly [number, unknown]>>;
  let asked: { readonly what: string; readonly body: string; readonly headers: NodeJS.Dict<string | string[]> }[] = [];
  const server = createServer((request, reply) => {
    let body = '';
    request.on('data', (part) => (body += String(part)));
    request.once('end', () => {
      const what = `${request.method ?? ''} ${request.url?.split('?')[0] ?? ''}`;
      asked.push({ what, body, headers: request.headers });
      const [status, value] = answers[what] ?? [404, { message: 'no such thing' }];
      reply.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
    });
  });
  server.on('upgrade', ({ method, url, headers }, socket) => {
    asked.push({ what: `${method ?? ''} ${url ?? ''}`, body: '', headers });
    socket.write('HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n');
    let text = '';
    socket.on('data', (part: Buffer) => (text += String(part)));
    socket.once('end', () => {
      asked.push({ what: 'input', body: text, headers: {} });
      socket.end();
    });
  });
  beforeEach(async () => {
    asked = [];
    answers = {
      'GET /info': [200, { ServerVersion: '4.3.1', CgroupVersion: '2', Rootless: true }],
      'GET /version': [200, { ApiVersion: '1.41', Components: [{ Name: 'Podman Engine' }, { Name: 'Conmon' }] }],
      'GET /v4.0.0/libpod/info': [200, { host: { cgroupControllers: ['memory', 'pids'] } }],
    };
    if (!server.listening) {
      server.listen(join(folder, 'podman.sock'));
      await once(server, 'listening');
    }
    const url = `unix://${join(folder, 'podman.sock')}`;
    engine = await connectEngine({ address: { url, source: 'setting' } }, { of: () => Promise.resolve(undefined) });
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('is told by its name, with what it may limit itself', async () => {
    const limits = { memory: true, cores: false, processes: true };
    expect(await engine.info(NEVER)).toMatchObject({ product: 'Podman', version: '4.3.1', rootless: true, limits });
    delete answers['GET /v4.0.0/libpod/info'];
    expect(await engine.info(NEVER)).toMatchObject({ product: 'Podman', limits: ALL });
  });

  it('is not asked for a limit that it would refuse', async () => {
    answers['POST /containers/create'] = [201, { Id: 'c' }];
    expect(await engine.createContainer(spec)).toBe('c');
    const made = JSON.parse(asked.at(-1)?.body ?? '{}') as { HostConfig: object };
    expect(made.HostConfig).toMatchObject({ Memory: 64 * 1024 * 1024, PidsLimit: 512 });
    expect(made.HostConfig).not.toHaveProperty('NanoCpus');
  });

  it('gets nothing but the input on the standard input of a container', async () => {
    answers['POST /containers/create'] = [201, { Id: 'c' }];
    answers['POST /containers/c/start'] = [204, ''];
    answers['POST /containers/c/wait'] = [200, { StatusCode: 0 }];
    answers['GET /containers/c/logs'] = [200, ''];
    await engine.runOnce(spec, Buffer.from('{"KEY":"value"}'), NEVER);
    const attached = asked.find(({ what }) => what.includes('/attach'));
    expect(attached?.what).toBe('POST /containers/c/attach?stream=true&stdin=true');
    expect(attached?.headers).toMatchObject({ 'content-length': '0', upgrade: 'tcp' });
    expect(attached?.headers['transfer-encoding']).toBeUndefined();
    expect(asked.find(({ what }) => what === 'input')?.body).toBe('{"KEY":"value"}');
  });

  it('makes a volume in memory without a size where it takes that for a quota of the disk', async () => {
    const refused = {
      message: 'volume options size and inodes not supported. Filesystem does not support Project Quota',
    };
    const sizes: boolean[] = [];
    Object.defineProperty(answers, 'POST /volumes/create', {
      get: () => {
        const { DriverOpts } = JSON.parse(asked.at(-1)?.body ?? '{}') as { DriverOpts: { type: string; o: string } };
        sizes.push(DriverOpts.o.includes('size='));
        expect(DriverOpts).toMatchObject({ type: 'tmpfs', o: expect.stringContaining('noexec') as string });
        return DriverOpts.o.includes('size=') ? [500, refused] : [201, {}];
      },
    });
    await engine.createMemoryVolume('v', {}, 1);
    expect(sizes).toEqual([true, false]);
  });

  it('says with 500 that there is such a network or container', async () => {
    answers['POST /networks/create'] = [500, { message: 'network name n already used: network already exists' }];
    await expect(engine.createNetwork('n', {})).rejects.toMatchObject({ code: 'exists' });
    const taken = 'creating container storage: the container name "n" is already in use by 1a2b. You have to remove it';
    answers['POST /containers/create'] = [500, { message: taken }];
    await expect(engine.createContainer(spec)).rejects.toMatchObject({ code: 'exists' });
  });
});

it('takes a removed container for a destroyed one', () => {
  const of = (Action: string) => toEvent({ Action, Actor: { ID: 'c' }, time: 1 })?.action;
  expect(['remove', 'die', 'start'].map(of)).toEqual(['destroy', 'die', 'start']);
});

it('names images as they were named when they were built', () => {
  const tags = ['docker.io/model-serving/model:1', 'docker.io/library/python:3', 'localhost/a:1', '127.0.0.1:5000/a:1'];
  expect(toImageSummary({ Id: 'i', RepoTags: tags, Size: 1, Created: 1 }).tags).toEqual([
    'model-serving/model:1',
    'python:3',
    'a:1',
    '127.0.0.1:5000/a:1',
  ]);
});

it('lists volumes and networks that have one of the labels: those that lack another are left out', () => {
  const named = (name: string, labels: Record<string, string>) => ({ name, labels });
  const things = [named('ours', { a: '1', b: '2' }), named('other', { a: '1', b: '3' }), named('plain', { a: '1' })];
  expect(withLabels(things, { a: '1', b: '2' }).map(({ name }) => name)).toEqual(['ours']);
  expect(withLabels(things, { b: true }).map(({ name }) => name)).toEqual(['ours', 'other']);
  expect(withLabels(things, {})).toHaveLength(3);
});

it('reads the steps of its builds, and leaves out what it made of them', () => {
  const reader = new BuildReader();
  const said = [
    'STEP 2/4: RUN make\n',
    'hi\nho\n',
    '--> 1d87d19f319\n',
    'COMMIT docker.io/a:1\n',
    `${'a'.repeat(64)}\n`,
  ];
  expect(said.flatMap((stream) => reader.add({ stream }))).toEqual([
    { step: '[2/4] RUN make' },
    { line: 'hi' },
    { line: 'ho' },
  ]);
  expect(reader.lastLines).toEqual(['hi', 'ho']);
});

it('knows a step that failed, and how it ended', () => {
  const reason = 'building at STEP "RUN x denied: y": while running runtime: exit status 92';
  const error = buildFailure('Building', reason, ['no registry: denied: x']);
  expect(error.code).toBe('invalid');
  const failed = { what: 'It failed', error, output: 'model-serving: python 3.8.1', signal: NEVER, index: '' };
  const more = { local: [], base: 'old:1', baseSetting: 's', whereIs: () => undefined };
  expect(environmentFailure({ ...failed, ...more }).message).toContain('old:1 has Python 3.8.1');
});

it('says how its init program is had', () => {
  const said =
    'container-init binary not found on the host: stat /usr/libexec/podman/catatonit: no such file or directory';
  expect(spokenError(said, 'Starting')).toMatchObject({
    message: expect.stringContaining('package catatonit') as string,
  });
});

it('tells whole seconds in logs: two equal lines in one are two', async () => {
  const seen = new Seen();
  const line: ContainerLogLine = { stream: 'stdout', time: '2026-11-29T17:05:35Z', text: 'hi' };
  const read = async (...lines: readonly ContainerLogLine[]): Promise<number> => {
    let count = 0;
    // eslint-disable-next-line @typescript-eslint/require-await
    const source = async function* () {
      yield* lines;
    };
    for await (const each of seen.unread(source())) {
      seen.mark(each);
      count++;
    }
    return count;
  };
  expect(await read(line, line)).toBe(2);
  // Again from the same second on: what was read is not new, what came since is.
  expect(await read(line, line, line)).toBe(1);
});

describe('limits', () => {
  const info = toInfo({ SecurityOptions: ['name=rootless'], CgroupVersion: '1' }, '1.41', 'Docker');

  it('are all there where an engine does not say otherwise', () => {
    expect(whyNoLimits(info)).toBeUndefined();
    expect(containerOptions(spec, info.limits).HostConfig).toMatchObject({ NanoCpus: 5e8, PidsLimit: 512 });
  });

  it('that are not in force are named, with the reason', () => {
    const none = toInfo({ MemoryLimit: false, CpuCfsQuota: false, PidsLimit: false }, '1.41', 'Docker');
    expect(whyNoLimits({ ...none, rootless: true })).toEqual({
      what: 'memory, cores and processes',
      why: 'a rootless engine limits them only on a computer with cgroup v2',
    });
    const cores = { ...info, cgroupVersion: '2', limits: { ...ALL, cores: false } };
    expect(whyNoLimits(cores)).toMatchObject({ what: 'cores', why: expect.stringContaining('delegated') as string });
    const { HostConfig } = containerOptions(spec, none.limits);
    for (const name of ['Memory', 'MemorySwap', 'NanoCpus', 'PidsLimit']) {
      expect(HostConfig).not.toHaveProperty(name);
    }
  });
});
