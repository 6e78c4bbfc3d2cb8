import { LOG_PANEL } from '../../src/protocol/logPanel';
import type { LogEntry, LogSubject } from '../../src/protocol/logPanel';
import { patch } from '../common/dom';
import type { VElement } from '../common/dom';
import { Host } from '../common/host';
import { RovingGroup } from '../common/toolbar';
import { ALL_LINES, withChange } from './filter';
import type { FilterChange } from './filter';
import type { Item } from './lines';
import { VirtualList } from './list';
import { layout } from './layout';
import { toMove } from './keys';
import { Matches } from './matches';
import { Opened } from './opened';
import { row } from './row';
import type { RowDeeds } from './row';
import { Shown } from './shown';
import { toPageState } from './state';
import type { PageState } from './state';
import type { ToolDeeds } from './tools';
import { linesText } from './text';
import { TopTime } from './topTime';

const NARROW = '(max-width: 640px)';

/** The page of a serving's log: what narrows it, the list, what is held. */
export class LogPage {
  private readonly host = new Host(LOG_PANEL, {
    subject: (subject) => {
      this.subject = subject;
      this.change({ ref: subject.ref });
    },
    lines: ({ first, lines }) => {
      this.add(first, lines);
    },
    problem: ({ message }) => {
      this.problem = message;
      this.draw();
    },
    narrow: (narrow) => {
      this.filter({ request: undefined, replica: undefined, clearedAt: undefined, ...narrow });
    },
  });
  private readonly actions = new RovingGroup('#log-actions', 'button');
  private readonly narrow = window.matchMedia(NARROW);

  private state: PageState = toPageState(this.host.saved);
  private readonly shown = new Shown(this.state.filter);
  private subject: LogSubject | undefined;
  private problem: string | undefined;
  private started = false;
  private selected: number | undefined;
  private readonly matches = new Matches(this.shown);
  private readonly opened = new Opened();
  private list: VirtualList | undefined;
  private readonly topTime = new TopTime(this.shown, this.state.follow ? undefined : this.state.topTime);
  private frame = 0;

  private readonly tools: ToolDeeds = {
    change: (part) => {
      this.filter(part);
    },
    next: (step) => {
      this.goToMatch(step);
    },
    follow: (on) => {
      this.change({ follow: on });
    },
    wrap: (wrap) => {
      this.change({ wrap });
      this.list?.reset();
      this.list?.draw();
    },
    copyShown: () => {
      this.host.notify('copy', { text: linesText(this.shown.items) });
    },
    openText: () => {
      this.host.notify('openText', { text: linesText(this.shown.items) });
    },
    clear: () => {
      const last = this.shown.lines.items.findLast((item) => item.kind === 'line');
      this.filter({ clearedAt: last?.kind === 'line' ? last.entry.time : Date.now() });
    },
    again: () => {
      this.host.notify('again', {});
    },
    showAll: () => {
      this.filter({ ...ALL_LINES, text: this.state.filter.text });
    },
  };

  private readonly rows: RowDeeds = {
    select: (id) => {
      this.select(id);
    },
    toggle: (id) => {
      this.opened.toggle(id);
      this.select(id);
    },
    toggleFrames: (id) => {
      this.opened.toggleFrames(id);
      this.list?.draw();
    },
    openFile: (file, line) => {
      this.host.notify('openFile', { file, line });
    },
    showRequest: (request) => {
      this.filter({ request });
    },
    copy: (text) => {
      this.host.notify('copy', { text });
    },
  };

  constructor(private readonly root: Element) {
    this.narrow.addEventListener('change', () => {
      this.list?.reset();
      this.draw();
    });
    this.draw();
    this.host.ready();
  }

  private change(part: Partial<PageState>): void {
    this.state = { ...this.state, ...part };
    this.host.save(this.state);
    this.draw();
  }

  private filter(change: FilterChange): void {
    const filter = withChange(this.state.filter, change);
    const kept = this.topItem;
    this.shown.narrow(filter);
    this.matches.forget();
    this.list?.reset();
    this.change({ filter });
    this.keepAtTop(kept);
  }

