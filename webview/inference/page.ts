import { INFERENCE_PANEL } from '../../src/protocol/inferencePanel';
import type { HeldState, InferenceSubject } from '../../src/protocol/inferencePanel';
import { patch } from '../common/dom';
import { Host, HostError, messageOf } from '../common/host';
import { t } from '../common/l10n';
import { ListKeys } from '../common/list/listKeys';
import { RovingGroup } from '../common/toolbar';
import { layout } from './layout';
import type { PageDeeds } from './layout';
import { OpenedRecords } from './openedRecords';
import { Order } from './order';
import { Picked } from './picked';
import { RecordList } from './recordList';
import { Replayed } from './replayed';
import type { RowDeeds } from './row';
import { Rows } from './rows';
import { ALL, toPageState, withChange } from './state';
import type { NarrowChange, PageState } from './state';
import { problemOf } from './tools';

/** Until a filter that is being typed is asked for, in milliseconds. */
const TYPING = 150;

/** The page of an inference log: what narrows it, the list, what is held. */
export class InferencePage {
  private readonly host = new Host(INFERENCE_PANEL, {
    subject: (subject) => {
      this.subject = subject;
      this.change({ ref: subject.ref });
    },
    records: (batch) => {
      if (batch.first) {
        this.rows.clear();
        this.records.readAgain();
        this.problem = undefined;
      }
      this.rows.add(batch);
      this.drawSoon();
    },
    shown: ({ round, first, records, done }) => {
      if (round === this.round) {
        this.show(records, first);
        this.busy = !done;
        this.came();
      }
    },
    state: (state) => {
      this.held = state;
      this.drop(state.oldest);
      this.came();
    },
    problem: ({ message }) => {
      this.problem = message;
      this.draw();
    },
    replay: (view) => {
      this.replayed.begin(view);
      this.draw();
    },
    outcomes: ({ round, outcomes }) => {
      this.replayed.add(round, outcomes);
      this.drawSoon();
    },
  });
  private readonly actions = new RovingGroup('#record-actions', 'button');

  private state: PageState = toPageState(this.host.saved);
  private subject: InferenceSubject | undefined;
  private held: HeldState | undefined;
  private readonly rows = new Rows();
  private readonly order = new Order((number) => this.rows.at(number), this.state.sort);
  private readonly picked = new Picked(() => this.order);
  private readonly opened = new OpenedRecords(this.host, () => {
    this.draw();
  });
  private readonly replayed = new Replayed();
  private round = 1;
  private busy = true;
  private custom = false;
  private problem: string | undefined;
  private work: string | undefined;
  private frame = 0;
  private typing: ReturnType<typeof setTimeout> | undefined;
  private readonly keys = new ListKeys({
    rows: () => this.order,
    selection: this.picked,
    list: () => this.records.list,
    isLine: () => true,
    isOpen: (number) => number !== undefined && this.opened.has(number),
    toggle: (number, index) => {
      this.opened.toggle(number);
      this.records.list?.reveal(index);
    },
    goTo: (index) => {
      if (index < this.order.length - 1 && this.state.follow) {
        this.change({ follow: false });
      }
      this.draw();
      this.records.list?.reveal(index);
    },
    end: () => {
      this.change({ follow: true });
      this.records.list?.reveal(this.order.length - 1);
    },
    copy: () => {
      this.host.notify('copyRecords', { records: this.picked.list() });
    },
    changed: () => {
      this.draw();
    },
  });

  private readonly deeds: PageDeeds = {
    change: (part) => {
      this.filter(part);
    },
    custom: (on) => {
      this.custom = on;
      this.draw();
    },
    sort: (sort) => {
      this.order.sortBy(sort);
      this.records.list?.reset();
      this.change({ sort, follow: sort === 'oldest' && this.state.follow });
      this.records.list?.scrollTo(0);
    },
    follow: (follow) => {
      if (follow && this.state.sort !== 'oldest') {
        this.order.sortBy('oldest');
        this.records.list?.reset();
      }
      this.change({ follow, ...(follow ? { sort: 'oldest' } : {}) });
    },
    replay: () => {
      this.replay(this.chosen);
    },
    copy: () => {
      this.host.notify('copyRecords', { records: this.chosen });
      this.say(t('Copied'));
    },
    save: () => {
      this.ask(this.host.request('save', { records: this.chosen }, this.signal));
    },
    again: () => {
      this.host.notify('again', {});
    },
    showAll: () => {
      this.replayed.only = undefined;
      this.filter({ ...ALL, text: undefined, from: undefined, to: undefined, path: undefined });
    },
    remedy: (index) => {
      this.host.notify('remedy', { index });
    },
    only: (outcome) => {
      this.replayed.only = outcome;
      this.askShown();
    },
    cancel: () => {
      this.host.notify('cancelReplay', {});
    },
    close: () => {
      const wasNarrow = this.replayed.only !== undefined;
      this.host.notify('closeReplay', {});
      this.replayed.clear();
      this.records.list?.reset();
      if (wasNarrow) {
        this.askShown();
      }
      this.draw();
    },
  };

