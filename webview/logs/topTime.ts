import type { VirtualList } from '../common/list/list';
import type { Shown } from './shown';
import { LINE, lineOfRow, rowId } from './view';

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
    const row = this.shown.view.rows.at(list.anchor.index);
    return this.toRestore !== undefined || row === undefined ? undefined : this.shown.store.time(lineOfRow(row));
  }

  private restore(list: VirtualList | undefined): void {
    const { store, view } = this.shown;
    const line = store.lineAt(this.toRestore ?? 0);
    this.toRestore = undefined;
    if (line !== undefined) {
      list?.scrollTo(Math.min(view.rows.below(rowId(line, LINE)), view.rows.length - 1));
    }
  }
}
