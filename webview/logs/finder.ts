import { t } from '../common/l10n';
import type { Filter } from './filter';
import { literalOf } from './literal';
import { isQuick, work } from './patternWork';
import type { PatternAnswer, PatternEngine } from './patternWork';
import { eachLine, placesIn, plainPattern } from './plainText';
import type { Piece } from './store';

/** Which lines of a piece match: 1 for each that does. */
export type Found = Uint8Array;

/** Looks for what is searched. */
export interface Finder {
  /** A piece of the log; some finders take a while. */
  lines(piece: Piece): Found | Promise<Found>;
  /** Where in a text: from, to, from, to …; what is not known yet is told later. */
  places(text: string): readonly number[];
  /** Lines of which only the beginning was looked through. */
  readonly partly: number;
  dispose(): void;
}

/** Why nothing can be searched. */
export interface BadPattern {
  readonly message: string;
}

/**
 * What the filter searches for; undefined when it searches for nothing.
 * @param told places that were asked for are known
 * @param oldest number of the oldest line that is held
 */
export function toFinder(
  filter: Filter,
  patterns: PatternEngine,
  told: () => void,
  oldest: () => number,
): Finder | BadPattern | undefined {
  if (filter.text === '') {
    return undefined;
  }
  if (!filter.regex) {
    return new PlainFinder(filter.text, filter.matchCase);
  }
  try {
    const flags = filter.matchCase ? 'gmu' : 'gimu';
    const pattern = new RegExp(filter.text, flags);
    return pattern.test('')
      ? { message: t('matches everything') }
      : new PatternFinder(filter.text, flags, patterns, told, oldest);
  } catch {
    return { message: t('not a regular expression') };
  }
}

class PlainFinder implements Finder {
  readonly partly = 0;
  private readonly pattern: RegExp;

  constructor(text: string, matchCase: boolean) {
    this.pattern = plainPattern(text, matchCase);
  }

  lines(piece: Piece): Found {
    const found = new Uint8Array(piece.to - piece.from);
    for (const index of this.linesWith(piece)) {
      found[index - piece.from] = 1;
    }
    return found;
  }

  /** Their places in the chunk. */
  linesWith({ chunk, from, to }: Piece): readonly number[] {
    const lines: number[] = [];
    const start = chunk.textStart(from);
    eachLine(chunk.textOf(from, to), this.pattern, { ends: chunk.textEnds, from, to, start }, (index) => {
      lines.push(index);
    });
    return lines;
  }

  places(text: string): readonly number[] {
    return placesIn(text, this.pattern);
  }

  dispose(): void {
    // Nothing is held.
  }
}

/** Texts whose places are kept. */
const KEPT = 2000;

/** Lines that a pattern is tried on. */
interface Texts {
  readonly text: string;
  readonly ends: Uint32Array;
}

interface Candidates extends Texts {
  /** Their places in the chunk. */
  readonly lines: readonly number[];
}

function all({ chunk, from, to }: Piece): Texts {
  const start = chunk.textStart(from);
  return { text: chunk.textOf(from, to), ends: chunk.textEnds.slice(from, to).map((end) => end - start) };
}

class PatternFinder implements Finder {
  partly = 0;
  private readonly known = new Map<string, readonly number[]>();
  private asked: string[] = [];
  private isAsking = false;
  private readonly isQuick: boolean;
  private readonly literal: PlainFinder | undefined;

  constructor(
    private readonly source: string,
    private readonly flags: string,
    private readonly patterns: PatternEngine,
    private readonly told: () => void,
    private readonly oldest: () => number,
  ) {
    this.isQuick = isQuick(source);
    const literal = literalOf(source);
    this.literal = literal === undefined ? undefined : new PlainFinder(literal, !flags.includes('i'));
  }

  lines(piece: Piece): Found | Promise<Found> {
    const { source, flags } = this;
    if (this.isQuick) {
      return this.take(piece, work({ id: 0, source, flags, ...all(piece) }));
    }
    const some = this.candidates(piece);
    if (some?.lines.length === 0) {
      return new Uint8Array(piece.to - piece.from);
    }
    const task = { source, flags, ...(some && { text: some.text, ends: some.ends }) };
    const { chunk, from, to } = piece;
    if (some !== undefined) {
      return this.patterns.ask(task).then((answer) => this.take(piece, answer, some.lines));
    }
    const isFull = from === 0 && to === chunk.room;
    const asked = isFull
      ? this.patterns.ask(task, { key: chunk.base, oldest: this.oldest(), read: () => all(piece) })
      : this.patterns.ask({ ...task, ...all(piece) });
    return asked.then((answer) => this.take(piece, answer));
  }

  /** @param lines that were asked about, by their places in the chunk; undefined: all of the piece */
  private take({ from, to }: Piece, { partly, lines: answered }: PatternAnswer, lines?: readonly number[]): Found {
    this.partly += partly;
    if (lines === undefined) {
      return answered ?? new Uint8Array(to - from);
    }
    const found = new Uint8Array(to - from);
    lines.forEach((line, at) => {
      found[line - from] = answered?.[at] ?? 0;
    });
    return found;
  }

  /** Only lines with what the pattern cannot do without: few texts go to the worker then. Undefined: too many have it. */
  private candidates(piece: Piece): Candidates | undefined {
    const lines = this.literal?.linesWith(piece);
    if (lines === undefined || lines.length > (piece.to - piece.from) / 2) {
      return undefined;
    }
    let end = 0;
    const texts = lines.map((line) => piece.chunk.textOf(line, line + 1));
    return { text: texts.join(''), ends: Uint32Array.from(texts, ({ length }) => (end += length)), lines };
  }

  places(text: string): readonly number[] {
    const known = this.known.get(text);
    if (known !== undefined) {
      return known;
    }
    if (this.isQuick) {
      const { source, flags } = this;
      return work({ id: 0, source, flags, texts: [text] }).places?.[0] ?? [];
    }
    this.known.set(text, []);
    this.asked.push(text);
    if (!this.isAsking) {
      this.isAsking = true;
      queueMicrotask(() => void this.ask());
    }
    return [];
  }

  dispose(): void {
    this.patterns.end(new Error(t('nobody asks any more')));
  }

  private async ask(): Promise<void> {
    const texts = this.asked;
    this.asked = [];
    this.isAsking = false;
    if (this.known.size > KEPT) {
      this.known.clear();
    }
    const { source, flags } = this;
    // Too slow for these texts: they are shown without marks.
    const answer = await this.patterns.ask({ source, flags, texts }).catch(() => undefined);
    texts.forEach((text, at) => this.known.set(text, answer?.places?.[at] ?? []));
    if (answer?.places?.some(({ length }) => length > 0) === true) {
      this.told();
    }
  }
}
