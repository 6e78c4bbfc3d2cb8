import { t } from './l10n';

/**
 * What records are asked for: `$.inputs[0][2] > 1.5`, `$.predictions[0] = "setosa"`, `$..species contains "set"`,
 * `$.error`, several with `and` and `or`, `and` binding closer, and brackets.
 */
export type RecordExpression =
  | { readonly kind: 'and' | 'or'; readonly of: readonly RecordExpression[] }
  | { readonly kind: 'compare'; readonly path: readonly Step[]; readonly operator: Operator; readonly value: Literal }
  | { readonly kind: 'exists'; readonly path: readonly Step[] };

/** A name, an index (negative: from the end), everything in it, or a name at any depth. */
type Step =
  | { readonly kind: 'name' | 'deep'; readonly name: string }
  | { readonly kind: 'index'; readonly index: number }
  | { readonly kind: 'all' };
type Operator = '=' | '!=' | '<' | '<=' | '>' | '>=' | 'contains';
type Literal = string | number | boolean | null;

export interface ExpressionProblem {
  /** From 0. */
  readonly offset: number;
  readonly message: string;
}

/** Nobody needs deeper brackets, and they must not fill the stack. */
const DEEPEST = 50;
/** Values that one path leads to at the most. */
const MOST = 100_000;

/** Never throws. */
export function parseExpression(text: string): RecordExpression | ExpressionProblem {
  return new Parser(text).run();
}

export function isProblem(parsed: RecordExpression | ExpressionProblem): parsed is ExpressionProblem {
  return 'message' in parsed;
}

/** Whether it holds for a record: its paths are looked for in each of the documents, request and reply. */
export function holdsFor(expression: RecordExpression, documents: readonly unknown[]): boolean {
  switch (expression.kind) {
    case 'and':
      return expression.of.every((each) => holdsFor(each, documents));
    case 'or':
      return expression.of.some((each) => holdsFor(each, documents));
    case 'exists':
      return documents.some((document) => valuesAt(document, expression.path).length > 0);
    case 'compare': {
      const { path, operator, value } = expression;
      return documents.some((document) => valuesAt(document, path).some((found) => compare(found, operator, value)));
    }
  }
}

function compare(found: unknown, operator: Operator, value: Literal): boolean {
  switch (operator) {
    case '=':
      return found === value;
    case '!=':
      return found !== value;
    case 'contains':
      return typeof found === 'string'
        ? typeof value === 'string' && found.includes(value)
        : Array.isArray(found) && found.includes(value);
    default: {
      const order = orderOf(found, value);
      return order !== undefined && { '<': order < 0, '<=': order <= 0, '>': order > 0, '>=': order >= 0 }[operator];
    }
  }
}

function orderOf(a: unknown, b: Literal): number | undefined {
  if (typeof a === 'number' && typeof b === 'number') {
    return a - b;
  }
  return typeof a === 'string' && typeof b === 'string' ? (a < b ? -1 : a > b ? 1 : 0) : undefined;
}

function valuesAt(document: unknown, path: readonly Step[]): readonly unknown[] {
  let values: readonly unknown[] = document === undefined ? [] : [document];
  for (const step of path) {
    const next: unknown[] = [];
    for (const value of values) {
      for (const found of step.kind === 'deep' ? deep(value, step.name) : within(value, step)) {
        if (next.length < MOST) {
          next.push(found);
        }
      }
    }
    values = next;
  }
  return values;
}

function within(value: unknown, step: Exclude<Step, { kind: 'deep' }>): readonly unknown[] {
  if (typeof value !== 'object' || value === null) {
    return [];
  }
  if (step.kind === 'all') {
    return Object.values(value);
  }
  if (step.kind === 'index') {
    const index = Array.isArray(value) && step.index < 0 ? value.length + step.index : step.index;
    return Array.isArray(value) && index in value ? [value[index] as unknown] : [];
  }
  const name = step.name;
  return Object.hasOwn(value, name) && !Array.isArray(value)
    ? [(value as Readonly<Record<string, unknown>>)[name]]
    : [];
}

/** Without a call in a call: bodies may be as deep as they like. */
function deep(root: unknown, name: string): readonly unknown[] {
  const found: unknown[] = [];
  const open: unknown[] = [root];
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    if (typeof value === 'object' && value !== null) {
      found.push(...within(value, { kind: 'name', name }));
      for (const child of Object.values(value) as readonly unknown[]) {
        if (typeof child === 'object' && child !== null) {
          open.push(child);
        }
      }
    }
  }
  return found;
}

class Wrong extends Error {
  constructor(
    readonly offset: number,
    message: string,
  ) {
    super(message);
  }
}

