import type { VElement } from '../common/dom';
import { VirtualList } from '../common/list/list';
import type { OpenedRecords } from './openedRecords';
import type { Order } from './order';
import type { Picked } from './picked';
import type { Replayed } from './replayed';
import { recordRow } from './row';
import type { RowDeeds } from './row';
import type { Rows } from './rows';
import type { KeptPlace, PageState } from './state';

/** Height of a row, in pixels. */
const ROW = 24;

export interface RecordListPorts {
  readonly rows: Rows;
  readonly order: Order;
  readonly picked: Picked;
  readonly opened: OpenedRecords;
  readonly replayed: Replayed;
  readonly deeds: () => RowDeeds;
  state(): PageState;
  change(part: Partial<PageState>): void;
  /** Kept, and nothing is drawn for it. */
  keep(place: KeptPlace): void;
}

/** The records that are shown; the place in them and those that are open stay when all is read again. */
export class RecordList {
  private made: VirtualList | undefined;
  /** Where the list was, until what is read has that place in it. */
  private toRestore: KeptPlace | undefined;

  constructor(private readonly ports: RecordListPorts) {
    this.toRestore = ports.state().place;
  }

  /** Undefined until the page has a room for it. */
  get list(): VirtualList | undefined {
    return this.made;
  }

  /** To be called after each draw of the page. */
  draw(): void {
    const box = document.getElementById('lines');
    if (this.made === undefined && box !== null) {
      this.made = new VirtualList(box, this.listPorts, ROW);
    }
    if (this.made !== undefined) {
      this.made.follow = this.isFollowing;
      this.made.draw();
    }
  }

  /** Everything is read again, under other numbers. */
  readAgain(): void {
    this.toRestore ??= this.ports.state().place;
    this.ports.opened.clear();
  }

  /** Everything there is was read: the list goes back to where it was. */
  read(): void {
    const { toRestore } = this;
    if (toRestore === undefined || this.made === undefined) {
      return;
    }
    const { rows, order, opened } = this.ports;
    this.toRestore = undefined;
    const open = new Set(toRestore.open);
    for (const number of order.numbers.filter((each) => open.has(rows.at(each)?.time ?? -1))) {
      opened.toggle(number);
    }
    const top = order.numbers.findIndex((number) => rows.at(number)?.time === toRestore.top);
    if (top > 0 && !this.isFollowing) {
      this.made.scrollTo(top);
    }
    this.keepPlace();
  }

  /** Rows come and go: what is at the top stays there, unless it is the beginning. @param moves whether rows get other places */
  keepingTop(moves: boolean, work: () => void): void {
    const { made: list } = this;
    const { order } = this.ports;
    const anchor = list?.anchor;
    const top =
      anchor === undefined || (anchor.index === 0 && anchor.offset === 0) ? undefined : order.at(anchor.index);
    work();
    if (!moves || list === undefined) {
      return;
    }
    list.reset();
    const index = top === undefined ? undefined : order.indexOf(top);
    if (index !== undefined && !list.follow) {
      list.scrollTo(index, anchor?.offset);
    }
  }

  private get isFollowing(): boolean {
    const { follow, sort } = this.ports.state();
    return follow && sort === 'oldest';
  }

  private get listPorts(): ConstructorParameters<typeof VirtualList>[1] {
    return {
      count: () => this.ports.order.length,
      row: (index) => this.row(index),
      scrolled: (atEnd) => {
        this.ports.change({ follow: atEnd && this.ports.state().sort === 'oldest' });
      },
      drawn: () => {
        this.keepPlace();
      },
    };
  }

  /** By times: after a reload the records have other numbers. */
  private keepPlace(): void {
    const { rows, order, opened } = this.ports;
    if (this.toRestore !== undefined || this.made === undefined) {
      return;
    }
    const timeOf = (number: number | undefined): number | undefined =>
      number === undefined ? undefined : rows.at(number)?.time;
    const top = this.isFollowing ? undefined : timeOf(order.at(this.made.anchor.index));
    const open = opened.numbers.flatMap((number) => timeOf(number) ?? []);
    const kept = this.ports.state().place;
    if (top !== kept?.top || open.join() !== (kept?.open ?? []).join()) {
      this.ports.keep({ open, ...(top === undefined ? {} : { top }) });
    }
  }

  private row(index: number): VElement | undefined {
    const { rows, order, picked, opened, replayed, deeds } = this.ports;
    const number = order.at(index);
    const row = number === undefined ? undefined : rows.at(number);
    if (number === undefined || row === undefined) {
      return undefined;
    }
    const options = {
      index,
      open: opened.of(number),
      selected: picked.has(number),
      replayed: replayed.view !== undefined,
      outcome: replayed.of(number),
      now: Date.now(),
    };
    return recordRow(row, options, deeds());
  }
}
