import * as vscode from 'vscode';
import { Disposables } from '../../core/disposables';
import type { Disposable } from '../../core/disposables';
import { isCancelled, messageOf } from '../../core/errors';
import type { Logger } from '../../core/log';
import type { ServingRef } from '../../core/serving';
import type { HostHandlers } from '../../protocol/contract';
import { LOG_PANEL } from '../../protocol/logPanel';
import type { LogFilter } from '../../protocol/logPanel';
import { LineBatches } from './lineBatches';
import { toLogEntry } from './logView';
import { PanelHost } from './panelHost';
import type { OpenPanel, PanelContent } from './panelHost';
import type { CommandRunner, LogSource, ServingSource } from './ports';

/** Lines that a page begins with; the page keeps as many. */
const TAIL = 100_000;

export interface LogPanelPorts {
  readonly source: ServingSource;
  readonly logs: LogSource;
  readonly commands: CommandRunner;
  readonly log: Logger;
}

/** The log panels: one per serving, following it over its restarts. */
export class LogPanels implements Disposable {
  private readonly host: PanelHost<typeof LOG_PANEL>;

  constructor(extensionUri: vscode.Uri, ports: LogPanelPorts) {
    this.host = new PanelHost(
      extensionUri,
      {
        type: 'modelServing.logs',
        bundle: 'logs',
        contract: LOG_PANEL,
        title: (ref) => `Logs: ${ref.name}`,
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

  dispose(): void {
    this.host.dispose();
  }
}

class LogContent implements PanelContent<typeof LOG_PANEL> {
  private readonly disposables = new Disposables();
  private reading: AbortController | undefined;

  readonly handlers: HostHandlers<typeof LOG_PANEL> = {
    requests: {},
    notifications: {
      openFile: ({ file, line }) => {
        this.run(this.ports.commands.runRemedy({ kind: 'openFile', file, line }, this.panel.ref));
      },
      openText: ({ text }) => {
        this.run(this.openText(text));
      },
      copy: ({ text }) => {
        this.run(vscode.env.clipboard.writeText(text));
      },
      again: () => {
        this.read();
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
  }

  dispose(): void {
    this.hidden();
    this.disposables.dispose();
  }

  private sendSubject(): void {
    const { ref, end } = this.panel;
    const state = this.ports.source.serving(ref)?.state;
    const live = state !== undefined && state !== 'stopped' && state !== 'failed';
    end.send('subject', { ref: { backend: ref.backend, name: ref.name }, name: ref.name, live });
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
      for await (const line of this.ports.logs.read(this.panel.ref, { tail: TAIL, follow: true }, signal)) {
        if (signal.aborted) {
          return;
        }
        await batches.add(toLogEntry(line));
      }
      batches.end();
    } catch (error) {
      if (!signal.aborted && !isCancelled(error)) {
        batches.end();
        this.panel.end.send('problem', { message: messageOf(error) });
      }
    }
  }

  private async openText(content: string): Promise<void> {
    const document = await vscode.workspace.openTextDocument({ content, language: 'log' });
    await vscode.window.showTextDocument(document);
  }

  private run(work: Thenable<void>): void {
    work.then(undefined, (error: unknown) => {
      this.ports.log.warn(`Logs of ${this.panel.ref.name}: ${messageOf(error)}`);
    });
  }
}
