import type { RowIds, RowSelection } from '../common/list/listKeys';

/** The record that is current, and those that are selected with it, by their numbers. */
export class Picked implements RowSelection {
  private at: number | undefined;
  /** Where a selection of several begins. */
  private start: number | undefined;
  private several: ReadonlySet<number> = new Set();

  constructor(private readonly rows: () => RowIds) {}

  get current(): number | undefined {
    return this.at;
  }

  get count(): number {
    return Math.max(this.several.size, this.at === undefined ? 0 : 1);
  }

  has(number: number): boolean {
    return this.at === number || this.several.has(number);
  }

  select(number: number | undefined, further = false): void {
    if (further && number !== undefined) {
      this.start ??= this.at ?? number;
      this.several = this.range(this.start, number);
    } else {
      this.start = undefined;
      this.several = new Set();
    }
    this.at = number;
  }

  /** One more, or one less, of those that are selected. */
  toggle(number: number): void {
    const several = new Set(this.several.size === 0 && this.at !== undefined ? [this.at] : this.several);
    if (!several.delete(number)) {
      several.add(number);
    }
    this.several = several;
    this.start = undefined;
    this.at = number;
  }

  between(first: number, last: number): void {
    this.start = first;
    this.at = last;
    this.several = this.range(first, last);
  }

  /** Those that are selected, in the order in which they are shown. */
  list(): readonly number[] {
    const rows = this.rows();
    const all = this.several.size === 0 ? (this.at === undefined ? [] : [this.at]) : [...this.several];
    return all
      .filter((number) => rows.indexOf(number) !== undefined)
      .sort((a, b) => (rows.indexOf(a) ?? 0) - (rows.indexOf(b) ?? 0));
  }

  private range(a: number, b: number): ReadonlySet<number> {
    const rows = this.rows();
    const [from, to] = [rows.indexOf(a) ?? 0, rows.indexOf(b) ?? 0].sort((x, y) => x - y) as [number, number];
    return new Set(Array.from({ length: to - from + 1 }, (_, at) => rows.at(from + at) ?? -1));
  }
}
