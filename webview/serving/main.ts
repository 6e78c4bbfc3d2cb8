import '../common/panel.css';
import './serving.css';
import './replicas.css';
import './console/console.css';
import './traffic.css';
import { withChanges } from '../../src/protocol/changes';
import { SERVING_PANEL } from '../../src/protocol/servingPanel';
import type { ServingView } from '../../src/protocol/servingPanel';
import type { TrafficView } from '../../src/protocol/views/traffic';
import type { ViewRef } from '../../src/protocol/views/basics';
import { Paced } from '../../src/core/paced';
import { patch } from '../common/dom';
import { Host } from '../common/host';
import { t } from '../common/l10n';
import { Menu } from '../common/menu';
import { RovingGroup } from '../common/toolbar';
import type { Deeds } from './deeds';
import { TestConsole } from './console/testConsole';
import { gonePage, servingPage } from './page';
import { toPageState } from './state';
import type { PageState } from './state';
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
      this.console.handlers.focusTest();
    },
    console: (view) => {
      this.console.handlers.console(view);
    },
    history: (sent) => {
      this.console.handlers.history(sent);
    },
    replyPart: (part) => {
      this.console.handlers.replyPart(part);
    },
    body: (body) => {
      this.console.handlers.body(body);
    },
  });
  private readonly menu = new Menu('more', t('More actions'), () => {
    this.draw();
  });
  private readonly actions = new RovingGroup('#actions', 'button:not(.menu-item)');
  private readonly console = new TestConsole({
    host: this.host,
    state: () => this.state,
    change: (part) => {
      this.change(part);
    },
    chooseStream: (stream) => {
      const { stream: _before, ...rest } = this.state;
      this.state = rest;
      this.change(stream === undefined ? {} : { stream });
    },
    draw: () => {
      this.draw();
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
        .request('copyAs', { language, ...this.console.asked() }, new AbortController().signal)
        .catch((error: unknown) => {
          this.console.fail(error);
        });
    },
    logs: (narrow) => {
      this.host.notify('logs', narrow);
    },
    goTo: (part) => {
      this.goTo(part);
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
        this.console.cancel();
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

  private draw(): void {
    if (this.gone !== undefined) {
      patch(this.root, [gonePage(this.gone.ref.name, this.gone.message)]);
      return;
    }
    if (this.view === undefined) {
      return;
    }
    const { state, traffic } = this;
    const options = { state, traffic, now: Date.now() };
    patch(this.root, [
      servingPage(this.view, { menu: this.menu, console: this.console, charts: this.charts }, options, this.deeds),
    ]);
    this.console.drawn();
    this.actions.refresh();
  }

  private goTo(part: 'differences' | 'test' | 'replicas'): void {
    if (part === 'test') {
      this.console.focus();
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

const root = document.getElementById('root');
if (root !== null) {
  new ServingPage(root);
}
