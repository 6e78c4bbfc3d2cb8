import * as vscode from 'vscode';
import type { LogLine } from '../core/backend';
import { Disposables, type Disposable } from '../core/disposables';
import type { Event } from '../core/events';
import { t } from '../core/l10n';
import { refKey, type Serving, type ServingRef } from '../core/serving';
import { ScriptErrors } from './panels/scriptErrors';

/** What is shown is brought up to date at most so often, in milliseconds. */
const INTERVAL = 300;

export interface ServingList {
  all(): readonly Serving[];
  readonly onDidChange: Event<void>;
}

/**
 * Shows exceptions of scripts among the problems, at their line: why a start failed, and what the logs that are read
 * tell. They go when the serving is started again or the file is saved.
 */
export class ScriptProblems implements Disposable {
  private readonly owned = new Disposables();
  private readonly collection = this.owned.add(vscode.languages.createDiagnosticCollection('modelServing.scripts'));
  private readonly errors = new ScriptErrors();
  /** When the run began that is known of each serving. */
  private readonly runs = new Map<string, number>();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly servings: ServingList) {
    this.owned.add(
      servings.onDidChange(() => {
        this.look();
      }),
    );
    this.owned.add(
      vscode.workspace.onDidSaveTextDocument(({ uri }) => {
        if (this.errors.changed(uri.fsPath, Date.now())) {
          this.later();
        }
      }),
    );
  }

  seen(ref: ServingRef, line: LogLine): void {
    if (this.errors.seen(ref, line)) {
      this.later();
    }
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.owned.dispose();
  }

  private look(): void {
    for (const { ref, run } of this.servings.all()) {
      const begun = run?.startedAt.getTime();
      const before = this.runs.get(refKey(ref));
      if (begun !== undefined && begun !== before) {
        this.runs.set(refKey(ref), begun);
        if (before !== undefined && this.errors.started(ref)) {
          this.later();
        }
      }
      const failure = run?.failure;
      if (failure?.exception !== undefined && this.errors.add(ref, failure.exception, failure.at?.getTime() ?? 0)) {
        this.later();
      }
    }
  }

  private later(): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      void this.publish();
    }, INTERVAL);
  }

  private async publish(): Promise<void> {
    const files = new Map<string, vscode.Uri>();
    for (const { file } of this.errors.all()) {
      files.set(file, vscode.Uri.file(file));
    }
    // A log also tells of exceptions that are older than the file is now.
    for (const [file, uri] of files) {
      const changedAt = await modifiedAt(uri);
      this.errors.changed(file, changedAt ?? Infinity);
    }
    if (this.owned.isDisposed) {
      return;
    }
    this.collection.clear();
    for (const [file, uri] of files) {
      const found = this.errors.all().filter((error) => error.file === file);
      if (vscode.workspace.getWorkspaceFolder(uri) !== undefined && found.length > 0) {
        this.collection.set(
          uri,
          found.map((error) => {
            const line = Math.max(0, error.line - 1);
            const diagnostic = new vscode.Diagnostic(
              new vscode.Range(line, 0, line, Number.MAX_SAFE_INTEGER),
              error.message,
              vscode.DiagnosticSeverity.Error,
            );
            diagnostic.source = t('Model Serving: {0}', error.serving);
            return diagnostic;
          }),
        );
      }
    }
  }
}

async function modifiedAt(uri: vscode.Uri): Promise<number | undefined> {
  try {
    return (await vscode.workspace.fs.stat(uri)).mtime;
  } catch {
    return undefined;
  }
}
