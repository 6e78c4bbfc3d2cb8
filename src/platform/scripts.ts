import { readFile } from 'node:fs/promises';
import * as vscode from 'vscode';
import { isServable } from '../app/servableScript';

export const EXCLUDED =
  '{**/node_modules/**,**/.venv/**,**/venv/**,**/site-packages/**,**/Artifacts/**,**/.git/**,**/__pycache__/**}';
const MOST = 2000;

/** Paths of the Python files of a folder that can be served, absolute, sorted. They are read, never run. */
export async function findPredictScripts(folder: string): Promise<readonly string[]> {
  const files = await vscode.workspace.findFiles(
    new vscode.RelativePattern(vscode.Uri.file(folder), '**/*.py'),
    EXCLUDED,
    MOST,
  );
  const held = await Promise.all(
    files.map(async ({ fsPath }) => ((await isServableFile(fsPath)) ? fsPath : undefined)),
  );
  return held.filter((file) => file !== undefined).sort();
}

async function isServableFile(file: string): Promise<boolean> {
  try {
    return isServable(await readFile(file, 'utf8'));
  } catch {
    return false;
  }
}
