import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createSecure } from 'node:https';
import { connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import type { Duplex } from 'node:stream';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Http } from '../../../src/backends/http';
import { proxyOf } from '../../../src/backends/httpRoute';
import { isCancelled } from '../../../src/core/errors';

const http = new Http();
const servers: Server[] = [];
const signal = (): AbortSignal => AbortSignal.timeout(10_000);

async function listen(server: Server): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}
const serve = async (listener: RequestListener): Promise<string> =>
  `http://127.0.0.1:${await listen(createServer(listener))}`;
async function bytesOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) {
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

async function errorOf(promise: Promise<unknown>): Promise<Error> {
  return promise.then(
    () => {
      throw new Error('it did not fail');
    },
    (error: unknown) => error as Error,
  );
}

it('sends bytes as they are, by any method', async () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, n) => n);
  const url = await serve((request, response) => {
    void bytesOf(request).then((body) =>
      response.end(`${String(request.method)} ${body.toString('hex')} ${String(request.headers['content-type'])}`),
    );
  });
  const put = await http.send({
    method: 'PUT',
    url,
    body: bytes,
    headers: { 'content-type': 'application/octet-stream' },
    signal: signal(),
  });
  expect(put.body).toBe(`PUT ${Buffer.from(bytes).toString('hex')} application/octet-stream`);
  expect((await http.send({ method: 'DELETE', url, signal: signal() })).body).toBe('DELETE  undefined');
  expect((await http.send({ method: 'POST', url, signal: signal() })).body).toBe('POST  undefined');
});

describe('again', () => {
  const failing = async (status: number, times: number, headers: Record<string, string> = {}) => {
    const counted = { asked: 0, url: '' };
    counted.url = await serve((_request, response) => {
      counted.asked++;
      response.writeHead(counted.asked <= times ? status : 200, headers).end();
    });
    return counted;
  };
  const retry = { tries: 3, firstMs: 1 };

  it('only where it is asked to, and not for ever', async () => {
    const never = await failing(503, 9);
    expect((await http.send({ method: 'GET', url: never.url, signal: signal() })).status).toBe(503);
    expect(never.asked).toBe(1);
    const passing = await failing(503, 2);
    expect((await http.send({ method: 'GET', url: passing.url, retry, signal: signal() })).status).toBe(200);
    expect((await http.send({ method: 'GET', url: never.url, retry, signal: signal() })).status).toBe(503);
    expect(never.asked).toBe(4);
    const wrong = await failing(500, 9);
    expect((await http.send({ method: 'GET', url: wrong.url, retry, signal: signal() })).status).toBe(500);
    expect(wrong.asked).toBe(1);
  });

  it('after as long as the server asks for', async () => {
    const busy = await failing(429, 1, { 'retry-after': '1' });
    const since = performance.now();
    expect((await http.send({ method: 'GET', url: busy.url, retry, signal: signal() })).status).toBe(200);
    expect(performance.now() - since).toBeGreaterThan(950);
  });

  it('not once it is cancelled', async () => {
    const busy = await failing(503, 9, { 'retry-after': '9' });
    const error = await errorOf(http.send({ method: 'GET', url: busy.url, retry, signal: AbortSignal.timeout(50) }));
    expect(isCancelled(error)).toBe(true);
    expect(busy.asked).toBe(1);
  });
});

it('keeps the headers of the request out of what it rejects with', async () => {
  const url = await serve((request) => request.socket.destroy());
  const headers = { authorization: 'ApiKey verysecretpart' };
  for (const at of [url, 'http://127.0.0.1:1']) {
    const error = await errorOf(http.send({ method: 'GET', url: at, headers, signal: signal() }));
    expect(error).toMatchObject({ code: 'unreachable' });
    expect(inspect(error, { depth: 20, showHidden: true })).not.toContain('verysecretpart');
  }
  const slow = await serve(() => undefined);
  const late = await errorOf(http.send({ method: 'GET', url: slow, headers, timeout: 50, signal: signal() }));
  expect(late).toMatchObject({ code: 'timeout' });
  expect(inspect(late, { depth: 20, showHidden: true })).not.toContain('verysecretpart');
});

