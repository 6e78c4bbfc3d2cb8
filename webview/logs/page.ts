import { LOG_PANEL } from '../../src/protocol/logPanel';
import type { ExportTarget, LogSubject } from '../../src/protocol/logPanel';
import type { LogBatch } from '../../src/protocol/logBatch';
import { patch } from '../common/dom';
import { Host } from '../common/host';
import { RovingGroup } from '../common/toolbar';
import { Brush } from './brush';
import { ChartDrawing } from './chartDrawing';
import { exportShown } from './exporting';
import { ALL_LINES, withChange, withRule } from './filter';
import type { FilterChange } from './filter';
import { layout } from './layout';
import { ListKeys } from '../common/list/listKeys';
import { LineList } from './lineList';
import { Matches } from './matches';
import { Opened } from './opened';
import type { RowDeeds } from './row';
import { PatternWorker, turn } from './patternWorker';
import { Selection } from './selection';
import { Shown } from './shown';
import { toPageState } from './state';
import type { PageState } from './state';
import { toolDeeds } from './toolDeeds';
import { kindOfRow, LINE } from './view';

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
      this.lines.list?.dropFirst(rows);
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
  /** The row that was at the top when the filter was changed. */
  private kept: number | undefined;
  private frame = 0;
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
    list: () => this.lines.list,
    isLine: (id) => kindOfRow(id) === LINE,
    isOpen: (id) => this.opened.lines.has(id),
    toggle: (id, index) => {
      this.opened.lines.toggle(id);
      this.draw();
      this.lines.list?.reveal(index);
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

  private readonly tools = toolDeeds({
    host: this.host,
    shown: this.shown,
    state: () => this.state,
    change: (part) => {
      this.change(part);
    },
    filter: (part) => {
      this.filter(part);
    },
    custom: (on) => {
      this.custom = on;
      this.draw();
    },
    next: (step) => {
      this.goToMatch(step);
    },
    wrapped: () => {
      this.lines.list?.reset();
      this.lines.list?.draw();
    },
    export: (to) => {
      this.export(to);
    },
  });

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
      this.lines.list?.draw();
    },
    toggleJson: (id) => {
      this.opened.json.toggle(id);
      this.lines.list?.draw();
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

  private readonly lines = new LineList({
    shown: this.shown,
    opened: this.opened,
    selection: this.selection,
    matches: this.matches,
    rows: this.rows,
    state: () => this.state,
    change: (part) => {
      this.change(part);
    },
    keepTopTime: (topTime) => {
      this.state = { ...this.state, topTime };
      this.host.save(this.state);
    },
  });

  constructor(private readonly root: Element) {
    this.narrow.addEventListener('change', () => {
      this.lines.list?.reset();
      this.draw();
    });
    setInterval(() => {
      if (this.state.relative === true && document.visibilityState === 'visible') {
        this.lines.list?.draw();
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
    this.kept ??= this.shown.view.rows.at(this.lines.list?.anchor.index ?? 0);
    this.matches.forget();
    this.shown.narrow(filter);
    this.change({ filter });
  }

  /** Other rows are shown: what was at the top stays there, or what follows it. */
  private replaced(): void {
    const { rows } = this.shown.view;
    const { kept } = this;
    this.kept = undefined;
    this.lines.list?.reset();
    if (kept !== undefined && !this.state.follow && rows.length > 0) {
      this.lines.list?.scrollTo(Math.min(rows.below(kept), rows.length - 1));
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
    this.lines.came();
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
    this.lines.draw();
  }

  private goToMatch(step: 1 | -1): void {
    const { rows } = this.shown.view;
    const match = this.matches.step(step, rows.at(this.lines.list?.anchor.index ?? 0) ?? 0);
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
    this.lines.list?.reveal(index);
  }

  private export(to: ExportTarget, range?: readonly [number, number]): void {
    exportShown(this.host, this.shown, to, range, (text) => {
      this.work = text;
      this.drawSoon();
    });
  }
}
