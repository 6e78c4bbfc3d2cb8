import * as vscode from 'vscode';
import { Disposables, type Disposable } from '../core/disposables';
import { isServable } from '../app/servableScript';
import type { Folders } from '../core/ports';
import { setContextKey } from '../platform/contextKeys';
import { findPredictScripts } from '../platform/scripts';
import { watchFiles } from '../platform/workspace';

/** Keeps what the menus ask: which files of the workspace, and whether the active editor, can be served. */
export class PredictScripts implements Disposable {
  private readonly owned = new Disposables();
  private watchers = new Disposables();
  private looking = false;
  private stale = false;

  constructor(private readonly folders: Folders) {
    this.owned.add(
      folders.onDidChange(() => {
        this.follow();
      }),
    );
    this.owned.add(vscode.window.onDidChangeActiveTextEditor(() => void this.lookAtEditor()));
    this.owned.add(vscode.workspace.onDidSaveTextDocument(() => void this.lookAtEditor()));
    // What the editor itself does is told sooner than the watcher sees it, and also before the watcher listens.
    const { onDidCreateFiles, onDidRenameFiles, onDidDeleteFiles } = vscode.workspace;
    for (const happened of [onDidCreateFiles, onDidRenameFiles, onDidDeleteFiles] as readonly vscode.Event<unknown>[]) {
      this.owned.add(happened(() => void this.look()));
    }
    this.follow();
    void this.lookAtEditor();
  }

  dispose(): void {
    this.watchers.dispose();
    this.owned.dispose();
  }

  private follow(): void {
    this.watchers.dispose();
    this.watchers = new Disposables();
    for (const { path } of this.folders.list()) {
      this.watchers.add(watchFiles(path, '**/*.py', () => void this.look()));
    }
    void this.look();
  }

  /** One look at a time: an older one that took longer must not have the last word. */
  private async look(): Promise<void> {
    this.stale = true;
    if (this.looking) {
      return;
    }
    this.looking = true;
    try {
      while (this.stale && !this.owned.isDisposed) {
        this.stale = false;
        await this.lookOnce();
      }
    } finally {
      this.looking = false;
    }
  }

  private async lookOnce(): Promise<void> {
    const found = await Promise.all(this.folders.list().map(({ path }) => findPredictScripts(path)));
    await setContextKey('predictScripts', Object.fromEntries(found.flat().map((file) => [file, true])));
    await setContextKey('hasPredictScript', found.flat().length > 0);
  }

  private async lookAtEditor(): Promise<void> {
    const document = vscode.window.activeTextEditor?.document;
    await setContextKey('predictScript', document?.languageId === 'python' && isServable(document.getText()));
  }
}
