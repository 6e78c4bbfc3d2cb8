import * as vscode from 'vscode';
import { EXCLUDED } from './scripts';

const MOST = 200;

/** Paths of the open folders' files with one of these extensions, absolute, sorted. */
export async function findFilesWith(extensions: readonly string[]): Promise<readonly string[]> {
  const files = await vscode.workspace.findFiles(`**/*.{${extensions.join(',')}}`, EXCLUDED, MOST);
  return files
    .filter(({ scheme }) => scheme === 'file')
    .map(({ fsPath }) => fsPath)
    .sort();
}
