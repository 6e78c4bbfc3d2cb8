import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import { Disposables } from '../../core/disposables';
import type { Disposable } from '../../core/disposables';
import { pageLanguage } from '../../core/l10n';
import type { Logger } from '../../core/log';
import { isObject } from '../../core/objects';
import type { ServingRef } from '../../core/serving';
import { refKey } from '../../core/serving';
import type { Contract, HostHandlers } from '../../protocol/contract';
import { isViewRef } from '../../protocol/views/basics';
import { HostEnd } from './hostEnd';
import { panelHtml } from './html';

/** One open panel, as its owner sees it. */
export interface OpenPanel<C extends Contract> {
  readonly ref: ServingRef;
  readonly end: HostEnd<C>;
  /** Whether the page can be seen; nothing is worth sending otherwise. */
  isVisible(): boolean;
  /** Makes it the panel of another serving. False when that has one, which is shown then. */
  turnTo(ref: ServingRef): boolean;
}

/** What the owner of a panel does with it. */
export interface PanelContent<C extends Contract> extends Disposable {
  readonly handlers: HostHandlers<C>;
  /** The page listens and has nothing yet. */
  fill(): void;
  /** The page was hidden: it is gone, and asks again when it is shown. */
  hidden(): void;
}

export interface PanelKind<C extends Contract> {
  /** `modelServing.serving`. */
  readonly type: string;
  /** Name of the bundle in dist/webview. */
  readonly bundle: 'serving' | 'logs' | 'inference';
  readonly contract: C;
  title(ref: ServingRef): string;
  content(panel: OpenPanel<C>): PanelContent<C>;
}

interface Entry<C extends Contract> {
  readonly panel: vscode.WebviewPanel;
  readonly content: PanelContent<C>;
  readonly open: OpenPanel<C>;
}

/** One panel per serving: made, shown again, restored after a reload, disposed. */
export class PanelHost<C extends Contract> implements Disposable {
  private readonly entries = new Map<string, Entry<C>>();
  private readonly disposables = new Disposables();
  private readonly root: vscode.Uri;
  private readonly media: vscode.Uri;

  constructor(
    extensionUri: vscode.Uri,
    private readonly kind: PanelKind<C>,
    private readonly log: Logger,
  ) {
    this.root = vscode.Uri.joinPath(extensionUri, 'dist', 'webview');
    this.media = vscode.Uri.joinPath(extensionUri, 'media', 'panels');
    this.disposables.add(
      vscode.window.registerWebviewPanelSerializer(kind.type, {
        deserializeWebviewPanel: (panel, state: unknown) => {
          this.restore(panel, state);
          return Promise.resolve();
        },
      }),
    );
  }

  /** The serving's panel, shown: the one that is open, else another. */
  show(ref: ServingRef): OpenPanel<C> {
    const entry = this.entries.get(refKey(ref));
    if (entry !== undefined) {
      entry.panel.reveal();
      return entry.open;
    }
    return this.adopt(
      vscode.window.createWebviewPanel(this.kind.type, this.kind.title(ref), vscode.ViewColumn.Active, this.options()),
      ref,
    );
  }

  /** Whether there was one. */
  close(ref: ServingRef): boolean {
    const entry = this.entries.get(refKey(ref));
    entry?.panel.dispose();
    return entry !== undefined;
  }

  /** The panels stay open: closed here, they would not come back after a reload of the window. */
  dispose(): void {
    for (const { content, open } of this.entries.values()) {
      open.end.gone();
      content.dispose();
    }
    this.entries.clear();
    this.disposables.dispose();
  }

  private options(): vscode.WebviewOptions {
    return { enableScripts: true, localResourceRoots: [this.root] };
  }

  private restore(panel: vscode.WebviewPanel, state: unknown): void {
    const kept = isObject(state) ? state.ref : undefined;
    if (!isViewRef(kept)) {
      panel.dispose();
      return;
    }
    const ref: ServingRef = { backend: kept.backend as ServingRef['backend'], name: kept.name };
    if (this.entries.has(refKey(ref))) {
      panel.dispose();
      return;
    }
    panel.webview.options = this.options();
    this.adopt(panel, ref);
  }

  private adopt(panel: vscode.WebviewPanel, ref: ServingRef): OpenPanel<C> {
    const { webview } = panel;
    // The content needs the end to send, the end needs the content's handlers: the first message comes after both are there.
    const holder: { content?: PanelContent<C> } = {};
    const lateHandlers = (): PanelContent<C> => {
      if (holder.content === undefined) {
        throw new Error('the panel spoke before it was made');
      }
      return holder.content;
    };
    const end = new HostEnd<C>(
      this.kind.contract,
      {
        get requests() {
          return lateHandlers().handlers.requests;
        },
        get notifications() {
          return lateHandlers().handlers.notifications;
        },
      },
      {
        post: (message) => void webview.postMessage(message),
        onReady: () => {
          lateHandlers().fill();
        },
        onProblem: (message) => {
          this.log.warn(`${panel.title}: ${message}`);
        },
      },
    );
    let current = ref;
    const open: OpenPanel<C> = {
      get ref() {
        return current;
      },
      end,
      isVisible: () => panel.visible,
      turnTo: (to) => {
        const other = this.entries.get(refKey(to));
        if (other !== undefined) {
          other.panel.reveal();
          return false;
        }
        this.entries.delete(refKey(current));
        current = to;
        panel.title = this.kind.title(to);
        this.entries.set(refKey(to), { panel, content, open });
        return true;
      },
    };
    const content = this.kind.content(open);
    holder.content = content;
    this.entries.set(refKey(ref), { panel, content, open });
    webview.onDidReceiveMessage((message: unknown) => {
      end.receive(message);
    });
    panel.onDidChangeViewState(() => {
      if (!panel.visible) {
        end.gone();
        content.hidden();
      }
    });
    panel.onDidDispose(() => {
      this.entries.delete(refKey(current));
      end.gone();
      content.dispose();
    });
    panel.title = this.kind.title(ref);
    panel.iconPath = {
      light: vscode.Uri.joinPath(this.media, `${this.kind.bundle}-light.svg`),
      dark: vscode.Uri.joinPath(this.media, `${this.kind.bundle}-dark.svg`),
    };
    webview.html = this.html(webview, this.kind.title(ref));
    return open;
  }

  private html(webview: vscode.Webview, title: string): string {
    const uri = (file: string): string => webview.asWebviewUri(vscode.Uri.joinPath(this.root, file)).toString();
    return panelHtml({
      title,
      scripts: [uri('toolkit.js'), uri(`${this.kind.bundle}.js`)],
      styles: [uri('codicon.css'), uri(`${this.kind.bundle}.css`)],
      cspSource: webview.cspSource,
      nonce: randomBytes(16).toString('base64url'),
      styleNonce: randomBytes(16).toString('base64url'),
      ...pageLanguage(),
    });
  }
}
