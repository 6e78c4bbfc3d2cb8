import { LOG_PANEL } from '../../src/protocol/logPanel';
import type { ExportTarget, LogSubject } from '../../src/protocol/logPanel';
import type { LogBatch } from '../../src/protocol/logBatch';
import { patch } from '../common/dom';
import type { VElement } from '../common/dom';
import { Host, HostError } from '../common/host';
import { t } from '../common/l10n';
import { count } from '../common/numbers';
import { RovingGroup } from '../common/toolbar';
import { Brush } from './brush';
import { ChartDrawing } from './chartDrawing';
import { shownEntries } from './entries';
import { exportLines } from './export';
import { ALL_LINES, withChange, withRule } from './filter';
import type { FilterChange } from './filter';
import { layout } from './layout';
import { ListKeys } from '../common/list/listKeys';
import { VirtualList } from '../common/list/list';
import { Matches } from './matches';
import { Opened } from './opened';
import { row } from './row';
import type { RowDeeds } from './row';
import { PatternWorker, turn } from './patternWorker';
import { RulerDrawing } from './rulerDrawing';
import { Selection } from './selection';
import { Shown } from './shown';
import { toPageState } from './state';
import type { PageState } from './state';
import type { ToolDeeds } from './tools';
import { TopTime } from './topTime';
import { kindOfRow, LINE, lineOfRow } from './view';

/** Milliseconds of work between two chances to draw. */
const SLICE = 10;
const NARROW = '(max-width: 640px)';

/** The page of a log: what narrows it, the list, what is held. */
export class LogPage {
  private readonly host = new Host(LOG_PANEL, {
    subject: (subject) => {
      this.subject = subject;
      this.change({ ref: subject.ref });
    },
    lines: (batch) => {
      this.add(batch);
    },
    problem: ({ message }) => {
      this.problem = message;
      this.draw();
    },
    narrow: (narrow) => {
      this.filter({ ...ALL_LINES, off: this.state.filter.off, ...narrow });
    },
  });
  private readonly actions = new RovingGroup('#log-actions', 'button');
  private readonly narrow = window.matchMedia(NARROW);

  private state: PageState = toPageState(this.host.saved);
  private readonly shown = new Shown(this.state.filter, {
    patterns: new PatternWorker(),
    slice: SLICE,
    turn,
    changed: () => {
      this.drawSoon();
    },
    replaced: () => {
      this.replaced();
    },
    dropped: (rows) => {
      this.list?.dropFirst(rows);
    },
  });
  private subject: LogSubject | undefined;
  private problem: string | undefined;
  private work: string | undefined;
  private started = false;
  private custom = false;
  private readonly selection = new Selection();
  private readonly matches = new Matches(this.shown);
  private readonly opened = new Opened();
  private list: VirtualList | undefined;
  private readonly topTime = new TopTime(this.shown, this.state.follow ? undefined : this.state.topTime);
  /** The row that was at the top when the filter was changed. */
  private kept: number | undefined;
  private frame = 0;
  private readonly ruler = new RulerDrawing();
  private readonly chart = new ChartDrawing(
    new Brush(
      () => this.shown.view.histogram,
      () => this.state.filter,
      ({ from, to }) => {
        this.filter({ from, to });
      },
    ),
    () => {
      this.drawSoon();
    },
  );
  private readonly keys = new ListKeys({
    rows: () => this.shown.view.rows,
    selection: this.selection,
    list: () => this.list,
    isLine: (id) => kindOfRow(id) === LINE,
    isOpen: (id) => this.opened.lines.has(id),
    toggle: (id, index) => {
      this.opened.lines.toggle(id);
      this.draw();
      this.list?.reveal(index);
    },
    goTo: (index) => {
      this.goTo(index);
    },
    end: () => {
      this.change({ follow: true });
    },
    copy: () => {
      this.export('clipboard', this.selection.range);
    },
    changed: () => {
      this.draw();
    },
  });

