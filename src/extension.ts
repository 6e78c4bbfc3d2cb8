import * as vscode from 'vscode';
import { compose } from './compose';
import { useLanguage } from './core/l10n';
import { editorLanguage } from './editorLanguage';

export function activate(context: vscode.ExtensionContext): void {
  useLanguage(editorLanguage(vscode.env.language, vscode.l10n.bundle));
  context.subscriptions.push(compose(context));
}
