import type { StyledPart } from '../../protocol/logPanel';

/** A text as a terminal would leave it: without what steers one, its colours apart. */
export interface TerminalText {
  readonly text: string;
  readonly styles?: readonly StyledPart[];
}

/** Anything that a plain text has not. */
const STEERED = /[\u0000-\u0008\u000b-\u001f\u007f\u009b]/;
/** One sequence (CSI, OSC and other strings, the others) or one other control character. */
const SEQUENCE =
  /(?:\u001b\[|\u009b)([0-?]*)[ -/]*([@-~])|\u001b[\]PX^_][^\u0007\u001b]*(?:\u0007|\u001b\\|$)|\u001b[ -/]*[0-~]?|[\u0000-\u0008\u000b-\u001f\u007f\u009b]/g;

/** Styles that one text may have; a text with more is shown without the others. */
const MOST_STYLES = 500;

/**
 * Colours and weights as classes of the page; everything else that steers a terminal is left out. Of a line that was
 * written over (a progress bar), its last state stays. Total.
 */
export function toTerminalText(raw: string): TerminalText {
  if (!STEERED.test(raw)) {
    return { text: raw };
  }
  const source = raw.includes('\r') ? raw.split('\n').map(lastState).join('\n') : raw;
  const styles: StyledPart[] = [];
  let look = PLAIN;
  let text = '';
  let from = 0;
  const take = (part: string): void => {
    const name = classOf(look);
    if (part !== '' && name !== '' && styles.length < MOST_STYLES) {
      styles.push([text.length, text.length + part.length, name]);
    }
    text += part;
  };
  for (const match of source.matchAll(SEQUENCE)) {
    take(source.slice(from, match.index));
    from = match.index + match[0].length;
    const [, parameters = '', final] = match;
    if (final === 'm') {
      look = turned(look, parameters);
    }
  }
  take(source.slice(from));
  return styles.length === 0 ? { text } : { text, styles };
}

/** What is left of a line that was written over and over. */
function lastState(line: string): string {
  return line.split('\r').findLast((part) => part.trim() !== '') ?? '';
}

interface Look {
  readonly foreground: number | undefined;
  readonly background: number | undefined;
  readonly marks: string;
}

const PLAIN: Look = { foreground: undefined, background: undefined, marks: '' };
/** Weights: bold, dim, italic, underlined. */
const MARKS: Readonly<Record<number, string>> = { 1: 'b', 2: 'd', 3: 'i', 4: 'u' };

function classOf({ foreground, background, marks }: Look): string {
  return [
    ...Array.from(marks, (mark) => `t-${mark}`),
    ...(foreground === undefined ? [] : [`t-f${String(foreground)}`]),
    ...(background === undefined ? [] : [`t-g${String(background)}`]),
  ].join(' ');
}

/** The look after a sequence "select graphic rendition". Colours that are none of the 16 of a theme are left out. */
function turned(before: Look, parameters: string): Look {
  const codes = parameters.split(/[;:]/).map(Number);
  let look = before;
  for (let at = 0; at < codes.length; at++) {
    const code = codes[at] ?? 0;
    if (code === 38 || code === 48) {
      const [kind, value] = [codes[at + 1], codes[at + 2]];
      const colour = kind === 5 && value !== undefined && value < 16 ? value : undefined;
      look = code === 38 ? { ...look, foreground: colour } : { ...look, background: colour };
      at += kind === 5 ? 2 : kind === 2 ? 4 : 0;
    } else {
      look = step(look, code);
    }
  }
  return look;
}

function step(look: Look, code: number): Look {
  const mark = MARKS[code];
  if (mark !== undefined) {
    return { ...look, marks: look.marks.includes(mark) ? look.marks : look.marks + mark };
  }
  if (code === 0) {
    return PLAIN;
  }
  if (code === 22) {
    return { ...look, marks: look.marks.replace(/[bd]/g, '') };
  }
  if (code === 23 || code === 24) {
    return { ...look, marks: look.marks.replace(code === 23 ? 'i' : 'u', '') };
  }
  const tens = Math.floor(code / 10);
  const colour = code % 10;
  if (colour < 8 && (tens === 3 || tens === 9)) {
    return { ...look, foreground: colour + (tens === 9 ? 8 : 0) };
  }
  if (colour < 8 && (tens === 4 || tens === 10)) {
    return { ...look, background: colour + (tens === 10 ? 8 : 0) };
  }
  return code === 39 ? { ...look, foreground: undefined } : code === 49 ? { ...look, background: undefined } : look;
}
