/** Numbers that only grow, four bytes each: appended at the end, forgotten at the beginning, found by halving. */
export class IdList {
  private values = new Uint32Array(1024);
  private head = 0;
  private end = 0;

  get length(): number {
    return this.end - this.head;
  }

  at(index: number): number | undefined {
    return index < 0 || index >= this.length ? undefined : this.values[this.head + index];
  }

  get last(): number | undefined {
    return this.at(this.length - 1);
  }

  push(value: number): void {
    if (this.end === this.values.length) {
      this.grow();
    }
    this.values[this.end] = value;
    this.end += 1;
  }

  /** How many are less than a value: its place, where it is in the list. */
  below(value: number): number {
    let from = this.head;
    let to = this.end;
    while (from < to) {
      const middle = (from + to) >>> 1;
      if ((this.values[middle] ?? 0) < value) {
        from = middle + 1;
      } else {
        to = middle;
      }
    }
    return from - this.head;
  }

  /** Place of a value; undefined when it is not there. */
  indexOf(value: number): number | undefined {
    const index = this.below(value);
    return this.at(index) === value ? index : undefined;
  }

  has(value: number): boolean {
    return this.indexOf(value) !== undefined;
  }

  /** Forgets those that are less than a value; how many they were. */
  dropBelow(value: number): number {
    const count = this.below(value);
    this.head += count;
    return count;
  }

  private grow(): void {
    const { length } = this;
    // What was forgotten at the beginning makes room first.
    const next = this.head > this.values.length / 2 ? this.values : new Uint32Array(this.values.length * 2);
    if (next === this.values) {
      next.copyWithin(0, this.head, this.end);
    } else {
      next.set(this.values.subarray(this.head, this.end));
    }
    this.values = next;
    this.head = 0;
    this.end = length;
  }
}
