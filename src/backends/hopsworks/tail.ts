/** What Hopsworks tells of an instance at the most, in bytes. */
const MOST_BYTES = 50_000;
/** Lines that are kept to find the place again. */
const KEPT = 5000;
/** Fewer lines that look alike may do so by chance. */
const SURE = 3;

export interface News {
  readonly lines: readonly string[];
  /** There may have been others before them. */
  readonly gap: boolean;
}

/** The end of one growing text of which the last lines are seen again and again. */
export class Tail {
  private seen: readonly string[] = [];
  /** Lines of all that there was, as long as all of it was seen. */
  private total: number | undefined = 0;
  /** A last line without its end, as it was seen last … */
  private open = '';
  /** … and what of it was told, as it had stayed as it was. */
  private toldOfOpen = '';

  /** `isLate`: it was not there when the reading began, so that all its lines are news. */
  constructor(private readonly isLate: boolean) {}

  /** Whether more lines have to be asked for to find the place where the news begin. */
  needsMore(content: string, asked: number): boolean {
    const seen = split(content);
    if (isCut(content) || isWhole(seen, asked)) {
      return false;
    }
    return this.seen.length === 0
      ? this.isLate
      : overlap(this.seen, seen.lines).length < Math.min(SURE, this.seen.length);
  }

  /** `isLast`: what has no end is a line as well. */
  take(content: string, asked: number, isLast: boolean, cut = isCut(content)): News {
    const got = split(content);
    // Of what was cut off, the first or the last line is not all there.
    const lines = cut ? got.lines.slice(1) : got.lines;
    const news = this.compare(lines, !cut && isWhole(got, asked));
    if (lines.length > 0) {
      this.seen = lines.slice(-KEPT);
    }
    const fresh = [...this.afterTold(news.lines)];
    if (!cut && got.rest !== '' && (isLast || got.rest === this.open) && got.rest !== this.toldOfOpen) {
      fresh.push(got.rest.startsWith(this.toldOfOpen) ? got.rest.slice(this.toldOfOpen.length) : got.rest);
      this.toldOfOpen = got.rest;
    }
    this.open = cut ? '' : got.rest;
    return { lines: fresh, gap: news.gap };
  }

  /** Without what was told of the first one while it had no end. */
  private afterTold(lines: readonly string[]): readonly string[] {
    const [first, ...others] = lines;
    const told = this.toldOfOpen;
    if (first === undefined || told === '') {
      return lines;
    }
    this.toldOfOpen = '';
    if (!first.startsWith(told)) {
      return lines;
    }
    return first === told ? others : [first.slice(told.length), ...others];
  }

  private compare(lines: readonly string[], whole: boolean): News {
    const [seen, total] = [this.seen, this.total];
    this.total = whole ? lines.length : undefined;
    if (seen.length === 0) {
      return { lines, gap: this.isLate && !whole };
    }
    if (whole && total !== undefined && total <= lines.length && continues(seen, lines, total)) {
      return { lines: lines.slice(total), gap: false };
    }
    const { end, length } = overlap(seen, lines);
    // All of it, and nothing that was there before: the same instance was started again.
    return { lines: lines.slice(end), gap: !whole && lines.length > 0 && length < Math.min(SURE, seen.length) };
  }
}

/** Whether Hopsworks told less than was asked for as it would have been too much. */
export function isCut(content: string): boolean {
  return Buffer.byteLength(content) >= MOST_BYTES;
}

/** Whether the lines that were seen are where they have to be when there were `total` of them. */
function continues(seen: readonly string[], lines: readonly string[], total: number): boolean {
  const from = total - seen.length;
  return seen.every((line, index) => lines[from + index] === line);
}

/**
 * Where in the lines that comes after what was seen, and how many of them were seen. The longest match counts, and of
 * equal ones the last, so that nothing is told twice.
 */
function overlap(seen: readonly string[], lines: readonly string[]): { readonly length: number; readonly end: number } {
  let best = { length: 0, end: 0 };
  for (let end = lines.length; end > best.length && best.length < seen.length; end--) {
    let length = 0;
    while (length < end && length < seen.length && seen[seen.length - 1 - length] === lines[end - 1 - length]) {
      length++;
    }
    // It has to reach back to the beginning of one of the two: else the lines only look alike.
    if (length > best.length && (length === end || length === seen.length)) {
      best = { length, end };
    }
  }
  return best;
}

interface Split {
  readonly lines: readonly string[];
  readonly rest: string;
}

function isWhole({ lines, rest }: Split, asked: number): boolean {
  return lines.length + (rest === '' ? 0 : 1) < asked;
}

function split(content: string): Split {
  const parts = content.split(/\r?\n/);
  const rest = parts.pop() ?? '';
  return { lines: parts, rest };
}
