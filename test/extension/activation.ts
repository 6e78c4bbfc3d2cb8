import * as assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { COMMAND_IDS } from '../../src/ui/commands/ids';
import { EXTENSION_ID, until, type Cases } from './harness';

export const activationCases: Cases = {
  'it is activated by what lies in the folder': async () => {
    const extension = vscode.extensions.getExtension(EXTENSION_ID);
    assert.ok(extension, 'it is installed');
    await until('activation', () => extension.isActive || undefined);
  },

  'every command is registered, and no other': async () => {
    const own = (await vscode.commands.getCommands(true)).filter((id) => id.startsWith('modelServing.'));
    // VS Code adds focus, open and others of its own for each view.
    const ofViews = /^modelServing\.(servings|models)\./;
    assert.deepEqual(own.filter((id) => !ofViews.test(id)).sort(), [...COMMAND_IDS].sort());
  },

  'its output channel and views can be shown': async () => {
    await vscode.commands.executeCommand('modelServing.log.show');
    await vscode.commands.executeCommand('modelServing.servings.focus');
    await vscode.commands.executeCommand('modelServing.models.focus');
  },
};