  private readonly tools: ToolDeeds = {
    choose: (ref) => {
      this.host.notify('choose', { ref });
    },
    change: (part) => {
      this.filter(part);
    },
    custom: (on) => {
      this.custom = on;
      this.draw();
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
    relative: (relative) => {
      this.change({ relative });
    },
    copyShown: () => {
      this.export('clipboard');
    },
    save: () => {
      this.export('file');
    },
    openText: () => {
      this.export('document');
    },
    clear: () => {
      this.filter({ clearedAt: this.shown.store.newest ?? Date.now() });
    },
    again: () => {
      this.host.notify('again', {});
    },
    showAll: () => {
      this.filter({ ...ALL_LINES, text: this.state.filter.text });
    },
  };

  private readonly rows: RowDeeds = {
    select: (id, further) => {
      this.selection.select(id, further);
      this.draw();
    },
    toggle: (id) => {
      this.opened.lines.toggle(id);
      this.selection.select(id);
      this.draw();
    },
    toggleFrames: (id) => {
      this.opened.frames.toggle(id);
      this.list?.draw();
    },
    toggleJson: (id) => {
      this.opened.json.toggle(id);
      this.list?.draw();
    },
    openFile: (file, line) => {
      this.host.notify('openFile', { file, line });
    },
    showRequest: (request) => {
      this.filter({ request });
    },
    addRule: (rule) => {
      this.filter({ rules: withRule(this.state.filter, rule) });
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
    setInterval(() => {
      if (this.state.relative === true && document.visibilityState === 'visible') {
        this.list?.draw();
      }
    }, 1000);
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
    this.kept ??= this.shown.view.rows.at(this.list?.anchor.index ?? 0);
    this.matches.forget();
    this.shown.narrow(filter);
    this.change({ filter });
  }

  /** Other rows are shown: what was at the top stays there, or what follows it. */
  private replaced(): void {
    const { rows } = this.shown.view;
    const { kept } = this;
    this.kept = undefined;
    this.list?.reset();
    if (kept !== undefined && !this.state.follow && rows.length > 0) {
      this.list?.scrollTo(Math.min(rows.below(kept), rows.length - 1));
    }
    this.drawSoon();
  }

  private add(batch: LogBatch): void {
    if (batch.first) {
      this.shown.clear();
      this.opened.clear();
      this.selection.select(undefined);
      this.matches.forget();
      this.problem = undefined;
    }
    this.started = true;
    this.shown.add(batch, Date.now());
    this.topTime.restoreSoon(() => this.list);
    this.drawSoon();
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
    const { subject, state, shown, custom, work, problem, started, wrap } = this;
    const found = this.matches.text;
    const selected = this.selection.current;
    const chart = this.chart.of(shown.view);
    patch(
      this.root,
      layout(
        { subject, state, shown, chart, found, wrap, custom, work, problem, started, selected },
        this.tools,
        (event) => {
          this.keys.press(event);
        },
      ),
    );
    this.actions.refresh();
    this.drawList();
  }

  private drawList(): void {
    const box = document.getElementById('lines');
    if (this.list === undefined && box !== null) {
      this.list = new VirtualList(box, {
        count: () => this.shown.view.rows.length,
        row: (index) => this.row(index),
        scrolled: (atEnd) => {
          this.change({ follow: atEnd });
        },
        drawn: () => {
          this.drawn();
        },
      });
    }
    if (this.list !== undefined) {
      this.list.follow = this.state.follow;
      this.list.draw();
    }
  }

  private drawn(): void {
    const { list } = this;
    if (list === undefined) {
      return;
    }
    this.ruler.draw(
      () => this.shown.view,
      list,
      (part) => {
        this.change({ follow: false });
        list.scrollToPart(part);
      },
    );
    const topTime = this.state.follow ? undefined : this.topTime.of(list);
    if (topTime !== undefined && topTime !== this.state.topTime) {
      this.state = { ...this.state, topTime };
      this.host.save(this.state);
    }
  }

  private row(index: number): VElement | undefined {
    const id = this.shown.view.rows.at(index);
    const entry = id === undefined ? undefined : this.shown.store.entry(lineOfRow(id));
    if (id === undefined || entry === undefined) {
      return undefined;
    }
    const options = {
      index,
      open: this.opened.lines.has(id),
      framesOpen: this.opened.frames.has(id),
      jsonOpen: this.opened.json.has(id),
      selected: this.selection.has(id),
      places: this.shown.places,
      current: this.matches.isCurrent(id),
      now: Date.now(),
      relative: this.state.relative ?? false,
    };
    return row({ id, kind: kindOfRow(id), entry, line: lineOfRow(id) + 1 }, options, this.rows);
  }

  private goToMatch(step: 1 | -1): void {
    const { rows } = this.shown.view;
    const match = this.matches.step(step, rows.at(this.list?.anchor.index ?? 0) ?? 0);
    const index = match === undefined ? undefined : rows.indexOf(match);
    if (match !== undefined && index !== undefined) {
      this.selection.select(match);
      this.goTo(index);
    }
  }

  /** Shows a row, which keeps the list where it is from then on. */
  private goTo(index: number): void {
    if (index < this.shown.view.rows.length - 1 && this.state.follow) {
      this.change({ follow: false });
    }
    this.draw();
    this.list?.reveal(index);
  }

  private export(to: ExportTarget, range?: readonly [number, number]): void {
    const { signal } = new AbortController();
    const host = {
      start: (target: ExportTarget) => this.host.request('exportStart', { to: target }, signal),
      part: (id: number, text: string) => this.host.request('exportPart', { id, text }, signal),
      end: (id: number) => this.host.request('exportEnd', { id }, signal),
    };
    const say = (text: string | undefined): void => {
      this.work = text;
      this.drawSoon();
    };
    exportLines(to, shownEntries(this.shown, range), host, (lines) => {
      say(t('{0} lines written', count(lines)));
    }).then(
      () => {
        setTimeout(say, 3000, undefined);
      },
      (error: unknown) => {
        say(error instanceof HostError ? error.message : String(error));
      },
    );
  }
}
