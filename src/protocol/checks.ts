import { isObject } from '../core/objects';

/** Whether a value that came over a boundary has the shape it is said to have. */
export type Check<T> = (value: unknown) => value is T;
export type Checked<C> = C extends Check<infer T> ? T : never;

type RequiredKeys<T> = { [K in keyof T]-?: object extends Pick<T, K> ? never : K }[keyof T];
type OptionalKeys<T> = { [K in keyof T]-?: object extends Pick<T, K> ? K : never }[keyof T];

export const isString: Check<string> = (value): value is string => typeof value === 'string';
export const isNumber: Check<number> = (value): value is number => typeof value === 'number' && Number.isFinite(value);
export const isCount: Check<number> = (value): value is number =>
  isNumber(value) && Number.isInteger(value) && value >= 0;
export const isBoolean: Check<boolean> = (value): value is boolean => typeof value === 'boolean';
export const isNothing: Check<undefined> = (value): value is undefined => value === undefined;

/** One of the given words. */
export function word<const T extends string>(...words: readonly T[]): Check<T> {
  const known: ReadonlySet<unknown> = new Set(words);
  return (value): value is T => known.has(value);
}

export function arrayOf<T>(item: Check<T>): Check<readonly T[]> {
  return (value): value is readonly T[] => Array.isArray(value) && value.every((each) => item(each));
}

export function recordOf<T>(item: Check<T>): Check<Readonly<Record<string, T>>> {
  return (value): value is Readonly<Record<string, T>> =>
    isObject(value) && Object.values(value).every((each) => item(each));
}

/** At least one of the checks holds. */
export function either<A, B>(a: Check<A>, b: Check<B>): Check<A | B> {
  return (value): value is A | B => a(value) || b(value);
}

/** An object with every field of `T`; a field that `T` may lack may be absent or undefined. Other fields are let through. */
export function shape<T extends object>(
  required: { readonly [K in RequiredKeys<T>]: Check<T[K]> },
  optional: { readonly [K in OptionalKeys<T>]: Check<Exclude<T[K], undefined>> },
): Check<T> {
  const must = Object.entries<Check<unknown>>(required);
  const may = Object.entries<Check<unknown>>(optional);
  return (value): value is T =>
    isObject(value) &&
    must.every(([name, check]) => check(value[name])) &&
    may.every(([name, check]) => value[name] === undefined || check(value[name]));
}
