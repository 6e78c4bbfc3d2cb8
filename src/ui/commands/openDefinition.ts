import * as vscode from 'vscode';
import { locateField } from '../../core/definitionText';
import { ServingError } from '../../core/errors';
import { t } from '../../core/l10n';
import type { Serving } from '../../core/serving';

/** Opens the file of a serving's definition, at one of its fields when one is named. */
export async function openDefinition(serving: Serving | undefined, field: unknown): Promise<void> {
  if (serving?.definitionFile === undefined) {
    throw new ServingError(
      'notFound',
      t('There is no definition file of {0} any more', serving?.ref.name ?? t('this serving')),
    );
  }
  const editor = await vscode.window.showTextDocument(vscode.Uri.file(serving.definitionFile));
  if (typeof field === 'string') {
    const { offset, length } = locateField(editor.document.getText(), field);
    editor.selection = new vscode.Selection(
      editor.document.positionAt(offset),
      editor.document.positionAt(offset + length),
    );
    editor.revealRange(editor.selection);
  }
}
