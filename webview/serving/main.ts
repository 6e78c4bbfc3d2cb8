import '../common/panel.css';
import './serving.css';
import './replicas.css';
import './traffic.css';
import { withChanges } from '../../src/protocol/changes';
import { SERVING_PANEL } from '../../src/protocol/servingPanel';
import type { PredictParams, ServingView } from '../../src/protocol/servingPanel';
import type { TrafficView } from '../../src/protocol/views/traffic';
import type { ViewRef } from '../../src/protocol/views/basics';
import { Paced } from '../../src/core/paced';
import { patch } from '../common/dom';
import { Host, HostError } from '../common/host';
import type { JsonProblem } from '../common/json';
import { Menu } from '../common/menu';
import { RovingGroup } from '../common/toolbar';
import { registerToolkit } from '../common/toolkit';
import type { Deeds } from './deeds';
import { Editor } from './editor';
import { gonePage, servingPage } from './page';
import { describe, toPageState, withSent } from './state';
import type { PageState } from './state';
import { routeOf } from './testConsole';
import type { Exchange } from './testConsole';
import { TrafficCharts } from './traffic';

/** Durations in the page are brought up to date this often while it is shown, in milliseconds. */
const TICK = 1000;
/** What the host tells more often is drawn together, in milliseconds. */
const DRAW = 100;

class ServingPage {
  private readonly host = new Host(SERVING_PANEL, {
    view: (view) => {
      this.gone = undefined;
      this.take(view);
      this.restoreScroll();
    },
    changes: (changes) => {
      if (this.view !== undefined) {
        this.take(withChanges(this.view, changes));
      }
    },
    // Drawn with the next tick: at most once a second.
    traffic: ({ charts }) => {
      this.traffic = charts;
    },
    gone: (gone) => {
      this.gone = gone;
      this.view = undefined;
      this.draw();
    },
    focusTest: () => {
      this.editor.focus();
      document.getElementById('test')?.scrollIntoView({ block: 'nearest' });
    },
  });
  private readonly menu = new Menu('more', 'More actions', () => {
    this.draw();
  });
  private readonly actions = new RovingGroup('#actions', 'button:not(.menu-item)');
  private readonly tabs = new RovingGroup('#reply-tabs', 'button');
  private readonly editor = new Editor({
    typed: (body) => {
      this.problem = undefined;
      this.change({ body });
    },
    send: () => {
      void this.send();
    },
    cancel: () => {
      this.running?.abort();
    },
  });
  private readonly deeds: Deeds = {
    act: (action) => {
      this.host.notify('act', { action });
    },
    open: (target) => {
      this.host.notify('open', { target });
    },
    remedy: (index) => {
      this.host.notify('remedy', { index });
    },
    replicaRemedy: (replica, index) => {
      this.host.notify('replicaRemedy', { replica, index });
    },
    openFrame: (file, line) => {
      this.host.notify('openFrame', { file, line });
    },
    copy: (text) => {
      this.host.notify('copy', { text });
    },
    copyAs: (language) => {
      this.host
        .request('copyAs', { language, ...this.asked() }, new AbortController().signal)
        .catch((error: unknown) => {
          this.show({ kind: 'failed', message: messageOf(error) });
        });
    },
    logs: (narrow) => {
      this.host.notify('logs', narrow);
    },
    goTo: (part) => {
      this.goTo(part);
    },
    send: () => {
      void this.send();
    },
    cancel: () => {
      this.running?.abort();
    },
    chooseVerb: (verb) => {
      this.change({ verb });
    },
    chooseRoute: (route) => {
      this.change({ route });
    },
    chooseTab: (tab) => {
      this.change({ tab });
    },
    take: (sent) => {
      this.problem = undefined;
      this.change(sent.body === '' ? { verb: sent.verb } : { verb: sent.verb, body: sent.body });
    },
    pause: (isPaused) => {
      this.change({ isPaused });
    },
    shell: (replica) => {
      this.host.notify('shell', { replica });
    },
    openStartup: (startupOpen) => {
      this.change({ startupOpen });
    },
    openFrames: (framesOpen) => {
      this.change({ framesOpen });
    },
    openDecisions: (decisionsOpen) => {
      this.change({ decisionsOpen });
    },
  };

