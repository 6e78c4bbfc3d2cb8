import * as vscode from 'vscode';
import { Disposables } from '../../core/disposables';
import type { Disposable } from '../../core/disposables';
import { MEMORY_LIMIT, messageOf, ServingError } from '../../core/errors';
import type { Logger } from '../../core/log';
import type { Serving, ServingRef } from '../../core/serving';
import { changesOf } from '../../protocol/changes';
import type { HostHandlers } from '../../protocol/contract';
import { SERVING_PANEL } from '../../protocol/servingPanel';
import type { LinkTarget } from '../../protocol/views/basics';
import type { PanelAction } from '../../protocol/views/header';
import type { ServingView } from '../../protocol/servingPanel';
import type { RequestBody } from '../../protocol/views/console';
import { ConsoleHost } from './consoleHost';
import type { ConsolePorts } from './consoleHost';
import { copyAs } from './copyAs';
import { toCopy } from './toCopy';
import { COMMANDS, GUARDS } from './panelActions';
import { PanelHost } from './panelHost';
import type { OpenPanel, PanelContent } from './panelHost';
import type { CommandRunner, ServingSource } from './ports';
import { toServingView } from './servingView';

/** Pages of the server; undefined: the model's own address. */
const PATHS = {
  app: '/',
  docs: '/docs',
  metrics: '/metrics',
  ready: '/v2/health/ready',
  status: undefined,
} as const;

export interface ServingPanelPorts {
  readonly source: ServingSource;
  readonly console: Omit<ConsolePorts, 'commands' | 'log'>;
  readonly commands: CommandRunner;
  /** Shows the log panel, narrowed to a request or a replica. */
  showLogs(ref: ServingRef, narrow: { readonly request?: string; readonly replica?: number }): void;
  readonly log: Logger;
}

/** The detail panels: state, start, endpoint, a request to send, replicas, configuration. */
export class ServingPanels implements Disposable {
  private readonly host: PanelHost<typeof SERVING_PANEL>;

  constructor(extensionUri: vscode.Uri, ports: ServingPanelPorts) {
    this.host = new PanelHost(
      extensionUri,
      {
        type: 'modelServing.serving',
        bundle: 'serving',
        contract: SERVING_PANEL,
        title: (ref) => ref.name,
        content: (panel) => new ServingContent(panel, ports),
      },
      ports.log,
    );
  }

  /** With `focus` the request editor gets the focus. */
  show(ref: ServingRef, focus?: 'test'): void {
    const panel = this.host.show(ref);
    if (focus === 'test') {
      panel.end.whenListening(() => {
        panel.end.send('focusTest', undefined);
      });
    }
  }

  /** Shows the panel with a request in its editor. */
  showRequest(ref: ServingRef, body: RequestBody): void {
    const { end } = this.host.show(ref);
    end.whenListening(() => {
      end.send('body', body);
    });
  }

  /** A panel that shows the first shows the second from now on. */
  follow(from: ServingRef, to: ServingRef): void {
    if (this.host.close(from)) {
      this.host.show(to);
    }
  }

  dispose(): void {
    this.host.dispose();
  }
}

class ServingContent implements PanelContent<typeof SERVING_PANEL> {
  private readonly disposables = new Disposables();
  private readonly console: ConsoleHost;
  private watching: Disposable | undefined;
  /** What the page that is there now has been told. */
  private told: ServingView | undefined;

  readonly handlers: HostHandlers<typeof SERVING_PANEL> = {
    requests: {
      predict: (params, signal) => this.console.requests.predict(params, signal),
      saveRequest: (params) => this.console.requests.saveRequest(params),
      makeTest: (params) => this.console.requests.makeTest(params),
      copyAs: async ({ language, ...params }) => {
        const shell = process.platform === 'win32' ? 'powershell' : 'posix';
        await vscode.env.clipboard.writeText(copyAs(language, toCopy(this.existing(), params), shell));
        return true;
      },
    },
    notifications: {
      copyReply: () => {
        this.console.notifications.copyReply();
      },
      saveReply: () => {
        this.console.notifications.saveReply();
      },
      replyRemedy: (which) => {
        this.console.notifications.replyRemedy(which);
      },
      openRequests: () => {
        this.console.notifications.openRequests();
      },
      sendRows: () => {
        this.console.notifications.sendRows();
      },
      keepHistory: (kept) => {
        this.console.notifications.keepHistory(kept);
      },
      act: ({ action }) => {
        this.act(action);
      },
      open: ({ target }) => {
        this.run(this.open(target));
      },
      remedy: ({ index }) => {
        const remedy = this.serving?.run?.failure?.remedies[index];
        if (remedy !== undefined) {
          this.run(this.ports.commands.runRemedy(remedy, this.panel.ref));
        }
      },
      replicaRemedy: ({ replica, index }) => {
        const remedy = this.serving?.run?.replicas.find((each) => each.number === replica)?.remedies?.[index];
        if (remedy !== undefined) {
          this.run(this.ports.commands.runRemedy(remedy, this.panel.ref));
        }
      },
      openFrame: ({ file, line }) => {
        const frames = this.serving?.run?.failure?.exception?.frames ?? [];
        if (frames.some((each) => each.file === file && each.line === line)) {
          this.run(this.ports.commands.runRemedy({ kind: 'openFile', file, line }, this.panel.ref));
        }
      },
      copy: ({ text }) => {
        this.run(vscode.env.clipboard.writeText(text));
      },
      logs: (narrow) => {
        this.ports.showLogs(this.panel.ref, narrow);
      },
    },
  };

