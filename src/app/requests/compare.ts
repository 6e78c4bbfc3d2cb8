import type { InferenceResponse } from '../../core/backend';
import { readJson, type JsonValue } from '../../core/jsonValue';
import { isNear } from './nearNumbers';
import type { Expectation } from './requestsText';

/** One place at which two JSON texts differ. */
export interface JsonDifference {
  /** JSON path: `$.predictions[0]["odd name"]`. */
  readonly path: string;
  /** `missing`: expected and not there; `extra`: there and not expected; `type`: also for what is no JSON at all. */
  readonly kind: 'missing' | 'extra' | 'type' | 'value' | 'length';
  /** JSON as it was written, cut when it is long; of lists of another length their lengths. Absent where there is none. */
  readonly expected?: string;
  readonly actual?: string;
}

export interface Differences {
  /** The first ones, as they stand in what is expected. */
  readonly list: readonly JsonDifference[];
  /** How many there are beyond these. */
  readonly more: number;
}

/** A reply beside what was expected of it. Of what is as expected, or not asked for, there is nothing. */
export interface Comparison {
  readonly hasPassed: boolean;
  readonly status?: { readonly expected: number; readonly actual: number };
  readonly latency?: { readonly limitMs: number; readonly actualMs: number };
  readonly reply: Differences;
}

/** What is answered when nobody has said otherwise. */
const OK = 200;
/** As many differences as a person looks at, and as much of a value. */
const MOST = 100;
const LONGEST = 200;
const SAME: Differences = { list: [], more: 0 };

/** Whether a reply is what was expected; a request without an expectation asks for status 200 alone. */
export function compareReply(
  expect: Expectation | undefined,
  actual: Pick<InferenceResponse, 'status' | 'body' | 'latencyMs'>,
): Comparison {
  const { status = OK, reply, tolerance, latencyMs } = expect ?? {};
  const differences = reply === undefined ? SAME : compareJson(reply, actual.body, tolerance);
  const isInTime = latencyMs === undefined || actual.latencyMs <= latencyMs;
  return {
    hasPassed: status === actual.status && isInTime && differences.list.length === 0,
    ...(status === actual.status ? {} : { status: { expected: status, actual: actual.status } }),
    ...(isInTime ? {} : { latency: { limitMs: latencyMs, actualMs: actual.latencyMs } }),
    reply: differences,
  };
}

/**
 * Where two JSON texts differ by value: the order of names, white space, and how a number is written (1.0, 1) are no
 * difference. Of a list that is longer or shorter, the items that both have are compared.
 */
export function compareJson(expected: string, actual: string, tolerance = 0, most = MOST): Differences {
  const [a, b] = [readJson(expected), readJson(actual)];
  if (a === undefined || b === undefined) {
    const isSame = expected.trim() === actual.trim();
    return isSame
      ? SAME
      : { list: [{ path: '$', kind: 'type', expected: cut(expected), actual: cut(actual) }], more: 0 };
  }
  return new Walk(expected, actual, tolerance, most).run(a, b);
}

type Step = readonly [path: string, expected: JsonValue | undefined, actual: JsonValue | undefined];

/** Goes through both at once, the first value first, without a call for each level. */
class Walk {
  private readonly list: JsonDifference[] = [];
  private more = 0;
  private readonly steps: Step[] = [];

  constructor(
    private readonly expectedText: string,
    private readonly actualText: string,
    private readonly tolerance: number,
    private readonly most: number,
  ) {}

  run(expected: JsonValue, actual: JsonValue): Differences {
    this.steps.push(['$', expected, actual]);
    for (let step = this.steps.pop(); step !== undefined; step = this.steps.pop()) {
      this.compare(step);
    }
    return { list: this.list, more: this.more };
  }

  private compare([path, a, b]: Step): void {
    if (a === undefined || b === undefined) {
      this.found(path, a ? 'missing' : 'extra', a, b);
    } else if (a.kind === 'object' && b.kind === 'object') {
      this.later(membersOf(path, a.members, b.members));
    } else if (a.kind === 'array' && b.kind === 'array') {
      const [x, y] = [a.items, b.items];
      if (x.length !== y.length) {
        this.add({ path, kind: 'length', expected: String(x.length), actual: String(y.length) });
      }
      const both = x.length <= y.length ? x : y;
      this.later(both.map((_, at): Step => [`${path}[${String(at)}]`, x[at], y[at]]));
    } else if (a.kind !== b.kind) {
      this.found(path, 'type', a, b);
    } else if ('text' in a && 'text' in b && !this.isSame(a.kind, a.text, b.text)) {
      this.found(path, 'value', a, b);
    }
  }

  private isSame(kind: JsonValue['kind'], expected: string, actual: string): boolean {
    return kind === 'number' ? isNear(expected, actual, this.tolerance) : expected === actual;
  }

  /** The last one lies on top, so that the first one is next. */
  private later(steps: readonly Step[]): void {
    for (const step of [...steps].reverse()) {
      this.steps.push(step);
    }
  }

  private found(path: string, kind: JsonDifference['kind'], a: JsonValue | undefined, b: JsonValue | undefined): void {
    this.add({
      path,
      kind,
      ...(a ? { expected: cut(this.expectedText.slice(a.from, a.to)) } : {}),
      ...(b ? { actual: cut(this.actualText.slice(b.from, b.to)) } : {}),
    });
  }

  private add(difference: JsonDifference): void {
    if (this.list.length < this.most) {
      this.list.push(difference);
    } else {
      this.more += 1;
    }
  }
}

type Members = ReadonlyMap<string, JsonValue>;

function membersOf(path: string, expected: Members, actual: Members): readonly Step[] {
  const extra = [...actual.keys()].filter((name) => !expected.has(name));
  return [...expected.keys(), ...extra].map((name) => [pathOf(path, name), expected.get(name), actual.get(name)]);
}

function pathOf(path: string, name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? `${path}.${name}` : `${path}[${JSON.stringify(name)}]`;
}

function cut(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}
