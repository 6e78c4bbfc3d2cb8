/** Lines of a text that is many lines one after the other. */
export interface Lines {
  /** Where each line ends. */
  readonly ends: Uint32Array;
  readonly from: number;
  readonly to: number;
  /** Where the text begins, counted as `ends` is. */
  readonly start: number;
}

/** Calls back for each line in which a pattern is found that looks at one line only. */
export function eachLine(
  text: string,
  pattern: RegExp,
  { ends, from, to, start }: Lines,
  found: (index: number) => void,
): void {
  let line = from;
  pattern.lastIndex = 0;
  while (line < to && pattern.test(text)) {
    line = lineOf(ends, pattern.lastIndex - 1 + start, line, to);
    found(line);
    pattern.lastIndex = (ends[line] ?? 0) - start;
    line += 1;
  }
}

/** The line that has a place of the text in it, from `from` on: often that one or a near one. */
function lineOf(ends: Uint32Array, place: number, from: number, to: number): number {
  let low = from;
  let step = 1;
  while (low + step < to && (ends[low + step - 1] ?? 0) <= place) {
    low += step;
    step *= 2;
  }
  let high = Math.min(to - 1, low + step - 1);
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ends[middle] ?? 0) <= place) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

/** A pattern that is a plain text: found by the engine for patterns, which is quicker than any other way that minds no case. */
export function plainPattern(text: string, matchCase: boolean): RegExp {
  return new RegExp(text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'), matchCase ? 'gu' : 'giu');
}

/** Where a pattern is in a text: from, to, from, to … */
export function placesIn(text: string, pattern: RegExp): readonly number[] {
  const places: number[] = [];
  for (const match of text.matchAll(pattern)) {
    places.push(match.index, match.index + match[0].length);
  }
  return places;
}
