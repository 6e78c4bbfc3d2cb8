/** Total readers of what a server tells: what is not as it should be is as if it were not there. */
export type Json = Readonly<Record<string, unknown>>;

export function object(value: unknown): Json | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : undefined;
}

export function objects(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value.map(object).filter((each) => each !== undefined) : [];
}

/** A number that something can be counted with; else 0. */
export function count(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : 0;
}

export function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
