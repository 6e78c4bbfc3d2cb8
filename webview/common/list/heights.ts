/** Heights of the rows of a long list, in pixels, with their sums: all in O(log n), so that a million rows of any height scroll. */
export class Heights {
  /** A Fenwick tree of the differences from `usual`, from 1. */
  private sums = new Int32Array(1025);
  private differences = new Int32Array(1024);
  private rows = 0;
  private isPlain = true;

  /** @param usual height of a row that has not been measured */
  constructor(readonly usual: number) {}

  get count(): number {
    return this.rows;
  }

  get total(): number {
    return this.top(this.rows);
  }

  reset(count: number): void {
    this.rows = 0;
    if (!this.isPlain) {
      this.sums.fill(0);
      this.differences.fill(0);
      this.isPlain = true;
    }
    this.append(count);
  }

  append(count: number): void {
    const before = this.rows;
    this.rows += count;
    if (this.rows > this.differences.length) {
      const room = Math.max(this.rows, this.differences.length * 2);
      const differences = new Int32Array(room);
      differences.set(this.differences);
      this.differences = differences;
      const sums = new Int32Array(room + 1);
      sums.set(this.sums);
      this.sums = sums;
    }
    if (this.isPlain) {
      return;
    }
    for (let at = before + 1; at <= this.rows; at++) {
      // The node covers the rows from `at - (at & -at)`; those before it are there already.
      let sum = 0;
      for (let child = at - 1; child > at - (at & -at); child -= child & -child) {
        sum += this.sums[child] ?? 0;
      }
      this.sums[at] = sum;
    }
  }

  /** The first rows are gone; what was measured of the others stays. */
  dropFirst(count: number): void {
    const rest = Math.max(0, this.rows - count);
    if (this.isPlain) {
      this.rows = rest;
      return;
    }
    const differences = this.differences.slice(count, this.rows);
    this.reset(rest);
    differences.forEach((difference, row) => {
      if (difference !== 0) {
        this.set(row, this.usual + difference);
      }
    });
  }

  of(row: number): number {
    return this.usual + (this.differences[row] ?? 0);
  }

  set(row: number, height: number): void {
    const change = height - this.of(row);
    if (change === 0 || row >= this.rows) {
      return;
    }
    this.isPlain = false;
    this.differences[row] = height - this.usual;
    for (let at = row + 1; at <= this.rows; at += at & -at) {
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
    for (let step = 2 ** Math.floor(Math.log2(Math.max(1, this.rows))); step >= 1; step /= 2) {
      const next = row + step;
      if (next <= this.rows) {
        const size = step * this.usual + (this.sums[next] ?? 0);
        if (size <= rest) {
          row = next;
          rest -= size;
        }
      }
    }
    return Math.max(0, Math.min(row, this.rows - 1));
  }
}
