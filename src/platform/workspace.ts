import * as vscode from 'vscode';
import { Disposables, type Disposable } from '../core/disposables';
import { Emitter } from '../core/events';
import type { Folders, Trust, WorkspaceFolder } from '../core/ports';

/** The folders of the window that lie on this computer's disk. */
export class WorkspaceFolders implements Folders, Disposable {
  private readonly changed = new Emitter<void>();
  readonly onDidChange = this.changed.event;
  private readonly subscription = vscode.workspace.onDidChangeWorkspaceFolders(() => {
    this.changed.fire();
  });

  list(): readonly WorkspaceFolder[] {
    return (vscode.workspace.workspaceFolders ?? [])
      .filter(({ uri }) => uri.scheme === 'file')
      .map(({ name, uri }) => ({ name, path: uri.fsPath }));
  }

  dispose(): void {
    this.subscription.dispose();
    this.changed.dispose();
  }
}

export class WorkspaceTrust implements Trust, Disposable {
  private readonly granted = new Emitter<void>();
  readonly onDidGrant = this.granted.event;
  private readonly subscription = vscode.workspace.onDidGrantWorkspaceTrust(() => {
    this.granted.fire();
  });

  get isTrusted(): boolean {
    return vscode.workspace.isTrusted;
  }

  dispose(): void {
    this.subscription.dispose();
    this.granted.dispose();
  }
}

/** Calls back, once for many changes in a row, when a file that matches is made, changed or deleted in a folder. */
export function watchFiles(folder: string, pattern: string, onChange: () => void): Disposable {
  const watcher = vscode.workspace.createFileSystemWatcher(
    new vscode.RelativePattern(vscode.Uri.file(folder), pattern),
  );
  let timer: NodeJS.Timeout | undefined;
  const soon = (): void => {
    clearTimeout(timer);
    timer = setTimeout(onChange, 200);
  };
  const subscriptions = [watcher, watcher.onDidCreate(soon), watcher.onDidChange(soon), watcher.onDidDelete(soon)];
  return {
    dispose: () => {
      clearTimeout(timer);
      subscriptions.forEach((each) => {
        each.dispose();
      });
    },
  };
}

/** Watches every folder that is open, now and later. */
export function watchAll(folders: Folders, pattern: string, onChange: () => void): Disposable {
  let watchers = new Disposables();
  const follow = (): void => {
    watchers.dispose();
    watchers = new Disposables();
    for (const { path } of folders.list()) {
      watchers.add(watchFiles(path, pattern, onChange));
    }
  };
  follow();
  const subscription = folders.onDidChange(follow);
  return {
    dispose: () => {
      subscription.dispose();
      watchers.dispose();
    },
  };
}
