/** Share of the scroll bar, at both ends, on which its places are those of the list. */
const ENDS = 0.01;
/** Share of the scroll bar by which it may stand elsewhere than it should. */
const ASTRAY = 0.01;
/** More than is drawn above and below the window, in pixels. */
const MARGIN = 500;

/**
 * Between places in a list and places of its scroll bar, in pixels. A list that is higher than a browser can show has a bar
 * that stands for it in proportion. From wherever that is, a step of the bar is a step of the list, so that the wheel turns
 * this list as any other.
 */
export class Scale {
  /** So far the list is ahead of the bar. */
  private ahead = 0;

  /** @param highest of an element, in pixels of the page */
  constructor(private readonly highest: () => number) {}

  /** How high the list is made. */
  height(total: number): number {
    return Math.min(total, this.highest());
  }

  /** Place in the list of what is at the top of the window. */
  toList(scrollTop: number, total: number, view: number): number {
    return scrollTop + this.possible(this.ahead, total, view);
  }

  /** Where a place of the list is drawn while the bar is not moved. */
  toBar(place: number, total: number, view: number): number {
    return place - this.possible(this.ahead, total, view);
  }

  /** The list is shown from another place on. Gives where the bar has to be, which is where it is if that is near enough. */
  moveTo(place: number, scrollTop: number, total: number, view: number): number {
    const to = Math.max(0, Math.min(place, total - view));
    const bar = this.proportion(to, total, view);
    const ahead = to - scrollTop;
    const stays =
      Math.abs(bar - scrollTop) <= ASTRAY * this.highest() &&
      this.possible(ahead, total, view) === ahead &&
      !this.isAtAnEnd(scrollTop, total, view);
    this.ahead = stays ? ahead : to - bar;
    return stays ? scrollTop : bar;
  }

  /** The user moved the bar: far by dragging it, else by a step. Gives where it has to be. */
  moved(scrollTop: number, before: number, total: number, view: number): number {
    const height = this.height(total);
    const ofOnePixel = height / Math.max(1, view);
    if (height === total || Math.abs(scrollTop - before) > ofOnePixel / 2) {
      this.ahead = this.place(scrollTop, total, view) - scrollTop;
      return scrollTop;
    }
    // At an end of the bar the list may not be at its end: then the bar goes back to where it stands for the list.
    return this.isAtAnEnd(scrollTop, total, view)
      ? this.moveTo(this.toList(scrollTop, total, view), scrollTop, total, view)
      : scrollTop;
  }

  private isAtAnEnd(scrollTop: number, total: number, view: number): boolean {
    const margin = 2 * view + MARGIN;
    return scrollTop < margin || scrollTop > this.height(total) - view - margin;
  }

  private possible(ahead: number, total: number, view: number): number {
    const { end, bar } = this.ends(total, view);
    return Math.max(0, Math.min(ahead, end - bar));
  }

  private proportion(place: number, total: number, view: number): number {
    const { end, bar, near } = this.ends(total, view);
    return between(place, end, bar, near);
  }

  private place(scrollTop: number, total: number, view: number): number {
    const { end, bar, near } = this.ends(total, view);
    return between(scrollTop, bar, end, near);
  }

  private ends(total: number, view: number): { end: number; bar: number; near: number } {
    const height = this.height(total);
    return { end: total - view, bar: height - view, near: height * ENDS };
  }
}

/** A place on one length as a place on another one: as far from an end that is `near`, else in proportion. */
function between(place: number, length: number, other: number, near: number): number {
  if (length === other || place <= near) {
    return place;
  }
  return place >= length - near
    ? other - (length - place)
    : near + ((place - near) * (other - 2 * near)) / (length - 2 * near);
}
