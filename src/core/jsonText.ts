import { t } from './l10n';

/** JSON from its own characters: checked and laid out so that numbers and names stay as they were written. */
export interface JsonProblem {
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
  /** Place in the text, from 0. */
  readonly offset: number;
  readonly message: string;
}

/** The first thing that is wrong with the text as JSON; undefined when it is right. */
export function checkJson(text: string): JsonProblem | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch {
    const found = new Checker(text).run();
    const before = text.slice(0, found.offset).split('\n');
    return { ...found, line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
  }
}

interface Found {
  readonly offset: number;
  readonly message: string;
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"/y;
const WORD = /[A-Za-z_][A-Za-z_0-9]*/y;

/** Walks over the text until the first place that JSON does not allow; engines word this differently, or name no place. */
class Checker {
  private at = 0;
  private readonly open: ('{' | '[')[] = [];

  constructor(private readonly text: string) {}

  run(): Found {
    let want: 'value' | 'firstItem' | 'firstName' | 'name' | 'after' = 'value';
    for (;;) {
      this.space();
      const character = this.text[this.at];
      if (character === undefined) {
        return this.problem(
          this.open.length > 0
            ? t('the end is missing: {0}', this.open.at(-1) === '{' ? '}' : ']')
            : t('a value is missing'),
        );
      }
      if (want === 'after') {
        const inside = this.open.at(-1);
        if (inside === undefined) {
          return this.problem(t('nothing may follow the value'));
        }
        if (character === (inside === '{' ? '}' : ']')) {
          this.open.pop();
          this.at += 1;
        } else if (character === ',') {
          this.at += 1;
          want = inside === '{' ? 'name' : 'value';
        } else {
          return this.problem(t('expected , or {0}', inside === '{' ? '}' : ']'));
        }
        continue;
      }
      if (want === 'firstName' || want === 'name') {
        if (character === '}' && want === 'firstName') {
          this.open.pop();
          this.at += 1;
          want = 'after';
          continue;
        }
        if (character === '}') {
          return this.problem(t('no comma may stand before }'));
        }
        if (!this.take(STRING)) {
          return this.problem(
            character === "'"
              ? t('use double quotes: "')
              : character === '"'
                ? this.stringProblem()
                : t('expected a name in double quotes'),
          );
        }
        this.space();
        if (this.text[this.at] !== ':') {
          return this.problem(t('expected : after the name'));
        }
        this.at += 1;
        want = 'value';
        continue;
      }
      if (character === ']' && want === 'firstItem') {
        this.open.pop();
        this.at += 1;
        want = 'after';
      } else if (character === '{' || character === '[') {
        this.open.push(character);
        this.at += 1;
        want = character === '{' ? 'firstName' : 'firstItem';
      } else if (this.takeSimple(character)) {
        want = 'after';
      } else {
        return this.problem(this.valueProblem(character));
      }
    }
  }

  private takeSimple(character: string): boolean {
    if (character === '"') {
      return this.take(STRING);
    }
    if (/[-\d]/.test(character)) {
      const from = this.at;
      if (this.take(NUMBER) && !/[\w.]/.test(this.text[this.at] ?? '')) {
        return true;
      }
      this.at = from;
      return false;
    }
    const name = this.word();
    if (name === 'true' || name === 'false' || name === 'null') {
      this.at += name.length;
      return true;
    }
    return false;
  }

  private valueProblem(character: string): string {
    const name = this.word();
    if (name === 'True' || name === 'False' || name === 'None') {
      return t('{0} is Python: write {1}', name, name === 'None' ? 'null' : name.toLowerCase());
    }
    if (name !== undefined || /^-?(?:NaN|Infinity)/.test(this.text.slice(this.at, this.at + 10))) {
      return name === undefined
        ? t('this is not JSON: text goes in double quotes')
        : t('{0} is not JSON: text goes in double quotes', name);
    }
    if (character === '"') {
      return this.stringProblem();
    }
    if (/[-\d]/.test(character)) {
      return t('this is not a number of JSON');
    }
    if (character === "'") {
      return t('use double quotes: "');
    }
    return character === ']' || character === '}'
      ? t('no comma may stand before {0}', character)
      : t('expected a value');
  }

  private stringProblem(): string {
    const end = /"(?:[^"\\\n]|\\.)*("?)/y;
    end.lastIndex = this.at;
    return end.exec(this.text)?.[1] === '"'
      ? t('this text has a character or an escape that JSON does not allow')
      : t('the closing " is missing');
  }

  private word(): string | undefined {
    WORD.lastIndex = this.at;
    return WORD.exec(this.text)?.[0];
  }

  private take(pattern: RegExp): boolean {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    this.at += found?.[0].length ?? 0;
    return found !== null;
  }

  private space(): void {
    while (/[ \t\r\n]/.test(this.text[this.at] ?? '')) {
      this.at += 1;
    }
  }

  private problem(message: string): Found {
    return { offset: this.at, message };
  }
}

/** Wider lists than this are broken over lines, in characters. */
const WIDTH = 80;

/** The JSON text laid out for reading, its numbers and names untouched; undefined when it is not JSON. */
export function prettyJson(text: string): string | undefined {
  return checkJson(text) === undefined ? layOut(text) : undefined;
}

/** The same for the beginning of a JSON text. */
export function layOut(text: string): string {
  const pieces = text.match(/"(?:[^"\\]|\\.)*"?|[{}[\],:]|[^\s{}[\],:"]+/g) ?? [];
  const ends = closings(pieces);
  const out: string[] = [];
  let depth = 0;
  let inline = -1;
  const newline = (): void => {
    out.push(`\n${'  '.repeat(depth)}`);
  };
  pieces.forEach((piece, at) => {
    if (piece === '{' || piece === '[') {
      const end = ends.get(at);
      out.push(piece);
      if (end !== undefined && inline < at && fits(pieces, at, end, depth * 2)) {
        inline = end;
      }
      depth += 1;
      if (inline < at) {
        newline();
      }
    } else if (piece === '}' || piece === ']') {
      depth -= 1;
      if (inline < at) {
        newline();
      }
      out.push(piece);
    } else if (piece === ',') {
      out.push(',');
      if (inline < at) {
        newline();
      } else {
        out.push(' ');
      }
    } else {
      out.push(piece === ':' ? ': ' : piece);
    }
  });
  return out.join('');
}

/** Where each bracket is closed. */
function closings(pieces: readonly string[]): Map<number, number> {
  const ends = new Map<number, number>();
  const open: number[] = [];
  pieces.forEach((piece, at) => {
    if (piece === '{' || piece === '[') {
      open.push(at);
    } else if (piece === '}' || piece === ']') {
      ends.set(open.pop() ?? 0, at);
    }
  });
  return ends;
}

/** Lists, and empty objects, stand on one line where they fit; an object with names is easier to read broken. */
function fits(pieces: readonly string[], from: number, to: number, indent: number): boolean {
  if (to === from + 1) {
    return true;
  }
  let width = indent;
  for (let at = from; at <= to; at++) {
    const piece = pieces[at] ?? '';
    width += piece.length + (piece === ',' ? 1 : 0);
    if (width > WIDTH || piece === '{') {
      return false;
    }
  }
  return true;
}
