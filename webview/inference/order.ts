import type { RowIds } from '../common/list/listKeys';
import type { Row } from './rows';

export type Sort = 'oldest' | 'newest' | 'slowest' | 'fastest';
export const SORTS: readonly Sort[] = ['oldest', 'newest', 'slowest', 'fastest'];

/** The records that are shown, by their numbers, in the order in which they are shown. */
export class Order implements RowIds {
  private list: number[] = [];
  private places: Map<number, number> | undefined;

  constructor(
    private readonly row: (number: number) => Row | undefined,
    private sort: Sort,
  ) {}

  get length(): number {
    return this.list.length;
  }

  get last(): number | undefined {
    return this.list.at(-1);
  }

  get numbers(): readonly number[] {
    return this.list;
  }

  at(index: number): number | undefined {
    return this.list[index];
  }

  indexOf(number: number): number | undefined {
    this.places ??= new Map(this.list.map((each, at) => [each, at]));
    return this.places.get(number);
  }

  clear(): void {
    this.list = [];
    this.places = undefined;
  }

  /** Others, given as they came: put where they belong. */
  add(numbers: readonly number[]): void {
    if (this.sort === 'oldest') {
      for (const number of numbers) {
        this.places?.set(number, this.list.length);
        this.list.push(number);
      }
      return;
    }
    const { before } = this;
    const fresh = [...numbers].sort(before);
    const merged: number[] = [];
    let at = 0;
    for (const number of this.list) {
      for (let next = fresh[at]; next !== undefined && before(next, number) < 0; next = fresh[at]) {
        merged.push(next);
        at += 1;
      }
      merged.push(number);
    }
    this.list = [...merged, ...fresh.slice(at)];
    this.places = undefined;
  }

  sortBy(sort: Sort): void {
    this.sort = sort;
    this.list = [...this.list].sort(this.before);
    this.places = undefined;
  }

  keep(fits: (number: number) => boolean): void {
    this.list = this.list.filter(fits);
    this.places = undefined;
  }

  /** Numbers grow with time; of those that are as slow, the older one comes first. */
  private get before(): (a: number, b: number) => number {
    const latency = (number: number): number => this.row(number)?.latency ?? -1;
    switch (this.sort) {
      case 'oldest':
        return (a, b) => a - b;
      case 'newest':
        return (a, b) => b - a;
      case 'slowest':
        return (a, b) => latency(b) - latency(a) || a - b;
      case 'fastest':
        return (a, b) => latency(a) - latency(b) || a - b;
    }
  }
}