  private state: PageState = toPageState(this.host.saved);
  private view: ServingView | undefined;
  private traffic: TrafficView | undefined;
  private readonly charts = new TrafficCharts();
  private readonly drawing = new Paced(DRAW, () => {
    this.draw();
  });
  private gone: { readonly ref: ViewRef; readonly message: string } | undefined;
  private exchange: Exchange = { kind: 'none' };
  private problem: JsonProblem | undefined;
  private running: AbortController | undefined;
  private ticking: ReturnType<typeof setInterval> | undefined;
  private scrollToRestore: number | undefined = this.state.scroll;

  constructor(private readonly root: Element) {
    this.tick();
    document.addEventListener('visibilitychange', () => {
      this.tick();
    });
    let saving: ReturnType<typeof setTimeout> | undefined;
    document.addEventListener('scroll', () => {
      clearTimeout(saving);
      saving = setTimeout(() => {
        this.state = { ...this.state, scroll: window.scrollY };
        this.host.save(this.state);
      }, 200);
    });
    document.addEventListener('keydown', (event) => {
      if (event.key === 'Escape' && !event.defaultPrevented) {
        this.running?.abort();
      }
    });
    this.host.ready();
  }

  /** Brings durations and charts up to date; nothing happens while the page is hidden. */
  private tick(): void {
    clearInterval(this.ticking);
    if (document.visibilityState === 'visible') {
      this.draw();
      this.ticking = setInterval(() => {
        this.draw();
      }, TICK);
    }
  }

  private take(view: ServingView): void {
    const isFirst = this.view === undefined;
    this.view = view;
    const verb = view.test?.verbs.includes(this.state.verb) === false ? 'predict' : this.state.verb;
    const { ref } = this.state;
    if (verb !== this.state.verb || ref?.name !== view.ref.name || ref.backend !== view.ref.backend) {
      this.state = { ...this.state, ref: view.ref, verb };
      this.host.save(this.state);
    }
    if (isFirst) {
      this.draw();
    } else if (document.visibilityState === 'visible') {
      this.drawing.ask();
    }
  }

  private change(part: Partial<PageState>): void {
    this.state = { ...this.state, ...part };
    this.host.save(this.state);
    this.draw();
  }

  private show(exchange: Exchange): void {
    this.exchange = exchange;
    this.draw();
  }

  private draw(): void {
    if (this.gone !== undefined) {
      patch(this.root, [gonePage(this.gone.ref.name, this.gone.message)]);
      return;
    }
    if (this.view === undefined) {
      return;
    }
    const { state, exchange, problem, traffic } = this;
    const options = { state, exchange, problem, traffic, now: Date.now() };
    patch(this.root, [
      servingPage(this.view, { menu: this.menu, editor: this.editor, charts: this.charts }, options, this.deeds),
    ]);
    this.editor.colour();
    this.actions.refresh();
    this.tabs.refresh();
  }

  /** The request as it is now. */
  private asked(): PredictParams {
    const route = this.view?.test && routeOf(this.view.test, this.state);
    return { verb: this.state.verb, body: this.editor.text, ...(route === undefined ? {} : { route }) };
  }

  private async send(): Promise<void> {
    if (this.running !== undefined) {
      return;
    }
    this.problem = this.editor.check();
    if (this.problem !== undefined) {
      this.draw();
      this.editor.goTo(this.problem.offset);
      return;
    }
    const { verb, body } = this.asked();
    const at = Date.now();
    this.running = new AbortController();
    this.show({ kind: 'waiting', since: at });
    try {
      const reply = await this.host.request('predict', this.asked(), this.running.signal);
      const { status, latencyMs, bytes, requestId } = reply;
      const sent = { at, verb, body, what: describe(body, reply), status, latencyMs, bytes };
      this.exchange = { kind: 'reply', reply };
      this.running = undefined;
      this.change({
        history: withSent(this.state.history, requestId === undefined ? sent : { ...sent, request: requestId }),
      });
    } catch (error) {
      this.running = undefined;
      this.show(
        error instanceof HostError && error.cancelled
          ? { kind: 'cancelled' }
          : { kind: 'failed', message: messageOf(error) },
      );
    }
  }

  private goTo(part: 'differences' | 'test' | 'replicas'): void {
    if (part === 'test') {
      this.editor.focus();
    }
    const element = document.getElementById(part);
    element?.scrollIntoView({ block: 'center' });
    if (part === 'differences') {
      element?.focus({ preventScroll: true });
    }
  }

  private restoreScroll(): void {
    if (this.scrollToRestore !== undefined) {
      window.scrollTo(0, this.scrollToRestore);
      this.scrollToRestore = undefined;
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

registerToolkit();
const root = document.getElementById('root');
if (root !== null) {
  new ServingPage(root);
}
