/** What a key does to a text of JSON beside writing itself. Places are from 0. */
export interface KeyEdit {
  /** What is replaced … */
  readonly from: number;
  readonly to: number;
  /** … by what; both empty: only the caret moves. */
  readonly insert: string;
  readonly caret: readonly [from: number, to: number];
}

const CLOSING: Readonly<Record<string, string>> = { '{': '}', '[': ']', '"': '"' };
const INDENT = '  ';

/** For a text whose characters `from` to `to` are selected; undefined: the key does what it always does. */
export function keyEdit(text: string, from: number, to: number, key: string): KeyEdit | undefined {
  switch (key) {
    case 'Enter':
      return isInText(text, from) ? undefined : lineBreak(text, from, to);
    case 'Backspace':
      return from === to && from > 0 && CLOSING[text[from - 1] ?? ''] === text[from] && !isEscaped(text, from - 1)
        ? { from: from - 1, to: from + 1, insert: '', caret: [from - 1, from - 1] }
        : undefined;
    case '{':
    case '[':
      return isInText(text, from) ? undefined : pair(text, from, to, key);
    case '"':
      return quote(text, from, to);
    case '}':
    case ']':
      return isInText(text, from) ? undefined : closing(text, from, to, key);
    default:
      return undefined;
  }
}

/** A line break that keeps the indent, deeper after an open bracket, whose end goes onto a line of its own. */
function lineBreak(text: string, from: number, to: number): KeyEdit {
  const line = text.slice(text.lastIndexOf('\n', from - 1) + 1, from);
  const indent = /^[ \t]*/.exec(line)?.[0] ?? '';
  const open = /[{[]$/.exec(line.trimEnd())?.[0];
  if (open === undefined) {
    const insert = `\n${indent}`;
    return { from, to, insert, caret: [from + insert.length, from + insert.length] };
  }
  const before = `\n${indent}${INDENT}`;
  const after = text[to] === CLOSING[open] ? `\n${indent}` : '';
  const caret = from + before.length;
  return { from, to, insert: before + after, caret: [caret, caret] };
}

/** Both brackets, around what is selected, or in place of the whole text; only one where a value follows. */
function pair(text: string, from: number, to: number, open: string): KeyEdit | undefined {
  if (from === 0 && to === text.length) {
    return { from, to, insert: `${open}${CLOSING[open] ?? ''}`, caret: [1, 1] };
  }
  if (from === to && !/^(?:[\s}\],]|$)/.test(text.slice(to, to + 1))) {
    return undefined;
  }
  return {
    from,
    to,
    insert: `${open}${text.slice(from, to)}${CLOSING[open] ?? ''}`,
    caret: [from + 1, to + 1],
  };
}

function quote(text: string, from: number, to: number): KeyEdit | undefined {
  if (!isInText(text, from)) {
    return pair(text, from, to, '"');
  }
  const ends = from === to && text[from] === '"' && !isEscaped(text, from);
  return ends ? { from, to: from, insert: '', caret: [from + 1, from + 1] } : undefined;
}

/** A bracket that is there already is passed over; on a line of its own it goes back by one indent. */
function closing(text: string, from: number, to: number, key: string): KeyEdit | undefined {
  if (from === to && text[from] === key) {
    return { from, to, insert: '', caret: [from + 1, from + 1] };
  }
  const line = text.slice(text.lastIndexOf('\n', from - 1) + 1, from);
  if (!line.endsWith(INDENT) || line.trim() !== '') {
    return undefined;
  }
  const start = from - INDENT.length;
  return { from: start, to, insert: key, caret: [start + 1, start + 1] };
}

/** Whether a place is within a text in quotes; they end with their line. */
function isInText(text: string, at: number): boolean {
  let inside = false;
  for (let place = text.lastIndexOf('\n', at - 1) + 1; place < at; place++) {
    if (text[place] === '\\' && inside) {
      place += 1;
    } else if (text[place] === '"') {
      inside = !inside;
    }
  }
  return inside;
}

function isEscaped(text: string, at: number): boolean {
  let slashes = 0;
  while (text[at - 1 - slashes] === '\\') {
    slashes += 1;
  }
  return slashes % 2 === 1;
}
