import { layOut, prettyJson } from '../../src/core/jsonText';
import { h } from './dom';
import type { Child, VElement } from './dom';
import { tokens } from './json';

/** Longer texts are not coloured, in characters: each piece is an element. */
const LONGEST_COLOURED = 40_000;

/** The text in coloured pieces. */
export function coloured(text: string): readonly (VElement | string)[] {
  return tokens(text).map((token) =>
    token.kind === 'plain' ? token.text : h('span', { class: `tk-${token.kind}` }, token.text),
  );
}

/** A body as it is read: JSON laid out and coloured, anything else as it is. @param isCut whether it is only the beginning */
export function readableBody(body: string, isCut: boolean): readonly Child[] {
  const pretty = isCut ? prettyPart(body) : prettyJson(body);
  if (pretty === undefined) {
    return [body];
  }
  return pretty.length > LONGEST_COLOURED ? [pretty] : coloured(pretty);
}

/** The beginning of a JSON text; of anything else undefined. */
function prettyPart(body: string): string | undefined {
  return /^\s*[[{]/.test(body) ? layOut(body) : undefined;
}
