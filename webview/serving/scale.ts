/** A lower maximum is taken after so many milliseconds in which it would have been enough. */
const SHRINK_MS = 60_000;
const STEPS = [1, 2, 4, 6, 8, 10];

/** The top of a chart: round, grows at once, shrinks after a minute, so that a chart is not drawn anew all the time. */
export class Scale {
  private top = 0;
  private enoughSince: number | undefined;
  /** The highest that was enough since then. */
  private enough = 0;

  /** @param least the top is never below. */
  constructor(private readonly least: number) {}

  topFor(highest: number, now: number): number {
    const wanted = roundTop(Math.max(highest, this.least));
    if (wanted >= this.top) {
      this.top = wanted;
      this.enoughSince = undefined;
      return this.top;
    }
    this.enough = this.enoughSince === undefined ? wanted : Math.max(this.enough, wanted);
    this.enoughSince ??= now;
    if (now - this.enoughSince >= SHRINK_MS) {
      this.top = this.enough;
      this.enoughSince = undefined;
    }
    return this.top;
  }
}

/** The next number whose half is round, too: 1, 2, 4, 6, 8, 10, 20 … */
export function roundTop(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  const step = STEPS.find((each) => value <= each * power * 1.000001) ?? 10;
  return step * power;
}
