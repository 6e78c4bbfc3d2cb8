/** Lines of a text that is many lines one after the other. */
export interface Lines {
  /** Where each line ends. */
  readonly ends: Uint32Array;
  readonly from: number;
  readonly to: number;
  /** Where the text begins, counted as `ends` is. */
  readonly start: number;
}

/** Calls back for each line in which a text is. */
export function eachLine(
  text: string,
  needle: string,
  { ends, from, to, start }: Lines,
  found: (index: number) => void,
): void {
  let line = from;
  for (let at = text.indexOf(needle); at >= 0 && line < to; ) {
    line = lineOf(ends, at + start, line, to);
    found(line);
    at = text.indexOf(needle, (ends[line] ?? 0) - start);
    line += 1;
  }
}

/** The line that has a place of the text in it, from `from` on. */
function lineOf(ends: Uint32Array, place: number, from: number, to: number): number {
  let low = from;
  let high = to - 1;
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

/** In small letters, each where it was: the one letter of which two are made is taken for another one before. */
export function lowered(text: string): string {
  return text.replaceAll('İ', 'I').toLowerCase();
}

/** Where a text is in another: from, to, from, to … */
export function placesIn(text: string, needle: string, matchCase: boolean): readonly number[] {
  const hay = matchCase ? text : lowered(text);
  const places: number[] = [];
  for (let at = hay.indexOf(needle); at >= 0; at = hay.indexOf(needle, at + needle.length)) {
    places.push(at, at + needle.length);
  }
  return places;
}
