import { t } from '../common/l10n';
import type { Filter } from './filter';
import type { PatternEngine } from './patternWork';
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

/** What the filter searches for; undefined when it searches for nothing. @param told places that were asked for are known */
export function toFinder(filter: Filter, patterns: PatternEngine, told: () => void): Finder | BadPattern | undefined {
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
      : new PatternFinder(filter.text, flags, patterns, told);
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

  lines({ chunk, from, to }: Piece): Found {
    const found = new Uint8Array(to - from);
    const start = chunk.textStart(from);
    eachLine(chunk.textOf(from, to), this.pattern, { ends: chunk.textEnds, from, to, start }, (index) => {
      found[index - from] = 1;
    });
    return found;
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

class PatternFinder implements Finder {
  partly = 0;
  private readonly known = new Map<string, readonly number[]>();
  private asked: string[] = [];
  private isAsking = false;

  constructor(
    private readonly source: string,
    private readonly flags: string,
    private readonly patterns: PatternEngine,
    private readonly told: () => void,
  ) {}

  async lines({ chunk, from, to }: Piece): Promise<Found> {
    const start = chunk.textStart(from);
    const ends = chunk.textEnds.slice(from, to).map((end) => end - start);
    const { source, flags } = this;
    const answer = await this.patterns.ask({ source, flags, text: chunk.textOf(from, to), ends });
    this.partly += answer.partly;
    return answer.lines ?? new Uint8Array(to - from);
  }

  places(text: string): readonly number[] {
    const known = this.known.get(text);
    if (known !== undefined) {
      return known;
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
