import '../common/panel.css';
import './logs.css';
import { LOG_PANEL } from '../../src/protocol/logPanel';
import type { LogEntry, LogSubject } from '../../src/protocol/logPanel';
import { h, patch } from '../common/dom';
import type { VElement } from '../common/dom';
import { Host } from '../common/host';
import { count } from '../common/numbers';
import { RovingGroup } from '../common/toolbar';
import { registerToolkit } from '../common/toolkit';
import { ALL_LINES, isNarrow, withChange } from './filter';
import type { FilterChange } from './filter';
import type { Item } from './lines';
import { VirtualList } from './list';
import { grid, hatch } from './grid';
import { lineText, row } from './row';
import type { RowDeeds } from './row';
import { Shown } from './shown';
import { toPageState } from './state';
import type { PageState } from './state';
import { emptyList, statusLine, tools } from './tools';
import type { ToolDeeds } from './tools';

const NARROW = '(max-width: 640px)';
/** What was read at the start is complete when nothing came for so long, in milliseconds. */
const SETTLED = 150;

class LogPage {
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
  private match: number | undefined;
  private readonly open = new Set<number>();
  private readonly framesOpen = new Set<number>();
  private list: VirtualList | undefined;
  private topToRestore = this.state.follow ? undefined : this.state.topTime;
  private settling: ReturnType<typeof setTimeout> | undefined;
  private frame = 0;

