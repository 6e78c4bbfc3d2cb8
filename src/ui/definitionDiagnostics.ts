import * as vscode from 'vscode';
import type { DefinitionIssue } from '../core/definitionReader';
import { Disposables, type Disposable } from '../core/disposables';
import type { Folders } from '../core/ports';

const PATTERN = /[/\\]servings[/\\][^/\\]+\.serving\.json$/;

/** Shows what is wrong in the definitions that are open, at its place, as it is typed. */
export class DefinitionDiagnostics implements Disposable {
  private readonly owned = new Disposables();
  private readonly collection = this.owned.add(vscode.languages.createDiagnosticCollection('modelServing'));
  private readonly timers = new Map<string, NodeJS.Timeout>();

  constructor(
    private readonly folders: Folders,
    private readonly check: (folder: string, text: string) => Promise<readonly DefinitionIssue[]>,
    watchFiles: (onChange: () => void) => Disposable,
  ) {
    this.owned.add(
      vscode.workspace.onDidOpenTextDocument((document) => {
        this.soon(document);
      }),
    );
    this.owned.add(
      vscode.workspace.onDidChangeTextDocument(({ document }) => {
        this.soon(document);
      }),
    );
    this.owned.add(
      vscode.workspace.onDidCloseTextDocument(({ uri }) => {
        this.collection.delete(uri);
      }),
    );
    const all = (): void => {
      vscode.workspace.textDocuments.forEach((document) => {
        this.soon(document);
      });
    };
    this.owned.add(watchFiles(all));
    all();
  }

  dispose(): void {
    this.timers.forEach(clearTimeout);
    this.owned.dispose();
  }

  private soon(document: vscode.TextDocument): void {
    if (document.uri.scheme === 'file' && PATTERN.test(document.uri.fsPath)) {
      const key = document.uri.toString();
      clearTimeout(this.timers.get(key));
      this.timers.set(
        key,
        setTimeout(() => void this.publish(document), 200),
      );
    }
  }

  private async publish(document: vscode.TextDocument): Promise<void> {
    const folder = this.folders.list().find(({ path }) => document.uri.fsPath.startsWith(path));
    if (!folder) {
      return;
    }
    const version = document.version;
    const issues = await this.check(folder.path, document.getText());
    if (!document.isClosed && document.version === version && !this.owned.isDisposed) {
      this.collection.set(
        document.uri,
        issues.map((issue) => toDiagnostic(document, issue)),
      );
    }
  }
}

function toDiagnostic(
  document: vscode.TextDocument,
  { message, offset, length, field }: DefinitionIssue,
): vscode.Diagnostic {
  const range = new vscode.Range(document.positionAt(offset), document.positionAt(offset + length));
  const diagnostic = new vscode.Diagnostic(range, message, vscode.DiagnosticSeverity.Error);
  diagnostic.source = 'Model Serving';
  diagnostic.code = field;
  return diagnostic;
}
