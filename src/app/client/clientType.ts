import type { JsonSchema } from '../../core/requestSchema';

/** A type of a client's language, as far as a JSON Schema says it. */
export type ClientType =
  | { readonly kind: 'any' | 'text' | 'number' | 'whole' | 'flag' | 'null' }
  | { readonly kind: 'list'; readonly items: ClientType; readonly note: string }
  | { readonly kind: 'object'; readonly fields: readonly ClientField[] }
  | { readonly kind: 'map'; readonly values: ClientType }
  /** JSON texts of scalars. */
  | { readonly kind: 'one of'; readonly values: readonly string[] }
  | { readonly kind: 'union'; readonly options: readonly ClientType[] };

export interface ClientField {
  readonly name: string;
  readonly type: ClientType;
  readonly required: boolean;
}

const ANY: ClientType = { kind: 'any' };
const SCALARS: Readonly<Record<string, ClientType>> = {
  string: { kind: 'text' },
  number: { kind: 'number' },
  integer: { kind: 'whole' },
  boolean: { kind: 'flag' },
  null: { kind: 'null' },
};
/** Deeper ones are anything. */
const DEEPEST = 12;

/** What is not known of a schema, or lies too deep, is anything. Total. */
export function toClientType(schema: unknown, depth = 0): ClientType {
  if (!isSchema(schema) || depth > DEEPEST) {
    return ANY;
  }
  const options = listOf(schema.anyOf) ?? listOf(schema.oneOf);
  if (options !== undefined) {
    return union(options.map((each) => toClientType(each, depth + 1)));
  }
  const values = 'const' in schema ? [schema.const] : listOf(schema.enum);
  if (values !== undefined) {
    const isScalar = values.every((each) => each === null || ['string', 'number', 'boolean'].includes(typeof each));
    return isScalar ? { kind: 'one of', values: values.map((each) => JSON.stringify(each)) } : ANY;
  }
  const types = [schema.type].flat().filter((each) => typeof each === 'string');
  return types.length === 0 ? ANY : union(types.map((each) => ofType(each, schema, depth)));
}

function ofType(type: string, schema: JsonSchema, depth: number): ClientType {
  if (type === 'array') {
    return { kind: 'list', items: toClientType(schema.items, depth + 1), note: noteOf(schema) };
  }
  if (type !== 'object') {
    return SCALARS[type] ?? ANY;
  }
  const { properties, additionalProperties } = schema;
  if (!isSchema(properties) || Object.keys(properties).length === 0) {
    return { kind: 'map', values: toClientType(additionalProperties, depth + 1) };
  }
  const required = new Set(listOf(schema.required));
  const fields = Object.entries(properties).map(([name, each]) => ({
    name,
    type: toClientType(each, depth + 1),
    required: required.has(name),
  }));
  return { kind: 'object', fields };
}

/** What a type cannot say of a list: how long it is, what its values are. */
function noteOf({ minItems, maxItems, description }: JsonSchema): string {
  const length = typeof minItems === 'number' && minItems === maxItems ? [`${String(minItems)} values`] : [];
  const words = typeof description === 'string' && description !== '' ? [description.replace(/\s+/g, ' ')] : [];
  return [...length, ...words].join(': ');
}

function union(options: readonly ClientType[]): ClientType {
  const [only] = options;
  return options.some(({ kind }) => kind === 'any') || only === undefined
    ? ANY
    : options.length === 1
      ? only
      : { kind: 'union', options };
}

/** The notes of all lists in a type, from outside. */
export function notesOf(type: ClientType): readonly string[] {
  switch (type.kind) {
    case 'list':
      return [...(type.note === '' ? [] : [type.note]), ...notesOf(type.items)];
    case 'union':
      return type.options.flatMap(notesOf);
    case 'map':
      return notesOf(type.values);
    default:
      return [];
  }
}

function listOf(value: unknown): readonly unknown[] | undefined {
  return Array.isArray(value) ? value : undefined;
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
