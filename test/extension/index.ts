import * as vscode from 'vscode';
import { activationCases } from './activation';
import { commandCases } from './commands';
import { definitionCases } from './definitions';
import { runCases } from './harness';
import { interpreterCases } from './interpreters';
import { localApiCases } from './localApi';
import { multiRootCases } from './multiRoot';
import { requestTestCases } from './requestTests';
import { sideBarCases } from './sideBar';

/** Called by the runner inside the extension host; which cases fit is seen from the workspace that is open. */
export async function run(): Promise<void> {
  const several = (vscode.workspace.workspaceFolders?.length ?? 0) > 1;
  const failed = await runCases(
    several
      ? multiRootCases
      : {
          ...activationCases,
          ...definitionCases,
          ...commandCases,
          ...sideBarCases,
          ...interpreterCases,
          ...localApiCases,
          ...requestTestCases,
        },
  );
  if (failed > 0) {
    throw new Error(`${failed} cases failed`);
  }
}
