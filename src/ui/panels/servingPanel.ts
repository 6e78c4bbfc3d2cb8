import * as vscode from 'vscode';
import { Disposables } from '../../core/disposables';
import type { Disposable } from '../../core/disposables';
import { messageOf } from '../../core/errors';
import { t } from '../../core/l10n';
import type { Logger } from '../../core/log';
import { Paced } from '../../core/paced';
import { refKey } from '../../core/serving';
import type { Serving, ServingRef } from '../../core/serving';
import { changesOf } from '../../protocol/changes';
import type { HostHandlers } from '../../protocol/contract';
import { SERVING_PANEL } from '../../protocol/servingPanel';
import type { LinkTarget } from '../../protocol/views/basics';
import type { ServingView } from '../../protocol/servingPanel';
import type { RequestBody } from '../../protocol/views/console';
import { ConsoleHost } from './consoleHost';
import type { ConsolePorts } from './consoleHost';
import { copyAs } from './copyAs';
import { askedRequest } from './askedRequest';
import { act } from './panelAct';
import { ExternalAddress } from './externalAddress';
import { openTarget } from './openTarget';
import { PanelHost } from './panelHost';
import type { OpenPanel, PanelContent } from './panelHost';
import type { CommandRunner, Predictor, RecordingSource, ServingSource, TrafficSource } from './ports';
import { toServingView } from './servingView';
import { toTraffic } from './trafficView';

export interface ServingPanelPorts {
  readonly source: ServingSource;
  readonly console: Omit<ConsolePorts, 'commands' | 'log'>;
  readonly traffic: TrafficSource;
  readonly recording: RecordingSource;
  /** The workspace folder of a serving: absolute path. */
  folderOf(ref: ServingRef): string | undefined;
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

/** What changes more often than that is told together. */
const SEND_MS = 100;
const CHART_MS = 1000;

class ServingContent implements PanelContent<typeof SERVING_PANEL> {
  private readonly disposables = new Disposables();
  private readonly console: ConsoleHost;
  private watching: Disposables | undefined;
  /** What the page that is there now has been told. */
  private told: ServingView | undefined;
  /** The address of its endpoint for the person at the editor. */
  private readonly external: ExternalAddress;
  private readonly sending = new Paced(SEND_MS, () => {
    this.send();
  });
  private readonly charting = new Paced(CHART_MS, () => {
    this.chart();
  });

  readonly handlers: HostHandlers<typeof SERVING_PANEL> = {
    requests: {
      predict: (params, signal) => this.console.requests.predict(params, signal),
      saveRequest: (params) => this.console.requests.saveRequest(params),
      makeTest: (params) => this.console.requests.makeTest(params),
      copyAs: async ({ language, ...params }) => {
        const shell = process.platform === 'win32' ? 'powershell' : 'posix';
        const request = await askedRequest(this.panel.ref, this.serving, params);
        await vscode.env.clipboard.writeText(copyAs(language, request, shell));
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
        const { serving, ports, panel } = this;
        const allowed = ports.source.actions(panel.ref);
        const open = (target: LinkTarget): Promise<void> => this.open(target);
        this.run(act(action, { ref: panel.ref, serving, allowed, commands: ports.commands, open }));
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
      shell: ({ replica }) => {
        if (this.ports.source.actions(this.panel.ref).includes('shell')) {
          this.run(this.ports.commands.run('modelServing.serving.openShell', this.panel.ref, replica));
        }
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
    const predictor: Predictor = {
      predict: async (ref, request, signal) => {
        const reply = await ports.console.predictor.predict(ref, request, signal);
        ports.traffic.sent(ref, reply.status, reply.latencyMs);
        return reply;
      },
    };
    this.console = new ConsoleHost(panel, () => this.serving, { ...ports.console, predictor, commands, log });
    this.disposables.add(this.console);
    this.external = new ExternalAddress(
      () => {
        this.sending.ask();
      },
      (error) => {
        ports.log.warn(`${panel.ref.name}: ${messageOf(error)}`);
      },
    );
    this.disposables.add(
      ports.source.onDidChange(() => {
        if (panel.isVisible()) {
          this.sending.ask();
        }
      }),
    );
    this.disposables.add(
      ports.traffic.onDidChange((ref) => {
        if (panel.isVisible() && refKey(ref) === refKey(panel.ref)) {
          this.sending.ask();
          this.charting.ask();
        }
      }),
    );
    this.disposables.add(
      ports.recording.onDidChange((ref) => {
        if (panel.isVisible() && refKey(ref) === refKey(panel.ref)) {
          this.sending.ask();
        }
      }),
    );
  }

  fill(): void {
    if (this.watching === undefined) {
      this.watching = new Disposables();
      this.watching.add(this.ports.source.watch());
      this.watching.add(this.ports.traffic.watch(this.panel.ref));
      this.watching.add(this.ports.recording.watch(this.panel.ref));
    }
    this.told = undefined;
    this.send();
    this.chart();
    this.console.fill();
  }

  hidden(): void {
    this.console.hidden();
    this.sending.dispose();
    this.charting.dispose();
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
    const { source, traffic } = this.ports;
    const { serving } = this;
    if (serving === undefined) {
      const message = t(
        'There is no serving named {0} on {1}: it was deleted or moved, or its definition cannot be read.',
        ref.name,
        source.backendLabel(ref),
      );
      this.told = undefined;
      end.send('gone', { ref: { backend: ref.backend, name: ref.name }, message });
      return;
    }
    const url = serving.run?.endpoint?.url;
    const view = toServingView({
      serving,
      progress: source.progress(ref),
      actions: source.actions(ref),
      backendLabel: source.backendLabel(ref),
      traffic: traffic.of(ref),
      countsTraffic: traffic.counts(ref),
      recording: this.ports.recording.of(ref),
      externalUrl: url === undefined || serving.kind === 'hopsworks' ? undefined : this.external.get(url),
    });
    const changes = this.told && changesOf(this.told, view);
    if (this.told === undefined) {
      end.send('view', view);
    } else if (changes !== undefined) {
      end.send('changes', changes);
    }
    this.told = view;
    this.console.changed();
  }

  private chart(): void {
    const charts = toTraffic(this.ports.traffic.of(this.panel.ref), Date.now());
    this.panel.end.send('traffic', charts === undefined ? {} : { charts });
  }

  private async open(target: LinkTarget): Promise<void> {
    const { ref } = this.panel;
    const folder = this.ports.folderOf(ref);
    return openTarget(target, { ref, serving: this.serving, folder, commands: this.ports.commands });
  }

  /** Failures of commands are shown by the commands; what is left is for the log. */
  private run(work: Thenable<void>): void {
    work.then(undefined, (error: unknown) => {
      this.ports.log.warn(`${this.panel.ref.name}: ${messageOf(error)}`);
    });
  }
}
