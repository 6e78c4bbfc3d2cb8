import { readJson, type JsonValue } from '../../core/jsonValue';
import { isNear } from './nearNumbers';

/** Deeper than anybody reads. */
const DEEPEST = 100;

/**
 * What was expected, written as the reply is wherever that is as good: its order of names, its way to write a number, its
 * numbers within the tolerance. Beside the reply, only what differs looks different.
 */
export function writtenAs(expected: string, actual: string, tolerance = 0): string {
  const [a, b] = [readJson(expected), readJson(actual)];
  return a && b ? new Writer(expected, actual, tolerance).write(a, b, 0) : expected;
}

class Writer {
  constructor(
    private readonly expected: string,
    private readonly actual: string,
    private readonly tolerance: number,
  ) {}

  write(a: JsonValue, b: JsonValue | undefined, depth: number): string {
    if (b !== undefined && depth < DEEPEST) {
      if (a.kind === 'object' && b.kind === 'object') {
        const names = [...b.members.keys(), ...a.members.keys()].filter((name) => a.members.has(name));
        const parts = [...new Set(names)].map((name) => {
          const member = a.members.get(name);
          return `${JSON.stringify(name)}:${member ? this.write(member, b.members.get(name), depth + 1) : 'null'}`;
        });
        return `{${parts.join(',')}}`;
      }
      if (a.kind === 'array' && b.kind === 'array') {
        return `[${a.items.map((item, at) => this.write(item, b.items[at], depth + 1)).join(',')}]`;
      }
      if ('text' in a && 'text' in b && a.kind === b.kind && this.isSame(a.kind, a.text, b.text)) {
        return this.actual.slice(b.from, b.to);
      }
    }
    return this.expected.slice(a.from, a.to);
  }

  private isSame(kind: JsonValue['kind'], expected: string, actual: string): boolean {
    return kind === 'number' ? isNear(expected, actual, this.tolerance) : expected === actual;
  }
}