describe('TLS', () => {
  let folder: string;
  const file = (name: string): string => join(folder, name);
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'tls-'));
    const make = (name: string, host: string): void => {
      execFileSync(
        'openssl',
        [
          'req',
          '-x509',
          '-newkey',
          'ec',
          '-pkeyopt',
          'ec_paramgen_curve:prime256v1',
          '-nodes',
          '-days',
          '2',
          '-subj',
          `/CN=${name}`,
          '-addext',
          `subjectAltName=${host}`,
          '-keyout',
          file(`${name}.key`),
          '-out',
          file(`${name}.pem`),
        ],
        { stdio: 'ignore' },
      );
    };
    make('own', 'IP:127.0.0.1,DNS:localhost');
    make('other', 'DNS:elsewhere.example.com');
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });
  const secure = (name: string): Promise<number> =>
    listen(
      createSecure(
        { key: readFileSync(file(`${name}.key`)), cert: readFileSync(file(`${name}.pem`)) },
        (_request, response) => response.end('hello'),
      ),
    );
  const get = (port: number, route?: object, host = '127.0.0.1'): Promise<{ body: string }> =>
    http.send({
      method: 'GET',
      url: `https://${host}:${port}/`,
      ...(route ? { route } : {}),
      retry: { tries: 3, firstMs: 1 },
      signal: signal(),
    });

  it('trusts only whom it is told to', async () => {
    const port = await secure('own');
    expect(await errorOf(get(port))).toMatchObject({ code: 'certificate' });
    expect(await errorOf(get(port, { checkHostName: false }))).toMatchObject({
      code: 'certificate',
      message: expect.stringMatching(
        /^The certificate of 127\.0\.0\.1:\d+ is not trusted: self-signed certificate/,
      ) as string,
    });
    expect((await get(port, { ca: readFileSync(file('own.pem'), 'utf8') })).body).toBe('hello');
    expect(await errorOf(get(port, { ca: readFileSync(file('other.pem'), 'utf8') }))).toMatchObject({
      code: 'certificate',
    });
  });

  it('checks the name of the host unless that is switched off', async () => {
    const port = await secure('other');
    const ca = readFileSync(file('other.pem'), 'utf8');
    expect(await errorOf(get(port, { ca }))).toMatchObject({ code: 'certificate' });
    expect((await get(port, { ca, checkHostName: false })).body).toBe('hello');
  });

  it('goes through a proxy without showing it what is said', async () => {
    const port = await secure('other');
    const seen: string[] = [];
    const sockets: Duplex[] = [];
    const proxy = createServer();
    proxy.on('connect', (request: IncomingMessage, client, head: Buffer) => {
      sockets.push(client);
      seen.push(
        `${String(request.url)} ${String(request.headers['proxy-authorization'])} ${String(request.headers.authorization)}`,
      );
      const socket = connect(port, '127.0.0.1', () => {
        client.write('HTTP/1.1 200 OK\r\n\r\n');
        socket.write(head);
        socket.pipe(client).pipe(socket);
      });
      socket.on('error', () => client.destroy());
      client.on('error', () => socket.destroy());
    });
    const route = {
      ca: readFileSync(file('other.pem'), 'utf8'),
      proxy: `http://me:p%40ss@127.0.0.1:${await listen(proxy)}`,
    };
    expect((await get(443, route, 'elsewhere.example.com')).body).toBe('hello');
    expect(seen).toEqual([`elsewhere.example.com:443 Basic ${Buffer.from('me:p@ss').toString('base64')} undefined`]);
    sockets.forEach((socket) => socket.destroy());
    // To this computer there is a shorter way.
    expect(proxyOf(route, `https://127.0.0.1:${port}`)).toBeUndefined();
    expect(proxyOf({ ...route, noProxy: ['.example.com'] }, 'https://elsewhere.example.com')).toBeUndefined();
    expect(proxyOf({ ...route, noProxy: ['ample.com'] }, 'https://elsewhere.example.com')).toBeDefined();
    expect(proxyOf({ ...route, noProxy: ['*'] }, 'https://elsewhere.example.com')).toBeUndefined();
  });
});
