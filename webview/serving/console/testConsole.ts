import type { SERVING_PANEL } from '../../../src/protocol/servingPanel';
import type {
  ConsoleView,
  PredictParams,
  RequestBody,
  RequestsFileView,
  SavedView,
  Sent,
  VerbView,
} from '../../../src/protocol/views/console';
import type { TestView } from '../../../src/protocol/views/endpoint';
import { h, icon } from '../../common/dom';
import type { Child, VElement } from '../../common/dom';
import { HostError } from '../../common/host';
import type { Host } from '../../common/host';
import { Menu } from '../../common/menu';
import { link } from '../../common/text';
import { RovingGroup } from '../../common/toolbar';
import type { PageState } from '../state';
import { Editor } from './editor';
import { describe, rowsText } from './exchange';
import type { Exchange, Note } from './exchange';
import { history } from './history';
import { withSent } from './kept';
import { replyPane } from './replyPane';
import { ReplyText } from './replyText';
import { requestNote } from './requestCheck';
import { requestPane, routeOf } from './requestPane';

/** What is typed is looked at when nothing more came for so long, in milliseconds. */
const PAUSE = 400;

export interface ConsolePorts {
  readonly host: Host<typeof SERVING_PANEL>;
  state(): PageState;
  change(part: Partial<PageState>): void;
  draw(): void;
}

/** A request to send, its reply, those before, and those that were saved. */
export class TestConsole {
  private view: ConsoleView = { verbs: [] };
  private test: TestView | undefined;
  private sent: readonly Sent[] = [];
  private exchange: Exchange = { kind: 'none' };
  private note: Note | undefined;
  private running: AbortController | undefined;
  /** The saved request that the editor shows, as long as nothing of it is changed. */
  private named: { readonly name: string; readonly body: string } | undefined;
  private recalled = -1;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly replyText = new ReplyText();
  private readonly tabs = new RovingGroup('#reply-tabs', 'button');
  private readonly rows = new RovingGroup('#history', 'button', 'column');
  private readonly saved: Menu;
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
    this.saved = new Menu(
      'saved',
      'Take a saved request',
      () => {
        ports.draw();
      },
      () => 'Saved Requests',
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
    const { sent, exchange, note, editor } = this;
    const state = this.ports.state();
    const verb = this.verb();
    return h(
      'section',
      { key: 'test', attrs: { 'aria-labelledby': 'h-test', id: 'test' } },
      h('div', { class: 'title' }, h('h2', { attrs: { id: 'h-test' } }, 'Test'), this.file(this.view.file)),
      h(
        'div',
        { class: 'console' },
        requestPane({ test, state, exchange, note, verb, editor }, this.requestDeeds),
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
    return { verb: this.ports.state().verb, body: this.editor.text, ...(route === undefined ? {} : { route }) };
  }

  cancel(): void {
    this.running?.abort();
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

  private readonly historyDeeds = {
    take: (sent: Sent): void => {
      this.takeSent(sent);
    },
    clear: (): void => {
      this.keep([]);
      this.editor.focus();
    },
  };

  private file(file: RequestsFileView | undefined): readonly Child[] {
    if (file === undefined || (!file.exists && file.requests.length === 0)) {
      return [];
    }
    return [
      link(
        file.name,
        () => {
          this.ports.host.notify('openRequests', undefined);
        },
        { title: 'Open the file with the saved requests' },
      ),
      file.problem !== undefined && h('span', { class: 'note error' }, icon('error'), h('span', {}, file.problem)),
      file.requests.length > 0 &&
        this.saved.view(
          file.requests.map((saved) => ({
            label: saved.name,
            icon: saved.isTest ? 'beaker' : 'json',
            apart: false,
            pick: () => {
              this.take(saved);
            },
          })),
        ),
    ];
  }

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
    const text = `Line ${String(line)}, column ${String(column)}: ${message}`;
    this.tell({ tone: 'error', text, place: { offset, length: 1 } });
    this.editor.goTo(offset);
    return false;
  }

  private async send(): Promise<void> {
    if (this.running !== undefined || !this.isJson()) {
      return;
    }
    const asked = this.asked();
    const at = Date.now();
    this.running = new AbortController();
    this.show({ kind: 'waiting', since: at });
    try {
      const reply = await this.ports.host.request('predict', asked, this.running.signal);
      this.running = undefined;
      if ('remedies' in reply) {
        this.show({ kind: 'failed', failure: reply });
        return;
      }
      const { verb, body } = asked;
      const { status, latencyMs, bytes, requestId } = reply;
      const what = describe(body, reply, this.nameOf(body));
      const sent = { at, verb, body, what, status, latencyMs, bytes };
      this.exchange = { kind: 'reply', reply };
      this.keep(withSent(this.sent, requestId === undefined ? sent : { ...sent, request: requestId }));
    } catch (error) {
      this.running = undefined;
      this.show(
        error instanceof HostError && error.cancelled
          ? { kind: 'cancelled' }
          : { kind: 'failed', failure: { message: messageOf(error), remedies: [] } },
      );
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
      this.tell({ tone: 'info', text: `Saved as ${name}.` });
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

  private show(exchange: Exchange): void {
    this.exchange = exchange;
    this.ports.draw();
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
