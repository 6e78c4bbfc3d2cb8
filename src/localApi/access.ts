import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { problem, type Problem } from './problem';
import type { Call } from './router';

const PREFIX = 16;

/** A key as Hopsworks makes them: what it is found by, a dot, what is secret. */
export function makeApiKey(): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
  const text = (length: number): string =>
    Array.from(randomBytes(length), (byte) => alphabet[byte % alphabet.length]).join('');
  return `${text(PREFIX)}.${text(64)}`;
}

/** Why a request is not let in; undefined when it is. */
export function checkKey(headers: Call['headers'], key: string): Problem | undefined {
  const { authorization } = headers;
  if (typeof authorization !== 'string' || authorization === '') {
    return problem(200003);
  }
  const [, given] = /^ApiKey\s+(\S+)\s*$/i.exec(authorization) ?? [];
  if (given === undefined) {
    return problem(200003, 'Authorization method not supported: send ApiKey and the key of this workspace.');
  }
  if (sameText(given, key)) {
    return undefined;
  }
  const isKnown = given.includes('.') && given.split('.')[0] === key.split('.')[0];
  return problem(isKnown || !given.includes('.') ? 320012 : 320013);
}

/** In a time that does not tell how much of it is right. */
function sameText(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

/** A page of another origin calls: browsers say so. */
export function isForeign({ origin, host, 'sec-fetch-site': site }: Call['headers']): boolean {
  if (site === 'cross-site' || site === 'same-site') {
    return true;
  }
  if (origin === undefined) {
    return false;
  }
  return typeof origin !== 'string' || origin.replace(/^https?:\/\//, '') !== host;
}

/** Another name that was made to lead to this computer is no way in. */
export function isOurHost(host: string | undefined): boolean {
  return /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/i.test(host ?? '');
}
