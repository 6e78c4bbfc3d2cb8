/** Browsers cut elements that are higher than about 33 million pixels. */
const HIGHEST = 30_000_000;

/** Between places in the list and places of the scroll bar: the same, up to the height that a browser can show. */
export class Scale {
  constructor(private readonly highest = HIGHEST) {}

  /** How high the list is made. */
  height(total: number): number {
    return Math.min(total, this.highest);
  }

  /** Place in the list of what is at the top. */
  toList(scrollTop: number, total: number, view: number): number {
    return scrollTop * this.factor(total, view);
  }

  toScroll(place: number, total: number, view: number): number {
    return place / this.factor(total, view);
  }

  private factor(total: number, view: number): number {
    return total <= this.highest ? 1 : (total - view) / (this.highest - view);
  }
}
