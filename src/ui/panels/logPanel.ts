import * as vscode from 'vscode';
import { Disposables } from '../../core/disposables';
import type { Disposable } from '../../core/disposables';
import { isCancelled, messageOf } from '../../core/errors';
import type { LogLine } from '../../core/backend';
import { t } from '../../core/l10n';
import type { Logger } from '../../core/log';
import type { BackendId, ServingRef } from '../../core/serving';
import type { HostHandlers } from '../../protocol/contract';
import { LOG_PANEL } from '../../protocol/logPanel';
import type { LogEntry, LogFilter } from '../../protocol/logPanel';
import { LineBatches } from './lineBatches';
import { LogExports } from './logExport';
import { toSubject } from './logSubject';
import { toLogEntry } from './logView';
import { PanelHost } from './panelHost';
import type { OpenPanel, PanelContent } from './panelHost';
import type { AllLogSource, CommandRunner, LogSource, ServingSource } from './ports';

/** Lines that a page begins with; the page keeps as many. */
const TAIL = 1_000_000;

/** In place of a serving: all of them. No serving has such a name. */
const ALL_SERVINGS: ServingRef = { backend: '' as BackendId, name: '*' };

export interface LogPanelPorts {
  readonly source: ServingSource;
  readonly logs: LogSource & AllLogSource;
  readonly commands: CommandRunner;
  /** Sees each line that is read, and of which serving it is. */
  readonly seen: (ref: ServingRef, line: LogLine) => void;
  readonly log: Logger;
}

/** The log panels: one per serving, following it over its restarts, and one for all. */
export class LogPanels implements Disposable {
  private readonly host: PanelHost<typeof LOG_PANEL>;

  constructor(extensionUri: vscode.Uri, ports: LogPanelPorts) {
    this.host = new PanelHost(
      extensionUri,
      {
        type: 'modelServing.logs',
        bundle: 'logs',
        contract: LOG_PANEL,
        title: ({ name }) => (name === ALL_SERVINGS.name ? t('Logs: All Servings') : t('Logs: {0}', name)),
        content: (panel) => new LogContent(panel, ports),
      },
      ports.log,
    );
  }

  show(ref: ServingRef, narrow?: LogFilter): void {
    const panel = this.host.show(ref);
    if (narrow !== undefined) {
      panel.end.whenListening(() => {
        panel.end.send('narrow', narrow);
      });
    }
  }

  showAll(): void {
    this.host.show(ALL_SERVINGS);
  }

  dispose(): void {
    this.host.dispose();
  }
}

class LogContent implements PanelContent<typeof LOG_PANEL> {
  private readonly disposables = new Disposables();
  private readonly exports = new LogExports();
  private reading: AbortController | undefined;

  readonly handlers: HostHandlers<typeof LOG_PANEL> = {
    requests: {
      exportStart: ({ to }) => this.exports.start(to, this.isAll ? 'servings' : this.panel.ref.name),
      exportPart: async ({ id, text }) => {
        await this.exports.add(id, text);
        return undefined;
      },
      exportEnd: async ({ id }) => {
        await this.exports.end(id);
        return undefined;
      },
    },
    notifications: {
      openFile: ({ file, line }) => {
        this.run(this.ports.commands.runRemedy({ kind: 'openFile', file, line }, this.panel.ref));
      },
      copy: ({ text }) => {
        this.run(vscode.env.clipboard.writeText(text));
      },
      again: () => {
        this.read();
      },
      choose: ({ ref }) => {
        this.choose({ backend: ref.backend as BackendId, name: ref.name });
      },
    },
  };

  constructor(
    private readonly panel: OpenPanel<typeof LOG_PANEL>,
    private readonly ports: LogPanelPorts,
  ) {
    this.disposables.add(
      ports.source.onDidChange(() => {
        if (panel.isVisible()) {
          this.sendSubject();
        }
      }),
    );
  }

  fill(): void {
    this.sendSubject();
    this.read();
  }

  hidden(): void {
    this.reading?.abort();
    this.reading = undefined;
    this.run(this.exports.drop());
  }

  dispose(): void {
    this.hidden();
    this.disposables.dispose();
  }

  private get isAll(): boolean {
    return this.panel.ref.name === ALL_SERVINGS.name;
  }

  private choose(ref: ServingRef): void {
    if (this.panel.turnTo(ref)) {
      this.read();
    }
    // Also where it stays as it is: the page shows again what it is about.
    this.sendSubject();
  }

  private sendSubject(): void {
    const { panel, ports } = this;
    panel.end.send('subject', toSubject(panel.ref, ALL_SERVINGS, ports.logs.servings(), ports.source));
  }

  private read(): void {
    this.reading?.abort();
    const controller = new AbortController();
    this.reading = controller;
    const { signal } = controller;
    const batches = new LineBatches((batch) => {
      this.panel.end.send('lines', batch);
    });
    signal.addEventListener('abort', () => {
      batches.drop();
    });
    void this.follow(batches, signal);
  }

  private async follow(batches: LineBatches, signal: AbortSignal): Promise<void> {
    try {
      for await (const entry of this.entries(signal)) {
        if (signal.aborted) {
          return;
        }
        await batches.add(entry);
      }
      batches.end();
    } catch (error) {
      if (!signal.aborted && !isCancelled(error)) {
        batches.end();
        this.panel.end.send('problem', { message: messageOf(error) });
      }
    }
  }

  private async *entries(signal: AbortSignal): AsyncGenerator<LogEntry> {
    const { logs, seen } = this.ports;
    const { ref } = this.panel;
    if (this.isAll) {
      for await (const { ref: of, line } of logs.readAll(TAIL, signal)) {
        seen(of, line);
        yield toLogEntry(line, of.name);
      }
      return;
    }
    for await (const line of logs.read(ref, { tail: TAIL, follow: true }, signal)) {
      seen(ref, line);
      yield toLogEntry(line);
    }
  }

  private run(work: Thenable<void>): void {
    work.then(undefined, (error: unknown) => {
      this.ports.log.warn(`Logs of ${this.panel.ref.name}: ${messageOf(error)}`);
    });
  }
}
