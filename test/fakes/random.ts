/** Pseudo-random choices that a seed repeats, so that what failed can be run again. */
export class Random {
  constructor(private state: number) {}

  /** From 0 up to 1. */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  }

  whole(below: number): number {
    return Math.floor(this.next() * below);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(from: readonly T[]): T {
    return from[this.whole(from.length)] as T;
  }

  text(longest = 8): string {
    const letters = ['a', 'Z', '0', '_', ' ', 'ä', '"', '\\', '\n', '😀', '{', ']', ','];
    return Array.from({ length: this.whole(longest) }, () => this.pick(letters)).join('');
  }

  /** Any JSON value; objects take their keys from `keys` most of the time. */
  json(keys: readonly string[], depth = 3): unknown {
    const kind = this.whole(depth > 0 ? 8 : 5);
    switch (kind) {
      case 0:
        return null;
      case 1:
        return this.chance(0.5);
      case 2:
        return this.pick([0, -1, 1, 1.5, 1e308, 70_000, 3]);
      case 3:
        return this.text();
      case 4:
        return this.pick(['ready', 'failed', '2026-01-01T00:00:00Z', 'start', 'construct', 'predict', 'not a date']);
      case 5:
        return Array.from({ length: this.whole(4) }, () => this.json(keys, depth - 1));
      default:
        return Object.fromEntries(
          Array.from({ length: this.whole(keys.length) }, () => [
            this.chance(0.9) ? this.pick(keys) : this.text(),
            this.json(keys, depth - 1),
          ]),
        );
    }
  }
}