  private readonly tools: ToolDeeds = {
    change: (part) => {
      this.filter(part);
    },
    next: (step) => {
      this.goToMatch(step);
    },
    follow: (on) => {
      this.setFollow(on);
    },
    wrap: (wrap) => {
      this.change({ wrap });
      this.list?.reset();
      this.list?.draw();
    },
    copyShown: () => {
      this.host.notify('copy', { text: this.text() });
    },
    openText: () => {
      this.host.notify('openText', { text: this.text() });
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
      toggle(this.open, id);
      this.select(id);
    },
    toggleFrames: (id) => {
      toggle(this.framesOpen, id);
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
    const anchor = this.list?.anchor;
    const kept = anchor && this.shown.items[anchor.index];
    this.shown.narrow(filter);
    this.match = undefined;
    this.list?.reset();
    this.change({ filter });
    // The line that was at the top stays there, or what follows it.
    const index = kept && this.shown.items.findIndex((item) => item.id >= kept.id);
    if (index !== undefined && index > 0 && !this.state.follow) {
      this.list?.scrollTo(index);
    }
  }

  private add(first: boolean, lines: readonly LogEntry[]): void {
    if (first) {
      this.shown.clear();
      this.open.clear();
      this.framesOpen.clear();
      this.selected = undefined;
      this.match = undefined;
      this.problem = undefined;
      this.list?.reset();
    }
    this.started = true;
    const firstShown = this.shown.items[this.list?.anchor.index ?? 0];
    const added = this.shown.add(lines, Date.now());
    if (added === undefined) {
      this.list?.reset();
      this.keepAtTop(firstShown);
    } else {
      this.list?.append(added);
    }
    if (this.topToRestore !== undefined) {
      clearTimeout(this.settling);
      this.settling = setTimeout(() => {
        this.restoreTop();
      }, SETTLED);
    }
    this.drawSoon();
  }

  /** Older lines were forgotten: what is read stays where it is. */
  private keepAtTop(item: Item | undefined): void {
    const index = item === undefined ? -1 : this.shown.items.findIndex((each) => each.id >= item.id);
    if (index >= 0 && !this.state.follow) {
      this.list?.scrollTo(index);
    }
  }

  private restoreTop(): void {
    const at = this.topToRestore;
    this.topToRestore = undefined;
    const index =
      at === undefined ? -1 : this.shown.items.findIndex((item) => item.kind === 'line' && item.entry.time >= at);
    if (index >= 0) {
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
    const { shown } = this;
    const now = Date.now();
    patch(this.root, [
      hatch(),
      h(
        'main',
        { class: `logpage${this.wrap ? ' wrap' : ''}` },
        h('h1', { class: 'sr' }, `Logs: ${this.subject?.name ?? ''}`),
        tools(
          {
            filter,
            counts: shown.counts,
            replicas: shown.replicas,
            found: this.found(),
            problem: shown.problem,
            follow,
            wrap: this.wrap,
          },
          this.tools,
        ),
        this.grid(),
        statusLine(
          {
            held: shown.lines.count,
            shown: shown.count,
            oldest: shown.lines.oldest,
            isCut: shown.lines.isCut,
            follow,
            live: this.subject?.live ?? false,
            problem: this.problem,
            now,
          },
          this.tools,
        ),
      ),
    ]);
    this.actions.refresh();
    this.drawList();
  }

  private grid(): VElement {
    const { items, lines } = this.shown;
    const hidden = isNarrow(this.state.filter) ? lines.count : 0;
    const empty = items.length === 0 ? emptyList(hidden, this.started, this.tools) : undefined;
    return grid(items.length, this.selected, empty, (event) => {
      this.onKey(event);
    });
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
    const item = this.shown.items[list.anchor.index];
    if (
      !this.state.follow &&
      item?.kind === 'line' &&
      this.topToRestore === undefined &&
      item.entry.time !== this.state.topTime
    ) {
      this.state = { ...this.state, topTime: item.entry.time };
      this.host.save(this.state);
    }
  }

  private row(item: Item, index: number): VElement {
    return row(
      item,
      {
        index,
        open: this.open.has(item.id),
        framesOpen: this.framesOpen.has(item.id),
        selected: item.id === this.selected,
        pattern: this.shown.searched,
        current: this.match !== undefined && this.shown.matches[this.match] === index,
        now: Date.now(),
      },
      this.rows,
    );
  }

  private found(): string {
    const { searched, problem, matches } = this.shown;
    if (problem !== undefined) {
      return problem;
    }
    if (searched === undefined) {
      return '';
    }
    return matches.length === 0
      ? 'No match'
      : `${this.match === undefined ? '?' : count(this.match + 1)} of ${count(matches.length)}`;
  }

  private goToMatch(step: 1 | -1): void {
    const { matches } = this.shown;
    if (matches.length === 0) {
      return;
    }
    const here = this.list?.anchor.index ?? 0;
    const first =
      step === 1 ? matches.findIndex((index) => index >= here) : matches.findLastIndex((index) => index <= here);
    const next = this.match === undefined ? (first === -1 ? 0 : first) : this.match + step;
    this.match = (next + matches.length) % matches.length;
    this.selectAt(matches[this.match] ?? 0);
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

  private setFollow(follow: boolean): void {
    this.change({ follow });
  }

  private onKey(event: Event): void {
    if (!(event instanceof KeyboardEvent) || event.target !== event.currentTarget) {
      return;
    }
    const { items } = this.shown;
    const at = this.selected === undefined ? -1 : items.findIndex((item) => item.id === this.selected);
    const page = this.list?.page ?? 1;
    const start = at === -1 ? (this.list?.anchor.index ?? 0) - 1 : at;
    const to = {
      ArrowDown: start + 1,
      ArrowUp: at === -1 ? items.length - 1 : at - 1,
      Home: 0,
      PageDown: start + page,
      PageUp: start - page,
    }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      this.selectAt(to);
    } else if (event.key === 'End') {
      event.preventDefault();
      this.selected = items.at(-1)?.id;
      this.setFollow(true);
    } else if (this.selected !== undefined && items[at]?.kind === 'line') {
      this.onRowKey(event, this.selected, at);
    }
  }

  private onRowKey(event: KeyboardEvent, id: number, at: number): void {
    const isOpen = this.open.has(id);
    if ((event.key === 'ArrowRight' && !isOpen) || (event.key === 'ArrowLeft' && isOpen) || event.key === 'Enter') {
      event.preventDefault();
      toggle(this.open, id);
      this.draw();
      this.list?.reveal(at);
    }
  }

  private text(): string {
    return this.shown.items.map((item) => (item.kind === 'line' ? `${lineText(item.entry)}\n` : '')).join('');
  }
}

function toggle(set: Set<number>, id: number): void {
  if (!set.delete(id)) {
    set.add(id);
  }
}

registerToolkit();
const root = document.getElementById('root');
if (root !== null) {
  new LogPage(root);
}