  constructor(
    private readonly panel: OpenPanel<typeof SERVING_PANEL>,
    private readonly ports: ServingPanelPorts,
  ) {
    const { commands, log } = ports;
    this.console = new ConsoleHost(panel, () => this.serving, { ...ports.console, commands, log });
    this.disposables.add(this.console);
    this.disposables.add(
      ports.source.onDidChange(() => {
        if (panel.isVisible()) {
          this.send();
          this.console.changed();
        }
      }),
    );
  }

  fill(): void {
    this.watching ??= this.ports.source.watch();
    this.told = undefined;
    this.send();
    this.console.fill();
  }

  hidden(): void {
    this.console.hidden();
    this.watching?.dispose();
    this.watching = undefined;
  }

  dispose(): void {
    this.hidden();
    this.disposables.dispose();
  }

  private get serving(): Serving | undefined {
    return this.ports.source.serving(this.panel.ref);
  }

  private send(): void {
    const { ref, end } = this.panel;
    const { source } = this.ports;
    const { serving } = this;
    if (serving === undefined) {
      const message = `There is no serving named ${ref.name} on ${source.backendLabel(ref)}: it was deleted or moved, or its definition cannot be read.`;
      this.told = undefined;
      end.send('gone', { ref: { backend: ref.backend, name: ref.name }, message });
      return;
    }
    const view = toServingView({
      serving,
      progress: source.progress(ref),
      actions: source.actions(ref),
      backendLabel: source.backendLabel(ref),
    });
    const changes = this.told && changesOf(this.told, view);
    if (this.told === undefined) {
      end.send('view', view);
    } else if (changes !== undefined) {
      end.send('changes', changes);
    }
    this.told = view;
  }

  private act(action: PanelAction): void {
    if (action === 'openEndpoint') {
      this.run(this.open(this.serving?.run?.loaded?.hasApp === true ? 'app' : 'docs'));
      return;
    }
    if (action === 'makeWay') {
      const command = this.serving?.run?.endpoint?.elsewhere?.command;
      if (command !== undefined) {
        this.run(this.ports.commands.runRemedy({ kind: 'typeCommand', command }, this.panel.ref));
      }
      return;
    }
    if (action === 'raiseMemory') {
      this.run(this.ports.commands.runRemedy({ kind: 'raiseLimit', setting: MEMORY_LIMIT }, this.panel.ref));
      return;
    }
    const guard = GUARDS[action];
    if (guard === undefined || this.ports.source.actions(this.panel.ref).includes(guard)) {
      this.run(this.ports.commands.run(COMMANDS[action], this.panel.ref));
    }
  }

  private async open(target: LinkTarget): Promise<void> {
    const { ref } = this.panel;
    const { commands } = this.ports;
    switch (target) {
      case 'script':
        return commands.run('modelServing.serving.openScript', ref);
      case 'definition':
        return commands.run('modelServing.serving.openDefinition', ref);
      case 'model':
        return commands.run('modelServing.model.reveal', this.serving?.definition.model, ref);
      case 'requirements':
        return commands.runRemedy({ kind: 'openDefinition', field: 'environment.requirements' }, ref);
      case 'artifact': {
        const directory = this.serving?.run?.artifactDirectory;
        if (directory !== undefined) {
          await vscode.commands.executeCommand('revealFileInOS', vscode.Uri.file(directory));
        }
        return;
      }
      case 'hopsworks':
        return commands.run('modelServing.serving.openInHopsworks', ref);
      case 'hopsworksLogs': {
        const page = this.serving?.remote?.pages.logs;
        if (page !== undefined) {
          await vscode.env.openExternal(vscode.Uri.parse(page, true));
        }
        return;
      }
      case 'app':
      case 'docs':
      case 'metrics':
      case 'status':
      case 'ready':
        await vscode.env.openExternal(vscode.Uri.parse(this.page(target), true));
    }
  }

  private page(target: keyof typeof PATHS): string {
    const { url } = this.endpoint();
    const path = PATHS[target];
    return path === undefined ? url : new URL(path, url).href;
  }

  private existing(): Serving {
    this.endpoint();
    const { serving } = this;
    if (serving === undefined) {
      throw new ServingError('notFound', `There is no serving named ${this.panel.ref.name} any more`);
    }
    return serving;
  }

  private endpoint(): { readonly url: string } {
    const endpoint = this.serving?.run?.endpoint;
    if (endpoint === undefined) {
      throw new ServingError('unavailable', `${this.panel.ref.name} has no endpoint: it does not run`, {
        remedies: [{ kind: 'start' }],
      });
    }
    return endpoint;
  }

  /** Failures of commands are shown by the commands; what is left is for the log. */
  private run(work: Thenable<void>): void {
    work.then(undefined, (error: unknown) => {
      this.ports.log.warn(`${this.panel.ref.name}: ${messageOf(error)}`);
    });
  }
}
