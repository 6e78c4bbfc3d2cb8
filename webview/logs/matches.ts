import { count } from '../common/numbers';
import type { Shown } from './shown';

/** Goes through the lines that match what is searched for. */
export class Matches {
  private at: number | undefined;

  constructor(private readonly shown: Shown) {}

  /** The lines are other ones. */
  forget(): void {
    this.at = undefined;
  }

  /** Whether the current match is the item at a place of the list. */
  isCurrent(index: number): boolean {
    return this.at !== undefined && this.shown.matches[this.at] === index;
  }

  /** "3 of 17", or what is wrong with the pattern. */
  get text(): string {
    const { searched, problem, matches } = this.shown;
    if (problem !== undefined) {
      return problem;
    }
    if (searched === undefined) {
      return '';
    }
    return matches.length === 0
      ? 'No match'
      : `${this.at === undefined ? '?' : count(this.at + 1)} of ${count(matches.length)}`;
  }

  /** Place of the next match, or of the one before; the first one counts from `here`. Undefined when there is none. */
  step(step: 1 | -1, here: number): number | undefined {
    const { matches } = this.shown;
    if (matches.length === 0) {
      return undefined;
    }
    const first =
      step === 1 ? matches.findIndex((index) => index >= here) : matches.findLastIndex((index) => index <= here);
    const next = this.at === undefined ? (first === -1 ? 0 : first) : this.at + step;
    this.at = (next + matches.length) % matches.length;
    return matches[this.at];
  }
}
