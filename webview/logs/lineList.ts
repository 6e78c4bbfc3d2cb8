import type { VElement } from '../common/dom';
import { VirtualList } from '../common/list/list';
import type { Matches } from './matches';
import type { Opened } from './opened';
import { row } from './row';
import type { RowDeeds } from './row';
import { RulerDrawing } from './rulerDrawing';
import type { Selection } from './selection';
import type { Shown } from './shown';
import type { PageState } from './state';
import { TopTime } from './topTime';
import { kindOfRow, lineOfRow } from './view';

export interface LineListPorts {
  readonly shown: Shown;
  readonly opened: Opened;
  readonly selection: Selection;
  readonly matches: Matches;
  readonly rows: RowDeeds;
  state(): PageState;
  change(part: Partial<PageState>): void;
  /** The time at the top is another: kept, and nothing else is drawn for it. */
  keepTopTime(topTime: number): void;
}

/** The lines that are shown, the ruler beside them, and the place in them, which stays over a reload. */
export class LineList {
  private made: VirtualList | undefined;
  private readonly ruler = new RulerDrawing();
  private readonly topTime: TopTime;

  constructor(private readonly ports: LineListPorts) {
    const { follow, topTime } = ports.state();
    this.topTime = new TopTime(ports.shown, follow ? undefined : topTime);
  }

  /** Undefined until the page has a place for it. */
  get list(): VirtualList | undefined {
    return this.made;
  }

  /** More lines are there: perhaps the one that was at the top before a reload. */
  came(): void {
    this.topTime.restoreSoon(() => this.made);
  }

  /** To be called after each draw of the page. */
  draw(): void {
    const box = document.getElementById('lines');
    if (this.made === undefined && box !== null) {
      this.made = new VirtualList(box, {
        count: () => this.ports.shown.view.rows.length,
        row: (index) => this.row(index),
        scrolled: (atEnd) => {
          this.ports.change({ follow: atEnd });
        },
        drawn: () => {
          this.drawn();
        },
      });
    }
    if (this.made !== undefined) {
      this.made.follow = this.ports.state().follow;
      this.made.draw();
    }
  }

  private drawn(): void {
    const { made: list, ports } = this;
    if (list === undefined) {
      return;
    }
    this.ruler.draw(
      () => ports.shown.view,
      list,
      (part) => {
        ports.change({ follow: false });
        list.scrollToPart(part);
      },
    );
    const state = ports.state();
    const topTime = state.follow ? undefined : this.topTime.of(list);
    if (topTime !== undefined && topTime !== state.topTime) {
      ports.keepTopTime(topTime);
    }
  }

  private row(index: number): VElement | undefined {
    const { shown, opened, selection, matches, rows } = this.ports;
    const id = shown.view.rows.at(index);
    const entry = id === undefined ? undefined : shown.store.entry(lineOfRow(id));
    if (id === undefined || entry === undefined) {
      return undefined;
    }
    const options = {
      index,
      open: opened.lines.has(id),
      framesOpen: opened.frames.has(id),
      jsonOpen: opened.json.has(id),
      selected: selection.has(id),
      // Where nothing was found no place is asked for: with each answer the list is drawn again.
      places: opened.lines.has(id) || shown.view.matches.has(id) ? shown.places : undefined,
      current: matches.isCurrent(id),
      now: Date.now(),
      relative: this.ports.state().relative ?? false,
    };
    return row({ id, kind: kindOfRow(id), entry, line: lineOfRow(id) + 1 }, options, rows);
  }
}
