import { parseTree, type Node } from 'jsonc-parser';

/** A JSON Schema, as far as the server writes them: what is not known of it says nothing. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** What a verb expects of the value of `inputs` or `instances`. */
export interface InputsSchema {
  readonly schema: JsonSchema;
  /** Where it is from: a sentence. */
  readonly source: string;
  /** Whether a number may also be null, true, false or a text with a number in it. */
  readonly isLoose: boolean;
}

export interface RequestProblem {
  /** Place in the text, from 0. */
  readonly offset: number;
  readonly length: number;
  /** `inputs[1]: 3 of 4 features`. */
  readonly message: string;
}

/** The first place where a request, which is right as JSON, is not what the verb expects. */
export function checkRequest(text: string, inputs: InputsSchema | undefined): RequestProblem | undefined {
  const root = parseTree(text);
  if (root === undefined) {
    return undefined;
  }
  if (root.type !== 'object') {
    return problem(root, `the request has to be an object such as {"inputs": […]}, not ${shown(root)}`);
  }
  const named = (root.children ?? []).filter(({ children }) => NAMES.includes(String(children?.[0]?.value)));
  const [first, second] = named;
  if (first === undefined) {
    return problem(root, 'inputs: missing; a request is {"inputs": […]}');
  }
  if (second !== undefined) {
    return problem(second, 'the request has both inputs and instances: send one of them');
  }
  const [name, value] = first.children ?? [];
  return name && value && inputs ? new Check(inputs.isLoose).find(value, inputs.schema, String(name.value)) : undefined;
}

const NAMES: readonly string[] = ['inputs', 'instances'];
const MOST_NAMES = 12;

function problem({ offset, length }: Node, message: string): RequestProblem {
  return { offset, length, message };
}

class Check {
  constructor(private readonly isLoose: boolean) {}

  find(node: Node, schema: JsonSchema, path: string): RequestProblem | undefined {
    const options = listOf(schema.anyOf) ?? listOf(schema.oneOf);
    if (options !== undefined) {
      return this.findOne(node, options, path);
    }
    const allowed: unknown = schema.enum ?? ('const' in schema ? [schema.const] : undefined);
    if (Array.isArray(allowed) && (node.type === 'object' || node.type === 'array' || !allowed.includes(node.value))) {
      return problem(node, `${path}: ${shown(node)} in place of ${expected(schema)}`);
    }
    const types = [schema.type].flat().filter((type) => typeof type === 'string');
    if (types.length > 0 && !types.some((type) => this.isOf(node, type))) {
      return problem(node, `${path}: ${shown(node)} in place of ${expected(schema)}`);
    }
    if (node.type === 'array') {
      return this.findInList(node, schema, path);
    }
    return node.type === 'object' ? this.findInObject(node, schema, path) : limit(node, schema, path);
  }

  /** One of several: what is wrong with the one that fits furthest. */
  private findOne(node: Node, options: readonly JsonSchema[], path: string): RequestProblem | undefined {
    const found = options.map((each) => this.find(node, each, path));
    if (found.length === 0 || found.includes(undefined)) {
      return undefined;
    }
    const deepest = found.reduce((a, b) => (a && b && b.offset > a.offset ? b : a));
    if (deepest && deepest.offset > node.offset) {
      return deepest;
    }
    const kinds = [...new Set(options.map(expected))].join(' or ');
    return problem(node, `${path}: ${shown(node)} in place of ${kinds}`);
  }

  private isOf({ type, value }: Node, wanted: string): boolean {
    switch (wanted) {
      case 'integer':
        return type === 'number' ? Number.isInteger(value) : this.isAlmostNumber(type, value);
      case 'number':
        return type === 'number' || this.isAlmostNumber(type, value);
      default:
        return type === wanted;
    }
  }

  private isAlmostNumber(type: Node['type'], value: unknown): boolean {
    return (
      this.isLoose &&
      (type === 'null' ||
        type === 'boolean' ||
        (typeof value === 'string' && /\S/.test(value) && !isNaN(Number(value))))
    );
  }

