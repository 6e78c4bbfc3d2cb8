import { homedir } from 'node:os';
import * as vscode from 'vscode';
import { saveRecords, type RecordFormat } from '../../app/inferenceLog/saveRecords';
import type { InferenceRecord } from '../../core/inferenceLog';
import { t } from '../../core/l10n';
import { FileSink } from '../../platform/fileSink';
import { withTransfer } from '../../platform/progress';

const FILTERS = { NDJSON: ['ndjson', 'jsonl'], CSV: ['csv'], Parquet: ['parquet'] };

/** Saves records in a file that is chosen; its ending says in which format. @param name of the serving */
export async function recordFile(name: string, records: readonly InferenceRecord[]): Promise<void> {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri ?? vscode.Uri.file(homedir());
  const file = await vscode.window.showSaveDialog({
    title: t('Save Records As'),
    defaultUri: vscode.Uri.joinPath(folder, `${name}-inference.ndjson`),
    filters: FILTERS,
  });
  if (file === undefined) {
    return;
  }
  const title = t('Saving {0} records', String(records.length));
  await withTransfer(title, async ({ signal, tell }) => {
    const sink = await FileSink.make(file.fsPath, t('Could not save the records to {0}', file.fsPath));
    await saveRecords(records, formatOf(file.path), sink, {
      signal,
      tell: (count) => {
        tell(t('{0} of {1}', String(count), String(records.length)));
      },
    });
  });
  vscode.window.setStatusBarMessage(t('Saved {0} records in {1}', String(records.length), file.fsPath), 5000);
}

function formatOf(path: string): RecordFormat {
  return /\.csv$/i.test(path) ? 'csv' : /\.parquet$/i.test(path) ? 'parquet' : 'ndjson';
}
