import { mkdtempSync, realpathSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openApi, placeOf, type ApiOptions, type OpenApi } from '../../../src/composeApi';
import { MemoryBackend, MemoryWorld } from '../../fakes/memoryBackend';

let root: string;
const opened: OpenApi[] = [];
const asked: string[] = [];
const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

beforeEach(async () => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'open api ')));
  await mkdir(join(root, 'demo'));
  await mkdir(join(root, 'packages/own'), { recursive: true });
  await writeFile(join(root, 'packages/own/mark.py'), 'first');
  asked.length = 0;
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((each) => each.close()));
  await rm(root, { recursive: true, force: true });
});

async function open(change: Partial<ApiOptions> = {}): Promise<OpenApi> {
  const api = await openApi({
    workspace: join(root, 'demo'),
    storage: join(root, 'storage'),
    own: join(root, 'storage/own'),
    backend: new MemoryBackend(new MemoryWorld()),
    port: 0,
    ingressPort: 0,
    generation: 5,
    clientRoot: join(root, 'packages'),
    by: 'a test',
    log,
    onAsked: ({ method, path, status }) => asked.push(`${method} ${path} ${status}`),
    ...change,
  });
  opened.push(api);
  return api;
}

async function close(api: OpenApi): Promise<void> {
  opened.splice(opened.indexOf(api), 1);
  await api.close();
}

it('is there once for a workspace: the second one says where', async () => {
  const { place } = await open();
  await expect(open({ by: 'another' })).rejects.toMatchObject({
    code: 'conflict',
    message: `The local Hopsworks API of this folder runs already at ${place.address}, by a test`,
  });
  expect(await placeOf(join(root, 'storage/own'))).toEqual(place);
  const other = await open({ workspace: root, own: join(root, 'storage/other') });
  expect(other.place.port).not.toBe(place.port);
});

it('comes back at the same ports with the same key and certificate', async () => {
  const first = await open();
  const key = await readFile(first.place.apiKeyFile, 'utf8');
  await close(first);
  await writeFile(join(root, 'packages/own/mark.py'), 'second');
  const { place } = await open();
  expect(place).toEqual(first.place);
  expect(await readFile(place.apiKeyFile, 'utf8')).toBe(key);
  expect(await readFile(join(place.clients, 'own/mark.py'), 'utf8')).toBe('second');
});

it('takes another port when the last one is taken by now, but none in place of one that was asked for', async () => {
  const first = await open();
  const { port } = first.place;
  await close(first);
  const other: Server = createServer();
  await new Promise<void>((done) => other.listen(port, '127.0.0.1', done));
  try {
    await expect(open({ port })).rejects.toMatchObject({ code: 'portInUse' });
    const { place } = await open();
    expect(place.port).not.toBe(port);
  } finally {
    other.close();
  }
});

it('what is asked is told without key, query and body', async () => {
  const { place } = await open();
  const key = (await readFile(place.apiKeyFile, 'utf8')).trim();
  const { Agent, request } = await import('node:https');
  const agent = new Agent({ ca: await readFile(place.certificate) });
  const ask = (path: string, authorization: string): Promise<number | undefined> =>
    new Promise((done, reject) => {
      request(`${place.address}/hopsworks-api/api${path}`, { agent, headers: { authorization } }, (response) => {
        response.resume().on('end', () => {
          done(response.statusCode);
        });
      })
        .on('error', reject)
        .end();
    });
  expect(await ask('/project/1/serving?name=iris', `ApiKey ${key}`)).toBe(404);
  expect(await ask('/project', 'ApiKey wrong')).toBe(401);
  agent.destroy();
  await expect
    .poll(() => asked)
    .toEqual(['GET /hopsworks-api/api/project/1/serving 404', 'GET /hopsworks-api/api/project 401']);
});
