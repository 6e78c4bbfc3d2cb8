import type * as vscode from 'vscode';
import { compose } from './compose';

export function activate(context: vscode.ExtensionContext): void {
  context.subscriptions.push(compose(context));
}
