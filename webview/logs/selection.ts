/** The row that is current, and those from another one to it; by the ids of the rows, which grow down the list. */
export class Selection {
  private at: number | undefined;
  private other: number | undefined;

  get current(): number | undefined {
    return this.at;
  }

  /** The first and the last of the rows. */
  get range(): readonly [number, number] | undefined {
    const { at, other = at } = this;
    return at === undefined || other === undefined ? undefined : [Math.min(at, other), Math.max(at, other)];
  }

  has(row: number): boolean {
    const { range } = this;
    return range !== undefined && range[0] <= row && row <= range[1];
  }

  /** @param further from the row that was selected before to this one */
  select(row: number | undefined, further = false): void {
    this.other = further ? (this.other ?? this.at) : undefined;
    this.at = row;
  }

  between(first: number, last: number): void {
    this.other = first;
    this.at = last;
  }
}
