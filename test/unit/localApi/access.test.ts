import { X509Certificate } from 'node:crypto';
import { request } from 'node:https';
import { afterEach, describe, expect, it } from 'vitest';
import { makeApiKey } from '../../../src/localApi/access';
import { isCurrent, makeCertificate } from '../../../src/localApi/certificate';
import { ApiPlace, KEY } from './apiPlace';

let place: ApiPlace | undefined;
afterEach(() => place?.dispose());

describe('who is let in', () => {
  it.each([
    [{ authorization: '' }, 401, 200003],
    [{ authorization: 'Bearer x' }, 401, 200003],
    [{ authorization: 'ApiKey nodot' }, 401, 320012],
    [{ authorization: `ApiKey ${KEY}x` }, 401, 320012],
    [{ authorization: 'ApiKey OTHERPREFIX.secret' }, 401, 320013],
    [{ origin: 'https://example.org' }, 403, 120004],
    [{ 'sec-fetch-site': 'cross-site' }, 403, 120004],
    [{ host: 'rebound.example.org' }, 403, 120004],
  ])('refuses %j', async (headers, status, errorCode) => {
    place = await new ApiPlace().open();
    const asked = await place.direct('GET', '/project', { headers: headers });
    expect(asked).toMatchObject({ status, json: { errorCode } });
    expect(asked.text).not.toContain(KEY);
  });

  it('tells its version without a key', async () => {
    place = await new ApiPlace().open(5);
    const asked = await place.direct('GET', '/variables/versions', { headers: { authorization: '' } });
    expect(asked.json).toEqual([{ software: 'hopsworks', version: '5.2.0' }]);
  });

  it('lets nobody through the ingress without the key', async () => {
    place = await new ApiPlace().open();
    const asked = await place.atIngress('POST', '/v1/models/iris:predict', { headers: { authorization: '' } });
    expect(asked.status).toBe(401);
  });

  it('makes keys that differ, as Hopsworks makes them', () => {
    expect(makeApiKey()).toMatch(/^\w{16}\.\w{64}$/);
    expect(makeApiKey()).not.toBe(makeApiKey());
  });
});

describe('certificate', () => {
  it('is this computer’s, and its own authority', () => {
    const { certificate, privateKey } = makeCertificate(new Date());
    const read = new X509Certificate(certificate);
    expect(read.checkIP('127.0.0.1')).toBe('127.0.0.1');
    expect(read.checkHost('localhost')).toBe('localhost');
    expect(read.checkHost('example.org')).toBeUndefined();
    expect(read.verify(read.publicKey)).toBe(true);
    expect(read.ca).toBe(true);
    expect(privateKey).toContain('PRIVATE KEY');
  });

  it('is made again when it ends soon', () => {
    const { certificate } = makeCertificate(new Date('2026-01-01'));
    expect(isCurrent(certificate, new Date('2026-06-01'))).toBe(true);
    expect(isCurrent(certificate, new Date('2030-12-20'))).toBe(false);
    expect(isCurrent('no certificate', new Date())).toBe(false);
  });

  it('is trusted by whoever has it, and by nobody else', async () => {
    const certificate = makeCertificate(new Date());
    place = await new ApiPlace().open(3, certificate);
    const { port } = place.ports;
    const ask = (ca: string | undefined): Promise<number | undefined> =>
      new Promise((resolve, reject) => {
        const asked = request(
          { host: '127.0.0.1', port, path: '/hopsworks-api/api/variables/versions', ca, agent: false },
          (response) => {
            response.resume();
            resolve(response.statusCode);
          },
        );
        asked.on('error', reject);
        asked.end();
      });
    await expect(ask(certificate.certificate)).resolves.toBe(200);
    await expect(ask(undefined)).rejects.toThrow(/self.signed/);
  });
});
