import type { SERVING_PANEL } from '../../../src/protocol/servingPanel';
import type {
  ConsoleView,
  PredictParams,
  RequestBody,
  SavedView,
  Sent,
  VerbView,
} from '../../../src/protocol/views/console';
import type { TestView } from '../../../src/protocol/views/endpoint';
import { h } from '../../common/dom';
import type { VElement } from '../../common/dom';
import type { Host } from '../../common/host';
import { t } from '../../common/l10n';
import { Menu } from '../../common/menu';
import { RovingGroup } from '../../common/toolbar';
import type { PageState } from '../state';
import { Editor } from './editor';
import type { Note } from './exchange';
import { history } from './history';
import { Notes } from './notes';
import { Past } from './past';
import { replyPane } from './replyPane';
import { ReplyText } from './replyText';
import { requestPane, routeOf } from './requestPane';
import { savedTitle } from './savedTitle';
import { Saving } from './saving';
import { Sender } from './sender';

export interface ConsolePorts {
  readonly host: Host<typeof SERVING_PANEL>;
  state(): PageState;
  change(part: Partial<PageState>): void;
  /** Absent: the reply comes whole. */
  chooseStream(stream: PageState['stream']): void;
  draw(): void;
}

/** A request to send, its reply, those before, and those that were saved. */
export class TestConsole {
  private view: ConsoleView = { verbs: [], canStream: false };
  private test: TestView | undefined;
  private readonly replyText = new ReplyText();
  private readonly tabs = new RovingGroup('#reply-tabs', 'button');
  private readonly rows = new RovingGroup('#history', 'button', 'column');
  private readonly saved: Menu;
  private readonly sender: Sender;
  private readonly editor = new Editor({
    typed: (body) => {
      this.notes.forget();
      this.past.leave();
      this.ports.change({ body });
      this.notes.checkSoon();
    },
    send: () => void this.send(),
    cancel: () => {
      this.cancel();
    },
    recall: (step) => {
      this.past.recall(step, (sent) => {
        this.takeSent(sent);
      });
    },
  });
  private readonly notes = new Notes({
    editor: this.editor,
    verb: () => this.verb(),
    isShown: () => this.test !== undefined,
    draw: () => {
      this.ports.draw();
    },
  });
  private readonly past = new Past((sent) => {
    this.ports.host.notify('keepHistory', { sent });
    this.ports.draw();
  });
  private readonly saving: Saving;

  constructor(private readonly ports: ConsolePorts) {
    this.saving = new Saving(ports.host, this.notes);
    this.sender = new Sender({
      predict: (asked, signal) => ports.host.request('predict', asked, signal),
      draw: () => {
        ports.draw();
      },
    });
    this.saved = new Menu(
      'saved',
      t('Take a saved request'),
      () => {
        ports.draw();
      },
      () => t('Saved Requests'),
    );
  }

  /** What the host tells; to be handed to it. */
  readonly handlers = {
    console: (view: ConsoleView): void => {
      this.view = view;
      this.ports.draw();
      this.notes.checkSoon();
    },
    history: ({ sent }: { readonly sent: readonly Sent[] }): void => {
      this.past.restore(sent);
      this.ports.draw();
    },
    replyPart: ({ text }: { readonly text: string }): void => {
      this.sender.part(text);
    },
    body: ({ body, notes }: RequestBody): void => {
      this.put(body);
      this.notes.tell({ tone: 'info', text: notes.join(' ') });
      this.focus();
    },
    focusTest: (): void => {
      this.focus();
    },
  };

  section(test: TestView, now: number): VElement {
    this.test = test;
    const { editor } = this;
    const { sent } = this.past;
    const note = this.notes.current;
    const { exchange } = this.sender;
    const state = this.ports.state();
    const verb = this.verb();
    const { canStream } = this.view;
    return h(
      'section',
      { key: 'test', attrs: { 'aria-labelledby': 'h-test', id: 'test' } },
      h(
        'div',
        { class: 'title' },
        h('h2', { attrs: { id: 'h-test' } }, t('Test')),
        savedTitle(this.view.file, this.saved, this.savedDeeds),
      ),
      h(
        'div',
        { class: 'console' },
        requestPane({ test, state, exchange, note, verb, editor, canStream }, this.requestDeeds),
        replyPane(state, exchange, this.replyText, this.replyDeeds),
      ),
      sent.length > 0 && history(sent, now, this.historyDeeds),
    );
  }

