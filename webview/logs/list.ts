import { h, patch } from '../common/dom';
import type { VElement } from '../common/dom';
import { Heights } from './heights';
import type { Item } from './lines';

/** Height of a line that is not wrapped, in pixels. */
const LINE = 20;
/** So much above and below the window is drawn too, in pixels. */
const BEYOND = 400;

export interface ListPorts {
  items(): readonly Item[];
  row(item: Item, index: number): VElement;
  /** The user scrolled: whether the end is in sight. */
  scrolled(atEnd: boolean): void;
}

/** The lines in view, and a little more: everything else is two empty boxes of the right height. */
export class VirtualList {
  private readonly heights = new Heights(LINE);
  private lastTop = 0;
  private asked = false;

  constructor(
    private readonly box: HTMLElement,
    private readonly ports: ListPorts,
  ) {
    box.addEventListener('scroll', () => {
      this.onScroll();
    });
    new ResizeObserver(() => {
      this.draw();
    }).observe(box);
  }

  /** Whether the newest line is to stay in sight. */
  follow = true;

  /** The list is another one: nothing of it has been measured. */
  reset(): void {
    this.heights.reset(this.ports.items().length);
  }

  append(count: number): void {
    this.heights.append(count);
  }

  /** The first item that is in sight at all, and how far it is scrolled, in pixels. */
  get anchor(): { readonly index: number; readonly offset: number } {
    const index = this.heights.at(this.box.scrollTop);
    return { index, offset: this.box.scrollTop - this.heights.top(index) };
  }

  /** Brings an item into sight, as little as needed; far away ones come to the middle. */
  reveal(index: number): void {
    const top = this.heights.top(index);
    const bottom = top + this.heights.of(index);
    const { scrollTop, clientHeight } = this.box;
    const far = bottom < scrollTop - clientHeight || top > scrollTop + 2 * clientHeight;
    if (far) {
      this.box.scrollTop = top - clientHeight / 2;
    } else if (top < scrollTop) {
      this.box.scrollTop = top;
    } else if (bottom > scrollTop + clientHeight) {
      this.box.scrollTop = bottom - clientHeight;
    }
    this.draw();
  }

  /** Puts an item at the top. */
  scrollTo(index: number, offset = 0): void {
    this.draw();
    this.box.scrollTop = this.heights.top(index) + offset;
    this.draw();
  }

  /** Items in one window. */
  get page(): number {
    return Math.max(1, Math.floor(this.box.clientHeight / LINE) - 1);
  }

  draw(): void {
    const { index, offset } = this.anchor;
    // Heights are known only once drawn, and they decide what is to be drawn: it settles after one more round.
    for (let round = 0; round < 3; round++) {
      this.place(index, offset);
      if (!this.drawWindow()) {
        break;
      }
    }
    this.place(index, offset);
    this.lastTop = this.box.scrollTop;
  }

  private place(index: number, offset: number): void {
    const to = this.follow ? this.box.scrollHeight : this.heights.top(index) + offset;
    if (Math.abs(this.box.scrollTop - to) >= 1) {
      this.box.scrollTop = to;
    }
  }

  /** Whether a row had another height than was thought. */
  private drawWindow(): boolean {
    const items = this.ports.items();
    if (this.heights.count !== items.length) {
      this.heights.reset(items.length);
    }
    const { total } = this.heights;
    const height = this.box.clientHeight;
    const top = this.follow ? Math.max(0, total - height) : Math.min(this.box.scrollTop, Math.max(0, total - height));
    const from = this.heights.at(Math.max(0, top - BEYOND));
    const to = items.length === 0 ? -1 : this.heights.at(top + height + BEYOND);
    const before = this.heights.top(from);
    patch(this.box, [
      spacer('before', before),
      items.slice(from, to + 1).map((item, at) => this.ports.row(item, from + at)),
      spacer('after', total - this.heights.top(to + 1)),
    ]);
    let changed = false;
    let at = from;
    for (const element of this.box.querySelectorAll<HTMLElement>(':scope > .item')) {
      const measured = element.offsetHeight;
      if (measured !== this.heights.of(at)) {
        this.heights.set(at, measured);
        changed = true;
      }
      at += 1;
    }
    return changed;
  }

  private onScroll(): void {
    const { scrollTop, scrollHeight, clientHeight } = this.box;
    const up = scrollTop < this.lastTop - 1;
    const atEnd = scrollTop + clientHeight >= scrollHeight - 4;
    if (up && !atEnd && this.follow) {
      this.follow = false;
      this.ports.scrolled(false);
    } else if (atEnd && !this.follow && scrollTop > this.lastTop) {
      this.follow = true;
      this.ports.scrolled(true);
    }
    this.lastTop = scrollTop;
    if (!this.asked) {
      this.asked = true;
      requestAnimationFrame(() => {
        this.asked = false;
        this.draw();
      });
    }
  }
}

/** A length that comes from data is an attribute of a picture: style attributes are not allowed in the page. */
function spacer(key: string, height: number): VElement {
  return h('svg', {
    key,
    class: 'spacer',
    attrs: { width: 1, height: Math.max(0, Math.round(height)), 'aria-hidden': 'true' },
  });
}
