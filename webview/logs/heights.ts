/** Heights of the rows of a long list, in pixels, with their sums: all in O(log n), so that 100,000 rows of any height scroll. */
export class Heights {
  /** A Fenwick tree of the differences from `usual`, from 1. */
  private sums: number[] = [0];
  private differences: number[] = [];

  /** @param usual height of a row that has not been measured */
  constructor(readonly usual: number) {}

  get count(): number {
    return this.differences.length;
  }

  get total(): number {
    return this.top(this.count);
  }

  reset(count: number): void {
    this.differences = new Array<number>(count).fill(0);
    this.sums = new Array<number>(count + 1).fill(0);
  }

  append(count: number): void {
    for (let added = 0; added < count; added++) {
      const at = this.differences.push(0);
      // The node covers the rows from `at - (at & -at)`; those before it are there already.
      let sum = 0;
      for (let child = at - 1; child > at - (at & -at); child -= child & -child) {
        sum += this.sums[child] ?? 0;
      }
      this.sums.push(sum);
    }
  }

  of(row: number): number {
    return this.usual + (this.differences[row] ?? 0);
  }

  set(row: number, height: number): void {
    const change = height - this.of(row);
    if (change === 0 || row >= this.count) {
      return;
    }
    this.differences[row] = height - this.usual;
    for (let at = row + 1; at < this.sums.length; at += at & -at) {
      this.sums[at] = (this.sums[at] ?? 0) + change;
    }
  }

  /** Where a row begins. */
  top(row: number): number {
    let sum = row * this.usual;
    for (let at = row; at > 0; at -= at & -at) {
      sum += this.sums[at] ?? 0;
    }
    return sum;
  }

  /** The row at a height; the last one below the end. */
  at(pixels: number): number {
    let row = 0;
    let rest = pixels;
    for (let step = 2 ** Math.floor(Math.log2(Math.max(1, this.count))); step >= 1; step /= 2) {
      const next = row + step;
      if (next <= this.count) {
        const size = step * this.usual + (this.sums[next] ?? 0);
        if (size <= rest) {
          row = next;
          rest -= size;
        }
      }
    }
    return Math.max(0, Math.min(row, this.count - 1));
  }
}
