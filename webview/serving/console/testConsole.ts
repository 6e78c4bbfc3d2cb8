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
import { HostError } from '../../common/host';
import type { Host } from '../../common/host';
import { t } from '../../common/l10n';
import { Menu } from '../../common/menu';
import { RovingGroup } from '../../common/toolbar';
import type { PageState } from '../state';
import { Editor } from './editor';
import { describe, rowsText } from './exchange';
import type { Note } from './exchange';
import { history } from './history';
import { withSent } from './kept';
import { replyPane } from './replyPane';
import { ReplyText } from './replyText';
import { requestNote } from './requestCheck';
import { requestPane, routeOf } from './requestPane';
import { savedTitle } from './savedTitle';
import { messageOf, Sender } from './sender';

/** What is typed is looked at when nothing more came for so long, in milliseconds. */
const PAUSE = 400;

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
  private sent: readonly Sent[] = [];
  private note: Note | undefined;
  /** The saved request that the editor shows, as long as nothing of it is changed. */
  private named: { readonly name: string; readonly body: string } | undefined;
  private recalled = -1;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly replyText = new ReplyText();
  private readonly tabs = new RovingGroup('#reply-tabs', 'button');
  private readonly rows = new RovingGroup('#history', 'button', 'column');
  private readonly saved: Menu;
  private readonly sender: Sender;
  private readonly editor = new Editor({
    typed: (body) => {
      this.note = undefined;
      this.recalled = -1;
      this.ports.change({ body });
      this.checkSoon();
    },
    send: () => void this.send(),
    cancel: () => {
      this.cancel();
    },
    recall: (step) => {
      this.recall(step);
    },
  });

  constructor(private readonly ports: ConsolePorts) {
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
      this.checkSoon();
    },
    history: ({ sent }: { readonly sent: readonly Sent[] }): void => {
      this.sent = sent;
      this.ports.draw();
    },
    replyPart: ({ text }: { readonly text: string }): void => {
      this.sender.part(text);
    },
    body: ({ body, notes }: RequestBody): void => {
      this.put(body);
      this.tell({ tone: 'info', text: notes.join(' ') });
      this.focus();
    },
    focusTest: (): void => {
      this.focus();
    },
  };

  section(test: TestView, now: number): VElement {
    this.test = test;
    const { sent, note, editor } = this;
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
    if (!(error instanceof HostError && error.cancelled)) {
      this.tell({ tone: 'error', text: messageOf(error) });
    }
  }

  private readonly requestDeeds = {
    send: (): void => void this.send(),
    cancel: (): void => {
      this.cancel();
    },
    chooseVerb: (verb: PageState['verb']): void => {
      this.ports.change({ verb });
      this.checkSoon();
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
    save: (): void => void this.save(),
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
    makeTest: (): void => void this.makeTest(),
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
      this.keep([]);
      this.editor.focus();
    },
  };

  private verb(): VerbView | undefined {
    return this.view.verbs.find(({ verb }) => verb === this.ports.state().verb);
  }

  private take({ name, verb, body }: SavedView): void {
    this.put(body, verb);
    this.named = { name, body };
    this.editor.focus();
  }

  private takeSent({ verb, body }: Sent): void {
    if (body !== '') {
      this.put(body, verb);
    }
  }

  private recall(step: 1 | -1): void {
    const at = this.recalled + step;
    const sent = this.sent[at];
    if (sent !== undefined && sent.body !== '') {
      this.takeSent(sent);
      this.recalled = at;
    }
  }

  private put(body: string, verb = this.ports.state().verb): void {
    this.ports.change({ verb: this.test?.verbs.includes(verb) === false ? 'predict' : verb });
    this.editor.replace(body);
    this.note = undefined;
    this.ports.change({ body });
    this.checkSoon();
  }

  private tell(note: Note | undefined): void {
    clearTimeout(this.timer);
    this.note = note;
    this.ports.draw();
  }

  private checkSoon(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      const note = requestNote(this.editor.text, this.verb());
      // What was told stays until something is wrong or typed.
      if (this.test !== undefined && (note !== undefined || this.note?.tone !== 'info')) {
        this.tell(note);
      }
    }, PAUSE);
  }

  /** Whether the text is JSON; says where it is not. */
  private isJson(): boolean {
    const wrong = this.editor.check();
    if (wrong === undefined) {
      return true;
    }
    const { line, column, offset, message } = wrong;
    const text = t('Line {0}, column {1}: {2}', String(line), String(column), message);
    this.tell({ tone: 'error', text, place: { offset, length: 1 } });
    this.editor.goTo(offset);
    return false;
  }

  private async send(): Promise<void> {
    if (this.sender.isRunning || !this.isJson()) {
      return;
    }
    const asked = this.asked();
    const { verb, body } = asked;
    const at = Date.now();
    const reply = await this.sender.send(asked);
    if (reply !== undefined) {
      const { status, latencyMs, bytes, requestId } = reply;
      const sent = { at, verb, body, what: describe(body, reply, this.nameOf(body)), status, latencyMs, bytes };
      this.keep(withSent(this.sent, requestId === undefined ? sent : { ...sent, request: requestId }));
    }
  }

  private async save(): Promise<void> {
    if (!this.isJson()) {
      return;
    }
    const { verb, body } = this.asked();
    await this.write(body, (name, signal) => this.ports.host.request('saveRequest', { verb, body, name }, signal));
  }

  private async makeTest(): Promise<void> {
    await this.write(this.editor.text, (name, signal) => this.ports.host.request('makeTest', { name }, signal));
  }

  private async write(body: string, ask: (name: string, signal: AbortSignal) => Promise<string>): Promise<void> {
    try {
      const name = await ask(this.nameOf(body) ?? rowsText(body), new AbortController().signal);
      this.named = { name, body };
      this.tell({ tone: 'info', text: t('Saved as {0}.', name) });
    } catch (error) {
      this.fail(error);
    }
  }

  private nameOf(body: string): string | undefined {
    return this.named?.body === body ? this.named.name : undefined;
  }

  private keep(sent: readonly Sent[]): void {
    this.sent = sent;
    this.recalled = -1;
    this.ports.host.notify('keepHistory', { sent });
    this.ports.draw();
  }
}
