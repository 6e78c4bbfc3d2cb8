import { createScanner } from 'jsonc-parser';

/** A value of a JSON text, and where it stands there. Numbers are text: none of their digits is lost. */
export type JsonValue = Place &
  (
    | { readonly kind: 'object'; readonly members: ReadonlyMap<string, JsonValue> }
    | { readonly kind: 'array'; readonly items: readonly JsonValue[] }
    | { readonly kind: 'string' | 'number'; readonly text: string }
    | { readonly kind: 'boolean' | 'null'; readonly text: string }
  );

interface Place {
  readonly from: number;
  readonly to: number;
}

/** What is open while it is read: no call goes deeper for it, so that a text of a million brackets is read, too. */
type Open =
  | { readonly kind: 'object'; readonly from: number; readonly members: Map<string, JsonValue>; name?: string }
  | { readonly kind: 'array'; readonly from: number; readonly items: JsonValue[] };

/** `first` is its first character: none at the end of the text. */
type Token = Place & { readonly first: string; readonly text: string };

/**
 * Reads a JSON text, or one with comments and with commas before a bracket that closes, as people write them into files.
 * Of names that come twice, the last counts. `NaN` and `Infinity` are numbers here: Python writes them. Undefined: it is
 * none.
 */
export function readJson(text: string): JsonValue | undefined {
  const next = tokensOf(text);
  const open: Open[] = [];
  let wants: 'value' | 'name' | 'colon' | 'after' = 'value';
  for (let token = next(); token !== undefined; token = next()) {
    const { first, from } = token;
    const inside = open.at(-1);
    if (wants === 'after' && first === ',') {
      wants = inside?.kind === 'object' ? 'name' : 'value';
    } else if (wants === 'colon' && first === ':') {
      wants = 'value';
    } else if (wants === 'name' && first === '"' && inside?.kind === 'object') {
      inside.name = token.text;
      wants = 'colon';
    } else if (wants === 'value' && first === '{') {
      open.push({ kind: 'object', from, members: new Map() });
      wants = 'name';
    } else if (wants === 'value' && first === '[') {
      open.push({ kind: 'array', from, items: [] });
    } else {
      // A bracket may close after a value, where a name could stand, and where an item could.
      const end =
        wants === 'colon' || (wants === 'value' && inside?.kind === 'object') ? undefined : closed(open, token);
      const value = end ?? (wants === 'value' ? toSimple(token) : undefined);
      const around = open.at(-1);
      if (value === undefined || around === undefined) {
        return next()?.first === '' ? value : undefined;
      }
      put(value, around);
      wants = 'after';
    }
  }
  return undefined;
}

function put(value: JsonValue, into: Open): void {
  if (into.kind === 'array') {
    into.items.push(value);
  } else if (into.name !== undefined) {
    into.members.set(into.name, value);
  }
}

/** Closes what is open, when this bracket does that. */
function closed(open: Open[], { first, to }: Token): JsonValue | undefined {
  const inside = open.at(-1);
  if (inside?.kind === 'object' && first === '}') {
    open.pop();
    return { kind: 'object', members: inside.members, from: inside.from, to };
  }
  if (inside?.kind === 'array' && first === ']') {
    open.pop();
    return { kind: 'array', items: inside.items, from: inside.from, to };
  }
  return undefined;
}

const WORDS: Readonly<Record<string, 'boolean' | 'null' | 'number'>> = {
  true: 'boolean',
  false: 'boolean',
  null: 'null',
  NaN: 'number',
  Infinity: 'number',
  '-Infinity': 'number',
};

function toSimple({ first, text, from, to }: Token): JsonValue | undefined {
  const kind = first === '"' ? 'string' : /^-?\d/.test(text) ? 'number' : WORDS[text];
  return kind && { kind, text, from, to };
}

/** Neither an unfinished string, nor an escape or a number that there is not. */
const NO_ERROR = 0;

/** The tokens one by one, comments passed over; undefined where something is no token of JSON. */
function tokensOf(json: string): () => Token | undefined {
  const scanner = createScanner(json, true);
  return () => {
    scanner.scan();
    const from = scanner.getTokenOffset();
    const value = scanner.getTokenValue();
    if (value === '-') {
      // The scanner ends a word where it could have been a number.
      scanner.scan();
    }
    const error: number = scanner.getTokenError();
    const text = value === '-' ? `-${scanner.getTokenValue()}` : value;
    return error === NO_ERROR ? { first: json.charAt(from), text, from, to: scanner.getPosition() } : undefined;
  };
}
