import { h } from '../common/dom';
import type { Child } from '../common/dom';

export interface Searched {
  readonly pattern: RegExp | undefined;
  /** Whether the current match is in this line. */
  readonly current: boolean;
}

/** The text with what was searched for marked. */
export function marked(text: string, { pattern, current }: Searched): readonly Child[] {
  if (pattern === undefined || text === '') {
    return [text];
  }
  const parts: Child[] = [];
  let from = 0;
  for (const match of text.matchAll(pattern)) {
    parts.push(
      text.slice(from, match.index),
      h('mark', { class: current && parts.length === 0 ? 'now' : '' }, match[0]),
    );
    from = match.index + match[0].length;
  }
  parts.push(text.slice(from));
  return parts;
}
