import { t } from '../common/l10n';
import { count } from '../common/numbers';
import type { Shown } from './shown';

/** Goes through the lines that match what is searched for. */
export class Matches {
  /** The row that is the current match. */
  private at: number | undefined;

  constructor(private readonly shown: Shown) {}

  /** The lines are other ones. */
  forget(): void {
    this.at = undefined;
  }

  isCurrent(row: number): boolean {
    return this.at === row;
  }

  /** "3 of 17", or what is wrong with the pattern. */
  get text(): string {
    const { view, problem, isBusy } = this.shown;
    if (problem !== undefined) {
      return problem;
    }
    if (!view.isSearching) {
      return '';
    }
    const { matches } = view;
    if (matches.length === 0) {
      return isBusy ? t('Searching…') : t('No match');
    }
    const place = this.at === undefined ? undefined : matches.indexOf(this.at);
    const shown = place === undefined ? '?' : count(place + 1);
    return isBusy ? t('{0} of {1}…', shown, count(matches.length)) : t('{0} of {1}', shown, count(matches.length));
  }

  /** Row of the next match, or of the one before; the first one counts from the row `here`. Undefined when there is none. */
  step(step: 1 | -1, here: number): number | undefined {
    const { matches } = this.shown.view;
    if (matches.length === 0) {
      return undefined;
    }
    const from = this.at ?? here;
    const isThere = matches.has(from);
    const before = matches.below(from);
    // Where nothing is the current match yet, that of the row `here` is the next one.
    const next =
      step === 1
        ? before + (isThere && this.at !== undefined ? 1 : 0)
        : before - (isThere && this.at === undefined ? 0 : 1);
    this.at = matches.at((next + matches.length) % matches.length);
    return this.at;
  }
}
