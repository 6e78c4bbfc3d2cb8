/** What is drawn for a row, as far as it is of interest here. */
interface Keyed {
  readonly props: { readonly key?: string };
}

/**
 * Which element draws which row. Where no row stays in sight the new ones take the elements of the old: to make and lay
 * out others would take twice as long.
 */
export class Elements {
  /** Number of the element of each row that is drawn, by the row's key. */
  private numbers = new Map<string, number>();
  private made = 0;

  /** The rows with their elements' numbers as keys. */
  take<Row extends Keyed>(rows: readonly (Row | undefined)[]): readonly Row[] {
    const shown = rows.filter((row) => row !== undefined);
    const keys = shown.map(({ props }) => props.key ?? '');
    const stays = keys.some((key) => this.numbers.has(key));
    const free = stays ? [] : [...this.numbers.values()];
    this.numbers = new Map(keys.map((key) => [key, this.numbers.get(key) ?? free.shift() ?? this.made++]));
    return shown.map((row, at) => ({
      ...row,
      props: { ...row.props, key: String(this.numbers.get(keys[at] ?? '')) },
    }));
  }
}
