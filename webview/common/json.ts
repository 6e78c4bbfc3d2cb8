/** JSON as it is typed, in coloured pieces of its own characters. */
export type TokenKind = 'name' | 'str' | 'num' | 'bool' | 'plain';

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
}

const TOKEN = /("(?:[^"\\\n]|\\.)*"?)(\s*:)?|(-?\d[\d.eE+-]*)|\b(true|false|null)\b|[^"\d\-tfn]+|./gs;

/** The text in coloured pieces; together they are the text, right or wrong. */
export function tokens(text: string): Token[] {
  const found: Token[] = [];
  for (const match of text.matchAll(TOKEN)) {
    const [all, string, colon, number, literal] = match;
    if (string !== undefined) {
      found.push({ kind: colon === undefined ? 'str' : 'name', text: string });
      if (colon !== undefined) {
        found.push({ kind: 'plain', text: colon });
      }
    } else {
      found.push({ kind: number === undefined ? (literal === undefined ? 'plain' : 'bool') : 'num', text: all });
    }
  }
  return found;
}