  private readonly rowDeeds: RowDeeds = {
    ...this.opened.deeds,
    select: (number, how) => {
      if (how === 'toggle') {
        this.picked.toggle(number);
      } else {
        this.picked.select(number, how === 'further');
      }
      this.draw();
    },
    toggle: (number) => {
      this.picked.select(number);
      this.opened.toggle(number);
    },
    replay: (number) => {
      this.replay([number]);
    },
  };

  private readonly records = new RecordList({
    rows: this.rows,
    order: this.order,
    picked: this.picked,
    opened: this.opened,
    replayed: this.replayed,
    deeds: () => this.rowDeeds,
    state: () => this.state,
    change: (part) => {
      this.change(part);
    },
    keep: (place) => {
      this.state = { ...this.state, place };
      this.host.save(this.state);
    },
  });

  constructor(private readonly root: Element) {
    this.draw();
    this.host.ready();
    this.askShown();
  }

  private get signal(): AbortSignal {
    return new AbortController().signal;
  }

  /** The selected ones, where they are several, else all that are shown. */
  private get chosen(): readonly number[] {
    return this.picked.count > 1 ? this.picked.list() : this.order.numbers;
  }

  private change(part: Partial<PageState>): void {
    this.state = { ...this.state, ...part };
    this.host.save(this.state);
    this.draw();
  }

  private filter(change: NarrowChange): void {
    this.change({ filter: withChange(this.state.filter, change) });
    clearTimeout(this.typing);
    // What is being typed is asked for once it stands, anything else at once.
    if (Object.keys(change).length === 1 && (change.text ?? change.path ?? '') !== '') {
      this.typing = setTimeout(() => {
        this.askShown();
      }, TYPING);
    } else {
      this.askShown();
    }
  }

  /** What fits is asked for; until it is there, what was shown before stays. */
  private askShown(): void {
    this.round += 1;
    this.busy = true;
    const { path = '', ...filter } = this.state.filter;
    // A path that is wrong is told at its field and narrows nothing.
    const asked = path === '' || problemOf(path) !== undefined ? filter : { ...filter, path };
    this.host.notify('filter', { round: this.round, filter: asked });
  }

  private show(records: readonly number[], first: boolean): void {
    const { only } = this.replayed;
    const fits = only === undefined ? records : records.filter((each) => this.replayed.of(each)?.outcome === only);
    this.records.keepingTop(first || this.state.sort !== 'oldest', () => {
      if (first) {
        this.order.clear();
      }
      this.order.add(fits);
    });
  }

  private drop(oldest: number): void {
    if ((this.rows.oldest?.number ?? oldest) >= oldest) {
      return;
    }
    this.records.keepingTop(true, () => {
      this.rows.dropBelow(oldest);
      this.order.keep((number) => number >= oldest);
      this.opened.dropBelow(oldest);
    });
  }

  private replay(records: readonly number[]): void {
    this.replayed.only = undefined;
    this.ask(this.host.request('replay', { records }, this.signal));
  }

  /** What was asked for may fail: the status line says why. */
  private ask(work: Promise<unknown>): void {
    work.catch((error: unknown) => {
      if (!(error instanceof HostError && error.cancelled)) {
        this.say(messageOf(error), 8000);
      }
    });
  }

  private say(text: string, ms = 3000): void {
    this.work = text;
    setTimeout(() => {
      this.work = undefined;
      this.drawSoon();
    }, ms);
    this.drawSoon();
  }

  /** Something came; perhaps it was the last of what there is. */
  private came(): void {
    if (this.held?.read === true && !this.busy) {
      this.draw();
      this.records.read();
    } else {
      this.drawSoon();
    }
  }

  private drawSoon(): void {
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      this.draw();
    });
  }

  private draw(): void {
    const { subject, state, rows, order, replayed, picked, custom, work, problem, busy, held } = this;
    patch(
      this.root,
      layout(
        { subject, state, rows, order, replayed, picked, custom, work, problem, busy, held },
        this.deeds,
        (event) => {
          this.keys.press(event);
        },
      ),
    );
    this.actions.refresh();
    this.records.draw();
  }
}
