import { parseTree, type Node } from 'jsonc-parser';
import { t } from './l10n';

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
    return problem(root, t('the request has to be an object such as {"inputs": […]}, not {0}', shown(root)));
  }
  const named = (root.children ?? []).filter(({ children }) => NAMES.includes(String(children?.[0]?.value)));
  const [first, second] = named;
  if (first === undefined) {
    return problem(root, t('inputs: missing; a request is {"inputs": […]}'));
  }
  if (second !== undefined) {
    return problem(second, t('the request has both inputs and instances: send one of them'));
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
      return problem(node, t('{0}: {1} in place of {2}', path, shown(node), expected(schema)));
    }
    const types = [schema.type].flat().filter((type) => typeof type === 'string');
    if (types.length > 0 && !types.some((type) => this.isOf(node, type))) {
      return problem(node, t('{0}: {1} in place of {2}', path, shown(node), expected(schema)));
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
    const kinds = [...new Set(options.map(expected))].join(t(' or '));
    return problem(node, t('{0}: {1} in place of {2}', path, shown(node), kinds));
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
      const wanted = least === most ? String(least) : count < least ? t('at least {0}', least) : t('at most {0}', most);
      const names = namesOf(schema);
      return problem(node, countText(path, count, wanted, names, this.isLoose));
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
      const where = `${path}${step(missing)}`;
      return problem(
        node,
        near === undefined ? t('{0}: missing', where) : t('{0}: missing; {1} is not known', where, near),
      );
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

function countText(path: string, count: number, wanted: string, names: readonly string[], isLoose: boolean): string {
  if (names.length > 0) {
    return t('{0}: {1} of {2} features ({3})', path, count, wanted, short(names));
  }
  return isLoose
    ? t('{0}: {1} of {2} features', path, count, wanted)
    : t('{0}: {1} of {2} values', path, count, wanted);
}

function limit(node: Node, schema: JsonSchema, path: string): RequestProblem | undefined {
  const value: unknown = node.value;
  if (typeof value !== 'number') {
    return undefined;
  }
  const [least, above] = [numberOf(schema.minimum), numberOf(schema.exclusiveMinimum)];
  const [most, below] = [numberOf(schema.maximum), numberOf(schema.exclusiveMaximum)];
  const wrong =
    (least !== undefined && value < least && t('at least {0}', least)) ||
    (above !== undefined && value <= above && t('more than {0}', above)) ||
    (most !== undefined && value > most && t('at most {0}', most)) ||
    (below !== undefined && value >= below && t('less than {0}', below));
  return wrong ? problem(node, t('{0}: {1} has to be {2}', path, value, wrong)) : undefined;
}

/** Names of a row's features: the server tells them as the description of the row. */
export function namesOf({ description, minItems }: JsonSchema): readonly string[] {
  const names = typeof description === 'string' ? description.split(', ') : [];
  return names.length === minItems ? names : [];
}

function short(names: readonly string[]): string {
  const more = names.length - MOST_NAMES;
  return more > 0 ? t('{0} and {1} more', names.slice(0, MOST_NAMES).join(', '), more) : names.join(', ');
}

function step(name: string): string {
  return /^[A-Za-z_]\w*$/.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`;
}

function expected(schema: JsonSchema): string {
  const allowed: unknown = schema.enum ?? ('const' in schema ? [schema.const] : undefined);
  if (Array.isArray(allowed)) {
    return t('one of {0}', allowed.map((each) => JSON.stringify(each)).join(', ')).slice(0, 200);
  }
  const kinds = [schema.type].flat().map((type) => kindsText()[String(type)] ?? t('another value'));
  return kinds.join(t(' or '));
}

const kindsText = (): Readonly<Record<string, string>> => ({
  array: t('a list'),
  object: t('an object'),
  number: t('a number'),
  integer: t('a whole number'),
  string: t('a text'),
  boolean: t('true or false'),
  null: 'null',
});

function shown(node: Node): string {
  const value: unknown = node.value;
  if (node.type === 'array' || node.type === 'object') {
    return node.type === 'array' ? t('a list') : t('an object');
  }
  const text = JSON.stringify(value);
  return text.length > 40 ? t('a text of {0} characters', text.length - 2) : text;
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
