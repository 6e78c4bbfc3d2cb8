import path from 'node:path';
import * as vscode from 'vscode';
import { BACK, type Prompts } from '../../app/prompts';
import { toVerbApis } from '../../app/requests/apiDocument';
import { readRows, readText, ROW_FILES } from '../../app/requests/rows/readRows';
import { toRowsRequest, type RowsRequest } from '../../app/requests/rows/rowsRequest';
import type { Table } from '../../app/requests/rows/table';
import type { Servings } from '../../app/servings';
import type { ServingStore } from '../../app/servingStore';
import { ServingError } from '../../core/errors';
import { t } from '../../core/l10n';
import type { WorkspaceFolder } from '../../core/ports';
import type { Serving, ServingRef } from '../../core/serving';
import { withOperation } from '../../platform/progress';
import { findFilesWith } from '../../platform/rowFiles';
import { fileOf, refsOf, type Targets } from './target';

export interface SendRowsParts {
  readonly servings: Pick<Servings, 'openApi'>;
  readonly store: Pick<ServingStore, 'actions'>;
  readonly targets: Targets;
  readonly prompts: Prompts;
  readonly folders: () => readonly WorkspaceFolder[];
  /** Shows the request in the editor of the serving's panel. */
  readonly show: (ref: ServingRef, request: RowsRequest) => void;
}

const titleText = () => t('Send Rows');
const ROWS = 100;
const MOST_ROWS = 10_000;

/** Makes a request of the rows of a file, or of those that are selected in the editor, to be looked at and sent. */
export async function sendRows(parts: SendRowsParts, args: readonly unknown[]): Promise<void> {
  // From a panel the serving is known, from an editor or the Explorer the file, from the palette what is in the editor.
  const isServingKnown = refsOf(args).length > 0;
  const given = isServingKnown ? undefined : (fileOf(args[0]) ?? activeFile());
  const selection = given === undefined ? undefined : selectionOf(given);
  const file = given ?? (await askFile(parts));
  const serving = await parts.targets.servingFor(
    'predict',
    { title: t('Send Rows to Serving'), failed: t('Could not send rows to a serving') },
    isServingKnown ? args : [],
  );
  if (!parts.store.actions(serving).includes('predict')) {
    throw new ServingError('unavailable', t('Could not send rows to {0}: it does not run', serving.ref.name), {
      remedies: [{ kind: 'start' }],
      about: serving.ref,
    });
  }
  const table = await (selection ?? askTable(parts, file));
  parts.show(serving.ref, await requestOf(parts, serving, table));
}

async function askTable({ prompts }: SendRowsParts, file: string): Promise<Table> {
  const answer = await prompts.input({
    title: titleText(),
    prompt: t('How many rows of {0}, from the first on? {1} at the most.', path.basename(file), MOST_ROWS),
    value: String(ROWS),
    check: (value) =>
      /^\d+$/.test(value) && Number(value) >= 1 && Number(value) <= MOST_ROWS
        ? undefined
        : t('Write a number from 1 to {0}', MOST_ROWS),
  });
  if (answer === BACK) {
    throw ServingError.cancelled(titleText());
  }
  return withOperation(t('Reading {0}', path.basename(file)), ({ signal }) => readRows(file, Number(answer), signal));
}

async function requestOf({ servings }: SendRowsParts, { ref, run }: Serving, table: Table): Promise<RowsRequest> {
  const document = await servings.openApi(ref, AbortSignal.timeout(10_000)).catch(() => undefined);
  const api = toVerbApis(document)[0];
  return toRowsRequest(table, {
    names: run?.loaded?.featureNames,
    count: run?.loaded?.features ?? run?.loaded?.featureNames?.length,
    schema: api?.inputs?.schema,
  });
}

/** The file of the editor, when it has rows. */
function activeFile(): string | undefined {
  const document = vscode.window.activeTextEditor?.document;
  return document?.uri.scheme === 'file' && isRowFile(document.uri.fsPath) ? document.uri.fsPath : undefined;
}

function isRowFile(file: string): boolean {
  return ROW_FILES.includes(path.extname(file).slice(1).toLowerCase());
}

/** The rows that are selected in the editor of this file, whole, below its header; undefined when nothing is. */
function selectionOf(file: string): Promise<Table> | undefined {
  const editor = vscode.window.activeTextEditor;
  if (editor?.document.uri.fsPath !== file || editor.selections.every(({ isEmpty }) => isEmpty)) {
    return undefined;
  }
  const { document } = editor;
  const chosen = editor.selections.flatMap(({ start, end, isEmpty }) => {
    // A selection that ends where a line begins does not mean that line.
    const last = !isEmpty && end.character === 0 && end.line > start.line ? end.line - 1 : end.line;
    return Array.from({ length: last - start.line + 1 }, (_, at) => start.line + at);
  });
  const rows = [...new Set(chosen)].filter((line) => line > 0).sort((a, b) => a - b);
  const text = [0, ...rows].map((line) => document.lineAt(line).text).join('\n');
  return readText(t('the selection in {0}', path.basename(file)), text, MOST_ROWS);
}

async function askFile({ prompts, folders }: SendRowsParts): Promise<string> {
  const found = await findFilesWith(ROW_FILES);
  const browse = '';
  const chosen = await prompts.pick({
    title: titleText(),
    placeholder: t('Rows of which file?'),
    choices: [
      ...found.map((file) => ({
        label: path.basename(file),
        description: vscode.workspace.asRelativePath(path.dirname(file)),
        icon: 'table',
        value: file,
      })),
      { label: t('Browse…'), icon: 'folder-opened', value: browse },
    ],
  });
  if (chosen === BACK) {
    throw ServingError.cancelled(titleText());
  }
  if (chosen !== browse) {
    return chosen;
  }
  const folder = folders()[0]?.path ?? path.sep;
  const file = await prompts.file({ title: titleText(), button: t('Use Rows'), folder, files: true, folders: false });
  if (!isRowFile(file)) {
    throw new ServingError('invalid', t('Could not read {0}: it is neither CSV nor Parquet', path.basename(file)));
  }
  return file;
}
