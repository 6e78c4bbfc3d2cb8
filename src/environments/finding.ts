import type { About, Remedy } from '../core/errors';

/** What the doctor says of one thing. */
export interface Finding {
  /** The thing, in a word or two. */
  readonly name: string;
  readonly state: 'ok' | 'warning' | 'problem';
  /** One sentence. */
  readonly text: string;
  readonly remedy?: Remedy;
  /** The serving that the remedy is for. */
  readonly about?: About;
}

export function ok(name: string, text: string): Finding {
  return { name, state: 'ok', text };
}

export function warning(name: string, text: string, remedy?: Remedy): Finding {
  return { name, state: 'warning', text, ...(remedy && { remedy }) };
}

export function problem(name: string, text: string, remedy?: Remedy): Finding {
  return { name, state: 'problem', text, ...(remedy && { remedy }) };
}
