import type { StyledPart } from '../../src/protocol/logPanel';
import { h } from '../common/dom';
import type { Child } from '../common/dom';
import { t } from '../common/l10n';

export interface Searched {
  /** Where in a text what is searched for is: from, to, from, to …; undefined when nothing is searched for. */
  readonly places: ((text: string) => readonly number[]) | undefined;
  /** Whether the current match is in this line. */
  readonly current: boolean;
}

/** Characters that are drawn of one text. */
const DRAWN = 2000;

/** The text with what was searched for marked, in the colours that its program gave it. */
export function marked(
  text: string,
  { places, current }: Searched,
  styles: readonly StyledPart[] = [],
  most = DRAWN,
): readonly Child[] {
  const shown = text.length > most ? text.slice(0, most) : text;
  const more =
    text.length > most ? h('span', { class: 'dim cut' }, t(' … {0} more', String(text.length - most))) : undefined;
  const found = places === undefined || shown === '' ? [] : places(shown);
  if (found.length === 0 && styles.length === 0) {
    return [shown, more];
  }
  const edges = new Set([0, shown.length, ...found, ...styles.flatMap(([from, to]) => [from, to])]);
  const cuts = [...edges].filter((edge) => edge <= shown.length).sort((a, b) => a - b);
  const parts: Child[] = [];
  cuts.forEach((from, at) => {
    const to = cuts[at + 1];
    if (to === undefined) {
      return;
    }
    const piece = shown.slice(from, to);
    const style = styles.find(([start, end]) => start <= from && to <= end)?.[2];
    const hit = hitAt(found, from);
    const coloured = style === undefined ? piece : h('span', { class: style }, piece);
    parts.push(hit === undefined ? coloured : h('mark', { class: current && hit === 0 ? 'now' : '' }, coloured));
  });
  return [...parts, more];
}

/** Which of the places, from 0, a character is in. */
function hitAt(found: readonly number[], character: number): number | undefined {
  for (let at = 0; at < found.length; at += 2) {
    if ((found[at] ?? 0) <= character && character < (found[at + 1] ?? 0)) {
      return at / 2;
    }
  }
  return undefined;
}
