import type { VirtualList } from './list';
import type { Shown } from './shown';

/** What was read at the start is complete when nothing came for so long, in milliseconds. */
const SETTLED = 150;

/** The line at the top of a list that does not follow, by its time, over hiding and reloading. */
export class TopTime {
  private settling: ReturnType<typeof setTimeout> | undefined;

  /** @param toRestore time of the line that was at the top, milliseconds since 1970 */
  constructor(
    private readonly shown: Shown,
    private toRestore: number | undefined,
  ) {}

  /** Lines came: once no more come, the list goes back to where it was. */
  restoreSoon(list: () => VirtualList | undefined): void {
    if (this.toRestore !== undefined) {
      clearTimeout(this.settling);
      this.settling = setTimeout(() => {
        this.restore(list());
      }, SETTLED);
    }
  }

  /** Time of the line at the top; undefined where it says nothing. */
  of(list: VirtualList): number | undefined {
    const item = this.shown.items[list.anchor.index];
    return this.toRestore === undefined && item?.kind === 'line' ? item.entry.time : undefined;
  }

  private restore(list: VirtualList | undefined): void {
    const at = this.toRestore;
    this.toRestore = undefined;
    const index =
      at === undefined ? -1 : this.shown.items.findIndex((item) => item.kind === 'line' && item.entry.time >= at);
    if (index >= 0) {
      list?.scrollTo(index);
    }
  }
}
