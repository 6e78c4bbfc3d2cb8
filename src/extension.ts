import * as vscode from 'vscode';
import { compose } from './compose';
import { useTexts } from './core/l10n';

export function activate(context: vscode.ExtensionContext): void {
  useTexts(vscode.l10n.bundle);
  context.subscriptions.push(compose(context));
}
