import * as vscode from 'vscode';
import { withReply } from '../../app/requests/acceptedReply';
import type { SavedRequest } from '../../app/requests/requestsText';
import type { InferenceResponse } from '../../core/backend';
import type { Disposable } from '../../core/disposables';
import { ServingError } from '../../core/errors';
import { t } from '../../core/l10n';
import { setContextKey } from '../../platform/contextKeys';
import { itemsOf, type RequestTests } from './requestTests';

interface Answered {
  readonly request: SavedRequest;
  readonly reply: InferenceResponse;
}

/** Keeps the replies of requests that failed, until they pass, and writes one as what is expected from now on. */
export class AcceptReply implements Disposable {
  private readonly failed = new Map<string, Answered>();

  constructor(
    private readonly tests: RequestTests,
    private readonly write: (file: string, change: (text: string) => string) => Promise<void>,
  ) {}

  dispose(): void {
    this.failed.clear();
  }

  answered(item: vscode.TestItem, request: SavedRequest, reply: InferenceResponse, hasPassed: boolean): void {
    if (hasPassed) {
      this.failed.delete(item.id);
    } else {
      this.failed.set(item.id, { request, reply });
    }
    void setContextKey('testsToAccept', [...this.failed.keys()]);
  }

  /** The test of a menu, of a message, or at the cursor. */
  async accept(target: unknown): Promise<void> {
    const item = itemOf(target) ?? this.atCursor();
    const answered = item && this.failed.get(item.id);
    if (item?.uri === undefined || answered === undefined) {
      throw new ServingError('notFound', t('Could not accept a reply: run a request first that fails, and choose it'));
    }
    const { request, reply } = answered;
    await this.change(item.uri, (text) => withReply(text, request, reply));
    this.answered(item, request, reply, true);
  }

  private atCursor(): vscode.TestItem | undefined {
    const editor = vscode.window.activeTextEditor;
    const file = this.tests.files().find(({ uri }) => uri?.toString() === editor?.document.uri.toString());
    return file && editor
      ? itemsOf(file.children).find(({ range }) => range?.contains(editor.selection.active))
      : undefined;
  }

  /** In the editor where it is open, so that it can be undone there; saved when nothing else was unsaved. */
  private async change(uri: vscode.Uri, change: (text: string) => string): Promise<void> {
    const document = vscode.workspace.textDocuments.find((each) => each.uri.toString() === uri.toString());
    if (document === undefined || document.isClosed) {
      await this.write(uri.fsPath, change);
      return;
    }
    const { isDirty } = document;
    const before = document.getText();
    const [from, to, text] = changedPart(before, change(before));
    const edit = new vscode.WorkspaceEdit();
    edit.replace(uri, new vscode.Range(document.positionAt(from), document.positionAt(to)), text);
    if (!(await vscode.workspace.applyEdit(edit))) {
      throw new ServingError('disk', t('Could not accept the reply: the editor does not change {0}', uri.fsPath));
    }
    if (!isDirty) {
      await document.save();
    }
  }
}

/** From where to where a text differs, and what is there in the other: the cursor and folds elsewhere stay as they are. */
function changedPart(before: string, after: string): readonly [from: number, to: number, text: string] {
  const shorter = Math.min(before.length, after.length);
  let head = 0;
  while (head < shorter && before[head] === after[head]) {
    head += 1;
  }
  let tail = 0;
  while (tail < shorter - head && before[before.length - 1 - tail] === after[after.length - 1 - tail]) {
    tail += 1;
  }
  return [head, before.length - tail, after.slice(head, after.length - tail)];
}

/** Menus hand over the test, or a message with its test. */
function itemOf(target: unknown): vscode.TestItem | undefined {
  if (typeof target !== 'object' || target === null) {
    return undefined;
  }
  const item: unknown = 'test' in target ? target.test : target;
  return typeof item === 'object' && item !== null && 'children' in item ? (item as vscode.TestItem) : undefined;
}