  /** To be called after each draw. */
  drawn(): void {
    this.editor.colour();
    this.tabs.refresh();
    this.rows.refresh();
  }

  /** The request as it is now. */
  asked(): PredictParams {
    const route = this.test && routeOf(this.test, this.ports.state());
    const { verb, stream } = this.ports.state();
    return {
      verb,
      body: this.editor.text,
      ...(route === undefined ? {} : { route }),
      ...(stream === undefined || !this.view.canStream ? {} : { stream }),
    };
  }

  cancel(): void {
    this.sender.cancel();
  }

  focus(): void {
    this.editor.focus();
    document.getElementById('test')?.scrollIntoView({ block: 'nearest' });
  }

  /** Why something could not be done, below the editor. */
  fail(error: unknown): void {
    this.notes.fail(error);
  }

  private readonly requestDeeds = {
    send: (): void => void this.send(),
    cancel: (): void => {
      this.cancel();
    },
    chooseVerb: (verb: PageState['verb']): void => {
      this.ports.change({ verb });
      this.notes.checkSoon();
    },
    chooseRoute: (route: NonNullable<PageState['route']>): void => {
      this.ports.change({ route });
    },
    chooseStream: (stream: PageState['stream']): void => {
      this.ports.chooseStream(stream);
    },
    goTo: ({ offset, length }: NonNullable<Note['place']>): void => {
      this.editor.goTo(offset, length);
    },
    format: (): void => {
      this.editor.format();
    },
    save: (): void => {
      if (this.notes.isJson()) {
        void this.saving.save(this.asked());
      }
    },
    sendRows: (): void => {
      this.ports.host.notify('sendRows', undefined);
    },
  };

  private readonly replyDeeds = {
    chooseTab: (tab: PageState['tab']): void => {
      this.ports.change({ tab });
    },
    copyReply: (): void => {
      this.ports.host.notify('copyReply', undefined);
    },
    saveReply: (): void => {
      this.ports.host.notify('saveReply', undefined);
    },
    makeTest: (): void => void this.saving.makeTest(this.editor.text),
    replyRemedy: (index: number): void => {
      this.ports.host.notify('replyRemedy', { index });
    },
    logs: (request: string): void => {
      this.ports.host.notify('logs', { request });
    },
  };

  private readonly savedDeeds = {
    openRequests: (): void => {
      this.ports.host.notify('openRequests', undefined);
    },
    take: (saved: SavedView): void => {
      this.take(saved);
    },
  };

  private readonly historyDeeds = {
    take: (sent: Sent): void => {
      this.takeSent(sent);
    },
    clear: (): void => {
      this.past.clear();
      this.editor.focus();
    },
  };

  private verb(): VerbView | undefined {
    return this.view.verbs.find(({ verb }) => verb === this.ports.state().verb);
  }

  private take({ name, verb, body }: SavedView): void {
    this.put(body, verb);
    this.saving.took(name, body);
    this.editor.focus();
  }

  private takeSent({ verb, body }: Sent): void {
    if (body !== '') {
      this.put(body, verb);
    }
  }

  private put(body: string, verb = this.ports.state().verb): void {
    this.ports.change({ verb: this.test?.verbs.includes(verb) === false ? 'predict' : verb });
    this.editor.replace(body);
    this.notes.forget();
    this.ports.change({ body });
    this.notes.checkSoon();
  }

  private async send(): Promise<void> {
    if (this.sender.isRunning || !this.notes.isJson()) {
      return;
    }
    const asked = this.asked();
    const at = Date.now();
    const reply = await this.sender.send(asked);
    if (reply !== undefined) {
      this.past.add(at, asked, reply, this.saving.nameOf(asked.body));
    }
  }
}