const NAME = /[\p{L}_$][\p{L}\p{N}_$-]*/uy;
const NUMBER = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const INDEX = /-?\d+/y;
const STRING = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/sy;
const OPERATOR = /==|!=|<=|>=|<>|=|<|>|contains\b/y;

class Parser {
  private at = 0;
  private depth = 0;

  constructor(private readonly text: string) {}

  run(): RecordExpression | ExpressionProblem {
    try {
      const expression = this.either();
      this.space();
      if (this.at < this.text.length) {
        throw this.wrong(t('expected and, or, or the end'));
      }
      return expression;
    } catch (error) {
      if (error instanceof Wrong) {
        return { offset: error.offset, message: error.message };
      }
      throw error;
    }
  }

  private either(): RecordExpression {
    return this.joined('or', () => this.joined('and', () => this.one()));
  }

  private joined(kind: 'and' | 'or', part: () => RecordExpression): RecordExpression {
    const first = part();
    const of = [first];
    while (this.word(kind)) {
      of.push(part());
    }
    return of.length === 1 ? first : { kind, of };
  }

  private one(): RecordExpression {
    this.space();
    if (this.take('(')) {
      this.depth += 1;
      if (this.depth > DEEPEST) {
        throw this.wrong(t('too many brackets'));
      }
      const inner = this.either();
      this.space();
      if (!this.take(')')) {
        throw this.wrong(t('the end is missing: {0}', ')'));
      }
      this.depth -= 1;
      return inner;
    }
    const path = this.path();
    this.space();
    const operator = this.match(OPERATOR);
    return operator === undefined
      ? { kind: 'exists', path }
      : { kind: 'compare', path, operator: toOperator(operator), value: this.literal() };
  }

  private path(): readonly Step[] {
    if (!this.take('$')) {
      throw this.wrong(t('a path begins with $, such as {0}', '$.inputs[0]'));
    }
    const steps: Step[] = [];
    for (;;) {
      if (this.take('..')) {
        steps.push({ kind: 'deep', name: this.name() });
      } else if (this.take('.')) {
        steps.push(this.take('*') ? { kind: 'all' } : { kind: 'name', name: this.name() });
      } else if (this.take('[')) {
        steps.push(this.bracket());
      } else {
        return steps;
      }
    }
  }

  private name(): string {
    const name = this.match(NAME);
    if (name === undefined) {
      throw this.wrong(t('a name is missing after the dot'));
    }
    return name;
  }

  private bracket(): Step {
    this.space();
    const index = this.match(INDEX);
    const name = index === undefined ? this.match(STRING) : undefined;
    const step: Step | undefined =
      index !== undefined
        ? { kind: 'index', index: Number(index) }
        : name !== undefined
          ? { kind: 'name', name: this.unquoted(name) }
          : this.take('*')
            ? { kind: 'all' }
            : undefined;
    if (step === undefined) {
      throw this.wrong(t('in brackets goes a number, a name in quotes or *'));
    }
    this.space();
    if (!this.take(']')) {
      throw this.wrong(t('the end is missing: {0}', ']'));
    }
    return step;
  }

  private literal(): Literal {
    this.space();
    const number = this.match(NUMBER);
    if (number !== undefined) {
      return Number(number);
    }
    const string = this.match(STRING);
    if (string !== undefined) {
      return this.unquoted(string);
    }
    for (const [word, value] of [
      ['true', true],
      ['false', false],
      ['null', null],
    ] as const) {
      if (this.word(word)) {
        return value;
      }
    }
    throw this.wrong(t('a value is missing: a number, a text in quotes, true, false or null'));
  }

  private unquoted(quoted: string): string {
    const inner = quoted.slice(1, -1);
    try {
      return JSON.parse(
        `"${quoted.startsWith("'") ? inner.replace(/\\'|"/g, (each) => (each === '"' ? '\\"' : "'")) : inner}"`,
      ) as string;
    } catch {
      return inner;
    }
  }

  private word(word: string): boolean {
    this.space();
    const end = this.at + word.length;
    if (this.text.slice(this.at, end).toLowerCase() !== word || /[\p{L}\p{N}_$]/u.test(this.text[end] ?? '')) {
      return false;
    }
    this.at = end;
    return true;
  }

  private take(text: string): boolean {
    const is = this.text.startsWith(text, this.at);
    this.at += is ? text.length : 0;
    return is;
  }

  private match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0];
    this.at += found?.length ?? 0;
    return found;
  }

  private space(): void {
    while (/\s/.test(this.text[this.at] ?? '')) {
      this.at += 1;
    }
  }

  private wrong(message: string): Wrong {
    return new Wrong(this.at, message);
  }
}

function toOperator(text: string): Operator {
  return text === '==' ? '=' : text === '<>' ? '!=' : (text as Operator);
}
