import * as vscode from 'vscode';
import { issueText, type Fact } from '../../app/issueText';
import { t } from '../../core/l10n';
import { withOperation } from '../../platform/progress';
import type { CommandTable } from './register';

export interface IssueCommandParts {
  readonly extensionId: string;
  readonly facts: readonly Fact[];
  /** The person's own folder, which an issue does not name. */
  readonly home: string;
}

export function issueCommands(parts: IssueCommandParts): Pick<CommandTable, 'modelServing.issue.report'> {
  return {
    'modelServing.issue.report': async () => {
      const { extensionId, facts, home } = parts;
      const issueBody = await withOperation(t('Collecting versions'), ({ signal }) => issueText(facts, home, signal));
      try {
        await vscode.commands.executeCommand('workbench.action.openIssueReporter', { extensionId, issueBody });
      } catch {
        // Not every editor has a reporter: the text can be sent in any other way.
        const document = await vscode.workspace.openTextDocument({ language: 'markdown', content: issueBody });
        await vscode.window.showTextDocument(document);
      }
    },
  };
}