  private add(first: boolean, lines: readonly LogEntry[]): void {
    if (first) {
      this.shown.clear();
      this.opened.clear();
      this.selected = undefined;
      this.matches.forget();
      this.problem = undefined;
      this.list?.reset();
    }
    this.started = true;
    const kept = this.topItem;
    const added = this.shown.add(lines, Date.now());
    if (added === undefined) {
      this.list?.reset();
      this.keepAtTop(kept);
    } else {
      this.list?.append(added);
    }
    this.topTime.restoreSoon(() => this.list);
    this.drawSoon();
  }

  private get topItem(): Item | undefined {
    return this.shown.items[this.list?.anchor.index ?? 0];
  }

  /** The list is another one: what was at the top stays there, or what follows it. */
  private keepAtTop(item: Item | undefined): void {
    const index = item === undefined ? -1 : this.shown.items.findIndex((each) => each.id >= item.id);
    if (index >= 0 && !this.state.follow) {
      this.list?.scrollTo(index);
    }
  }

  private drawSoon(): void {
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      this.draw();
    });
  }

  private get wrap(): boolean {
    return this.state.wrap ?? this.narrow.matches;
  }

  private draw(): void {
    const { filter, follow } = this.state;
    const { shown, problem, started, selected, wrap } = this;
    const { name = '', live = false } = this.subject ?? {};
    const found = this.matches.text;
    const view = { name, live, filter, shown, found, follow, wrap, problem, started, selected };
    patch(
      this.root,
      layout(view, this.tools, (event) => {
        this.onKey(event);
      }),
    );
    this.actions.refresh();
    this.drawList();
  }

  private drawList(): void {
    const box = document.getElementById('lines');
    if (this.list === undefined && box !== null) {
      this.list = new VirtualList(box, {
        items: () => this.shown.items,
        row: (item, index) => this.row(item, index),
        scrolled: (atEnd) => {
          this.change({ follow: atEnd });
        },
      });
    }
    if (this.list !== undefined) {
      this.list.follow = this.state.follow;
      this.list.draw();
      this.keepTopTime(this.list);
    }
  }

  private keepTopTime(list: VirtualList): void {
    const topTime = this.state.follow ? undefined : this.topTime.of(list);
    if (topTime !== undefined && topTime !== this.state.topTime) {
      this.state = { ...this.state, topTime };
      this.host.save(this.state);
    }
  }

  private row(item: Item, index: number): VElement {
    return row(
      item,
      {
        index,
        open: this.opened.has(item.id),
        framesOpen: this.opened.hasFrames(item.id),
        selected: item.id === this.selected,
        pattern: this.shown.searched,
        current: this.matches.isCurrent(index),
        now: Date.now(),
      },
      this.rows,
    );
  }

  private goToMatch(step: 1 | -1): void {
    const index = this.matches.step(step, this.list?.anchor.index ?? 0);
    if (index !== undefined) {
      this.selectAt(index);
    }
  }

  private select(id: number): void {
    this.selected = id;
    this.draw();
  }

  /** Selects the item at a place of the list and shows it. */
  private selectAt(index: number): void {
    const to = Math.max(0, Math.min(index, this.shown.items.length - 1));
    const item = this.shown.items[to];
    if (item === undefined) {
      return;
    }
    this.selected = item.id;
    if (to < this.shown.items.length - 1 && this.state.follow) {
      this.change({ follow: false });
    }
    this.draw();
    this.list?.reveal(to);
  }

  private onKey(event: Event): void {
    if (!(event instanceof KeyboardEvent) || event.target !== event.currentTarget) {
      return;
    }
    const { items } = this.shown;
    const { selected } = this;
    const at = selected === undefined ? -1 : items.findIndex((item) => item.id === selected);
    const move = toMove(event.key, {
      count: items.length,
      selected: at === -1 ? undefined : at,
      top: this.list?.anchor.index ?? 0,
      page: this.list?.page ?? 1,
      isOpen: this.opened.has(selected),
      isLine: items[at]?.kind === 'line',
    });
    if (move === undefined) {
      return;
    }
    event.preventDefault();
    if (move.kind === 'select') {
      this.selectAt(move.index);
    } else if (move.kind === 'end') {
      this.selected = items.at(-1)?.id;
      this.change({ follow: true });
    } else if (selected !== undefined) {
      this.opened.toggle(selected);
      this.draw();
      this.list?.reveal(at);
    }
  }
}
