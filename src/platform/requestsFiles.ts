import * as vscode from 'vscode';
import { EXCLUDED } from './scripts';

export const REQUESTS_PATTERN = '**/*.requests.json';
const MOST = 2000;

/** The files of saved requests in the open folders. */
export async function findRequestsFiles(): Promise<readonly vscode.Uri[]> {
  const files = await vscode.workspace.findFiles(REQUESTS_PATTERN, EXCLUDED, MOST);
  return files.filter(({ scheme }) => scheme === 'file');
}
