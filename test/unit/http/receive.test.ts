import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Http } from '../../../src/backends/http';
import { isCancelled, isNodeError } from '../../../src/core/errors';

const http = new Http();
const retry = { tries: 3, firstMs: 5 };
let folder: string;
let server: Server | undefined;
let counted: number;
const count = (bytes: number): void => {
  counted += bytes;
};
const file = (): string => join(folder, 'file');

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'receive '));
  counted = 0;
});
afterEach(async () => {
  server?.closeAllConnections();
  await new Promise((resolve) => server?.close(resolve));
  rmSync(folder, { recursive: true });
});

async function serve(listener: RequestListener): Promise<string> {
  server = createServer(listener);
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

it('writes what comes into a file, again from its beginning when it broke', async () => {
  const body = Buffer.alloc(3_000_000, 'abc');
  let asked = 0;
  const url = await serve((_request, response) => {
    asked++;
    response.writeHead(200, { 'content-length': body.length });
    if (asked < 3) {
      response.write(body.subarray(0, 1_000_000 * asked));
      setTimeout(() => response.destroy(), 30);
    } else {
      response.end(body);
    }
  });
  const signal = AbortSignal.timeout(10_000);
  const answer = await http.receive({ method: 'GET', url, retry, signal }, file(), count);
  expect(answer).toMatchObject({ status: 200, body: '' });
  expect(readFileSync(file()).equals(body)).toBe(true);
  expect([asked, counted]).toEqual([3, body.length]);
});

it('gives the text of a refusal and writes nothing', async () => {
  const url = await serve((_request, response) => response.writeHead(403).end('no'));
  const answer = await http.receive({ method: 'GET', url, signal: AbortSignal.timeout(10_000) }, file(), count);
  expect(answer).toMatchObject({ status: 403, body: 'no' });
  expect([existsSync(file()), counted]).toEqual([false, 0]);
});

it('ends when it is cancelled, when nothing comes any more, and when the disk fails', async () => {
  const url = await serve((_request, response) => {
    response.writeHead(200, { 'content-length': 100 });
    response.write('half');
  });
  const cancel = new AbortController();
  setTimeout(() => {
    cancel.abort();
  }, 50);
  const cancelled = http.receive({ method: 'GET', url, retry, signal: cancel.signal }, file(), count);
  expect(isCancelled(await cancelled.catch((error: unknown) => error))).toBe(true);
  const signal = AbortSignal.timeout(10_000);
  const stalled = http.receive({ method: 'GET', url, timeout: 50, signal }, file(), count);
  await expect(stalled).rejects.toMatchObject({ code: 'timeout' });
  const nowhere = http.receive({ method: 'GET', url, retry, signal }, join(folder, 'no/such'), count);
  const failed: unknown = await nowhere.catch((error: unknown) => error);
  expect(isNodeError(failed) && failed.code).toBe('ENOENT');
  expect(counted).toBe(0);
});

it('tells how much of a body has gone', async () => {
  const url = await serve((request, response) => {
    request.resume().on('end', () => response.end('ok'));
  });
  const told: number[] = [];
  const body = Buffer.alloc(2_000_000);
  const onSent = (bytes: number): void => void told.push(bytes);
  await http.send({ method: 'POST', url, body, onSent, signal: AbortSignal.timeout(10_000) });
  expect(told.at(-1)).toBe(body.length);
});
