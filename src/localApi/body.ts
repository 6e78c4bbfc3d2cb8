import { isObject } from '../core/objects';
import { type Json } from './json';
import { argument } from './problem';
import type { Call } from './router';

/** The JSON object of a request; anything else is a wrong argument, for the reason given. */
export async function bodyOf(call: Call, missing: string): Promise<Json> {
  try {
    const body: unknown = JSON.parse((await call.body()).toString('utf8'));
    if (isObject(body)) {
      return body;
    }
  } catch {
    // Said below.
  }
  throw argument(missing);
}
