import { createHash, generateKeyPairSync, randomBytes, sign, X509Certificate } from 'node:crypto';

export interface Certificate {
  /** Both as PEM. */
  readonly certificate: string;
  readonly privateKey: string;
}

const YEARS = 5;
const OID = {
  ecdsaWithSha256: '06082a8648ce3d040302',
  commonName: '0603550403',
  basicConstraints: '0603551d13',
  keyUsage: '0603551d0f',
  extendedKeyUsage: '0603551d25',
  serverAuth: '06082b06010505070301',
  subjectAltName: '0603551d11',
  subjectKeyIdentifier: '0603551d0e',
} as const;

/** A certificate of this computer for itself: `localhost`, 127.0.0.1 and ::1. It can be trusted as it is, as its own authority. */
export function makeCertificate(now: Date): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const until = new Date(now);
  until.setUTCFullYear(until.getUTCFullYear() + YEARS);
  const algorithm = sequence(hex(OID.ecdsaWithSha256));
  const name = sequence(der(0x31, sequence(hex(OID.commonName), utf8('Model Serving, local Hopsworks API'))));
  const serial = randomBytes(16);
  // A positive number without a leading zero.
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40;
  const body = sequence(
    der(0xa0, integer(Buffer.from([2]))),
    integer(serial),
    algorithm,
    name,
    // A minute of clock skew, and more.
    sequence(time(new Date(now.getTime() - 86_400_000)), time(until)),
    name,
    spki,
    der(0xa3, sequence(...extensions(spki))),
  );
  const signature = sign('sha256', body, privateKey);
  const whole = sequence(body, algorithm, der(0x03, Buffer.from([0]), signature));
  const certificate = `-----BEGIN CERTIFICATE-----\n${lines(whole)}\n-----END CERTIFICATE-----\n`;
  return { certificate, privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
}

/** Whether a kept certificate is still to be used for a while. */
export function isCurrent(certificate: string, now: Date): boolean {
  try {
    const { validFrom, validTo } = new X509Certificate(certificate);
    return new Date(validFrom) <= now && now.getTime() + 30 * 86_400_000 < new Date(validTo).getTime();
  } catch {
    return false;
  }
}

function extensions(spki: Buffer): readonly Buffer[] {
  const critical = der(0x01, Buffer.from([0xff]));
  const isAuthority = der(0x01, Buffer.from([0xff]));
  // digitalSignature and keyCertSign: it signs itself.
  const usage = der(0x03, Buffer.from([2, 0x84]));
  const names = sequence(
    der(0x82, Buffer.from('localhost')),
    der(0x87, Buffer.from([127, 0, 0, 1])),
    der(0x87, Buffer.from('00000000000000000000000000000001', 'hex')),
  );
  const keyId = createHash('sha1').update(spki).digest();
  return [
    sequence(hex(OID.basicConstraints), critical, octets(sequence(isAuthority))),
    sequence(hex(OID.keyUsage), critical, octets(usage)),
    sequence(hex(OID.extendedKeyUsage), octets(sequence(hex(OID.serverAuth)))),
    sequence(hex(OID.subjectAltName), octets(names)),
    sequence(hex(OID.subjectKeyIdentifier), octets(octets(keyId))),
  ];
}

function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return der(0x30, ...parts);
}

function integer(value: Buffer): Buffer {
  return der(0x02, value);
}

function octets(value: Buffer): Buffer {
  return der(0x04, value);
}

function utf8(text: string): Buffer {
  return der(0x0c, Buffer.from(text));
}

/** UTCTime: good until 2049. */
function time(date: Date): Buffer {
  return der(0x17, Buffer.from(`${date.toISOString().slice(2, 19).replace(/[-:T]/g, '')}Z`));
}

function hex(text: string): Buffer {
  return Buffer.from(text, 'hex');
}

function lines(bytes: Buffer): string {
  return (bytes.toString('base64').match(/.{1,64}/g) ?? []).join('\n');
}