  private findInList(node: Node, schema: JsonSchema, path: string): RequestProblem | undefined {
    const items = node.children ?? [];
    const count = items.length;
    const [least, most] = [numberOf(schema.minItems) ?? 0, numberOf(schema.maxItems) ?? Infinity];
    if (count < least || count > most) {
      const wanted = least === most ? String(least) : count < least ? `at least ${least}` : `at most ${most}`;
      const names = namesOf(schema);
      const what = names.length > 0 || this.isLoose ? 'features' : 'values';
      const listed = names.length > 0 ? ` (${short(names)})` : '';
      return problem(node, `${path}: ${count} of ${wanted} ${what}${listed}`);
    }
    const fixed = listOf(schema.prefixItems);
    const rest = isSchema(schema.items) ? schema.items : undefined;
    for (const [index, item] of items.entries()) {
      const own = fixed?.[index] ?? rest;
      const found = own && this.find(item, own, `${path}[${index}]`);
      if (found) {
        return found;
      }
    }
    return undefined;
  }

  private findInObject(node: Node, schema: JsonSchema, path: string): RequestProblem | undefined {
    const known = isSchema(schema.properties) ? schema.properties : {};
    const values = new Map((node.children ?? []).map(({ children }) => [String(children?.[0]?.value), children?.[1]]));
    const required = Array.isArray(schema.required) ? schema.required.map(String) : [];
    const missing = required.find((name) => !values.has(name));
    if (missing !== undefined) {
      const [near] = [...values.keys()].filter((name) => !(name in known));
      const hint = near === undefined ? '' : `; ${near} is not known`;
      return problem(node, `${path}${step(missing)}: missing${hint}`);
    }
    const others = isSchema(schema.additionalProperties) ? schema.additionalProperties : undefined;
    for (const [name, value] of values) {
      const own = Object.hasOwn(known, name) ? known[name] : others;
      const found = value && isSchema(own) ? this.find(value, own, `${path}${step(name)}`) : undefined;
      if (found) {
        return found;
      }
    }
    return undefined;
  }
}

function limit(node: Node, schema: JsonSchema, path: string): RequestProblem | undefined {
  const value: unknown = node.value;
  if (typeof value !== 'number') {
    return undefined;
  }
  const [least, above] = [numberOf(schema.minimum), numberOf(schema.exclusiveMinimum)];
  const [most, below] = [numberOf(schema.maximum), numberOf(schema.exclusiveMaximum)];
  const wrong =
    (least !== undefined && value < least && `at least ${least}`) ||
    (above !== undefined && value <= above && `more than ${above}`) ||
    (most !== undefined && value > most && `at most ${most}`) ||
    (below !== undefined && value >= below && `less than ${below}`);
  return wrong ? problem(node, `${path}: ${value} has to be ${wrong}`) : undefined;
}

/** Names of a row's features: the server tells them as the description of the row. */
export function namesOf({ description, minItems }: JsonSchema): readonly string[] {
  const names = typeof description === 'string' ? description.split(', ') : [];
  return names.length === minItems ? names : [];
}

function short(names: readonly string[]): string {
  const more = names.length - MOST_NAMES;
  return more > 0 ? `${names.slice(0, MOST_NAMES).join(', ')} and ${more} more` : names.join(', ');
}

function step(name: string): string {
  return /^[A-Za-z_]\w*$/.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`;
}

function expected(schema: JsonSchema): string {
  const allowed: unknown = schema.enum ?? ('const' in schema ? [schema.const] : undefined);
  if (Array.isArray(allowed)) {
    return `one of ${allowed.map((each) => JSON.stringify(each)).join(', ')}`.slice(0, 200);
  }
  const kinds = [schema.type].flat().map((type) => KINDS[String(type)] ?? 'another value');
  return kinds.join(' or ');
}

const KINDS: Readonly<Record<string, string>> = {
  array: 'a list',
  object: 'an object',
  number: 'a number',
  integer: 'a whole number',
  string: 'a text',
  boolean: 'true or false',
  null: 'null',
};

function shown(node: Node): string {
  const value: unknown = node.value;
  if (node.type === 'array' || node.type === 'object') {
    return node.type === 'array' ? 'a list' : 'an object';
  }
  const text = JSON.stringify(value);
  return text.length > 40 ? `a text of ${text.length - 2} characters` : text;
}

function listOf(value: unknown): readonly JsonSchema[] | undefined {
  return Array.isArray(value) ? value.filter(isSchema) : undefined;
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}
