import { isObject } from '../core/objects';

export type Json = Readonly<Record<string, unknown>>;

/** A text that is there and not empty. */
export function textOf(json: Json, field: string): string | undefined {
  const value = json[field];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

export function numberOf(json: Json, field: string): number | undefined {
  const value = json[field];
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

export function objectOf(json: Json, field: string): Json | undefined {
  const value = json[field];
  return isObject(value) ? value : undefined;
}

/** Hopsworks leaves out what is null. */
export function withoutNulls(json: Json): Json {
  return Object.fromEntries(Object.entries(json).filter(([, value]) => value !== null && value !== undefined));
}
