import { h, patch } from '../dom';
import type { VElement } from '../dom';
import { Elements } from './elements';
import { Heights } from './heights';
import { Scale } from './scale';

/**
 * Pixels of the screen. Browsers reckon places in single precision: where they are much larger than this, the parts in which
 * a high element is drawn do not meet, and beyond 33 million it is cut.
 */
const HIGHEST = 8_000_000;
/** So much above and below the window is drawn too, in pixels. */
const BEYOND = 100;

export interface ListPorts {
  /** How many rows there are. */
  count(): number;
  row(index: number): VElement | undefined;
  /** The user scrolled: whether the end is in sight. */
  scrolled(atEnd: boolean): void;
  /** Other rows may be in sight. */
  drawn(): void;
}

/** The first row that is in sight at all, and how far it is scrolled, in pixels. */
export interface Anchor {
  readonly index: number;
  readonly offset: number;
}

/** The rows in view, and a little more: everything else is two empty boxes of the right height. */
export class VirtualList {
  private readonly heights: Heights;
  private readonly scale = new Scale(() => HIGHEST / Math.max(1, devicePixelRatio));
  private readonly elements = new Elements();
  private lastTop = 0;
  private asked = false;

  /** @param usual height of a row that is neither wrapped nor open, in pixels */
  constructor(
    private readonly box: HTMLElement,
    private readonly ports: ListPorts,
    usual = 20,
  ) {
    this.heights = new Heights(usual);
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
    this.heights.reset(this.ports.count());
  }

  /** The first rows are gone: what is in sight stays where it is. */
  dropFirst(rows: number): void {
    const { index, offset } = this.anchor;
    this.heights.dropFirst(rows);
    if (!this.follow) {
      this.place = this.heights.top(Math.max(0, index - rows)) + (index < rows ? 0 : offset);
    }
  }

  get anchor(): Anchor {
    const { place } = this;
    const index = this.heights.at(place);
    return { index, offset: place - this.heights.top(index) };
  }

  /** Which part of the list is in sight, from 0 to 1. */
  get window(): readonly [number, number] {
    const total = Math.max(1, this.heights.total);
    return [this.place / total, Math.min(1, (this.place + this.box.clientHeight) / total)];
  }

  /** Brings a row into sight, as little as needed; far away ones come to the middle. */
  reveal(index: number): void {
    this.grow();
    const top = this.heights.top(index);
    const bottom = top + this.heights.of(index);
    const { clientHeight } = this.box;
    const { place } = this;
    if (bottom < place - clientHeight || top > place + 2 * clientHeight) {
      this.place = top - clientHeight / 2;
    } else if (top < place) {
      this.place = top;
    } else if (bottom > place + clientHeight) {
      this.place = bottom - clientHeight;
    }
    this.draw();
  }

  /** Puts a row at the top. */
  scrollTo(index: number, offset = 0): void {
    this.draw();
    this.place = this.heights.top(index) + offset;
    this.draw();
  }

  /** Shows the row at a part of the list, from 0 to 1, in the middle. */
  scrollToPart(part: number): void {
    this.place = part * this.heights.total - this.box.clientHeight / 2;
    this.draw();
  }

  /** Rows in one window. */
  get page(): number {
    return Math.max(1, Math.floor(this.box.clientHeight / this.heights.usual) - 1);
  }

  draw(): void {
    this.grow();
    const { index, offset } = this.anchor;
    // Heights are known only once drawn, and they decide what is to be drawn: it settles after one more round.
    for (let round = 0; round < 3; round++) {
      this.keep(index, offset);
      if (!this.drawWindow()) {
        break;
      }
    }
    this.keep(index, offset);
    this.lastTop = this.box.scrollTop;
    this.ports.drawn();
  }

  /** Rows that came at the end are there without having been measured. */
  private grow(): void {
    const more = this.ports.count() - this.heights.count;
    if (more > 0) {
      const { place } = this;
      this.heights.append(more);
      if (!this.follow) {
        this.place = place;
      }
    } else if (more < 0) {
      this.reset();
    }
  }

  /** Where in the list the window begins, in pixels. */
  private get place(): number {
    return this.scale.toList(this.box.scrollTop, this.heights.total, this.box.clientHeight);
  }

  private set place(place: number) {
    const { scrollTop, clientHeight } = this.box;
    const bar = this.scale.moveTo(place, scrollTop, this.heights.total, clientHeight);
    // Less than a pixel is not worth that a scrolling which is under way is ended.
    if (Math.abs(bar - scrollTop) >= 1) {
      this.box.scrollTop = bar;
    }
  }

  private keep(index: number, offset: number): void {
    if (this.follow) {
      this.scale.moveTo(this.heights.total, this.box.scrollTop, this.heights.total, this.box.clientHeight);
      if (this.box.scrollTop + this.box.clientHeight < this.box.scrollHeight - 1) {
        this.box.scrollTop = this.box.scrollHeight;
      }
      return;
    }
    const to = this.heights.top(index) + offset;
    if (Math.abs(this.place - to) >= 1) {
      this.place = to;
    }
  }

  /** Whether a row had another height than was thought. */
  private drawWindow(): boolean {
    const count = this.ports.count();
    const { total } = this.heights;
    const view = this.box.clientHeight;
    const end = Math.max(0, total - view);
    const top = this.follow ? end : Math.min(this.place, end);
    const from = this.heights.at(Math.max(0, top - BEYOND));
    const to = count === 0 ? -1 : this.heights.at(top + view + BEYOND);
    const height = this.scale.height(total);
    const before = Math.max(0, this.scale.toBar(this.heights.top(from), total, view));
    const drawn = this.heights.top(to + 1) - this.heights.top(from);
    const rows = Array.from({ length: to - from + 1 }, (_, at) => this.ports.row(from + at));
    patch(this.box, [spacer('before', before), this.elements.take(rows), spacer('after', height - before - drawn)]);
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
    const { scrollHeight, clientHeight } = this.box;
    const scrollTop = this.scale.moved(this.box.scrollTop, this.lastTop, this.heights.total, clientHeight);
    if (scrollTop !== this.box.scrollTop) {
      this.box.scrollTop = scrollTop;
    }
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
