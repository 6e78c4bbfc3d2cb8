/** Widths of a bar in milliseconds: each is a whole number of the one before. */
const S = 1000;
const H = 3600 * S;
const WIDTHS: readonly number[] = [
  ...[S, 2 * S, 6 * S, 12 * S, 60 * S, 120 * S, 360 * S, 720 * S],
  ...[H, 2 * H, 6 * H, 12 * H, 24 * H, 48 * H, 144 * H, 720 * H, 8640 * H, 86_400 * H],
];
/** Bars at the most. */
const MOST = 120;

/** Lines of one bar by level: DEBUG, INFO, WARN, ERROR. */
export type Bar = readonly number[];

/** How many lines of each level there were over time, in bars that get wider as the time gets longer. */
export class Histogram {
  private size = 0;
  private counts = new Map<number, Uint32Array>();
  private low = Infinity;
  private high = -Infinity;
  /** The bar of the line that came last. */
  private bar: Uint32Array = new Uint32Array(4);
  private barFrom = Infinity;
  private barTo = -Infinity;
  /** Changes with each change. */
  version = 0;

  /** Milliseconds of one bar. */
  get width(): number {
    return WIDTHS[this.size] ?? 86_400 * H;
  }

  /** Beginning of the first bar, milliseconds since 1970; undefined without any line. */
  get from(): number | undefined {
    return this.low === Infinity ? undefined : this.low * this.width;
  }

  /** End of the last bar. */
  get to(): number {
    return (this.high + 1) * this.width;
  }

  add(time: number, level: number): void {
    this.version += 1;
    // Lines come in the order of time: nearly all are in the same bar as the one before.
    if (time >= this.barFrom && time < this.barTo) {
      this.bar[level] = (this.bar[level] ?? 0) + 1;
      return;
    }
    let at = Math.floor(time / this.width);
    if (at < this.low || at > this.high) {
      this.low = Math.min(this.low, at);
      this.high = Math.max(this.high, at);
      while (this.high - this.low >= MOST && this.size < WIDTHS.length - 1) {
        this.widen();
      }
      at = Math.floor(time / this.width);
    }
    const bar = this.counts.get(at) ?? new Uint32Array(4);
    this.counts.set(at, bar);
    bar[level] = (bar[level] ?? 0) + 1;
    this.bar = bar;
    this.barFrom = at * this.width;
    this.barTo = this.barFrom + this.width;
  }

  /** A line that was added is gone. */
  remove(time: number, level: number): void {
    const at = Math.floor(time / this.width);
    const bar = this.counts.get(at);
    if (bar === undefined || bar[level] === 0) {
      return;
    }
    this.version += 1;
    bar[level] = (bar[level] ?? 0) - 1;
    if (bar.every((count) => count === 0)) {
      this.counts.delete(at);
      this.barTo = -Infinity;
      while (this.low < this.high && !this.counts.has(this.low)) {
        this.low += 1;
      }
    }
  }

  /** All bars from the first to the last, empty ones too. */
  bars(): readonly Bar[] {
    if (this.low === Infinity) {
      return [];
    }
    return Array.from({ length: this.high - this.low + 1 }, (_, at) => [
      ...(this.counts.get(this.low + at) ?? [0, 0, 0, 0]),
    ]);
  }

  private widen(): void {
    const before = this.width;
    this.size += 1;
    this.barTo = -Infinity;
    const times = this.width / before;
    const { counts } = this;
    this.counts = new Map();
    for (const [at, bar] of counts) {
      const to = Math.floor(at / times);
      const sum = this.counts.get(to) ?? new Uint32Array(4);
      this.counts.set(
        to,
        sum.map((count, level) => count + (bar[level] ?? 0)),
      );
    }
    this.low = Math.floor(this.low / times);
    this.high = Math.floor(this.high / times);
  }
}
