import * as vscode from 'vscode';
import { REQUESTS_SUFFIX } from '../../app/requests/requestsFiles';
import type { CommandTable } from './register';
import { fileOf } from './target';

export interface TestCommandParts {
  /** For the requests of a file, or of all whose script none serves. */
  choose(file: string | undefined): Promise<void>;
  accept(target: unknown): Promise<void>;
}

type TestCommandId = 'modelServing.tests.chooseServing' | 'modelServing.tests.acceptReply';

export function testCommands(parts: TestCommandParts): Pick<CommandTable, TestCommandId> {
  return {
    'modelServing.tests.chooseServing': (target) =>
      parts.choose(typeof target === 'string' ? target : (fileOf(target) ?? activeRequests())),
    'modelServing.tests.acceptReply': (target) => parts.accept(target),
  };
}

/** The file of requests in the editor. */
function activeRequests(): string | undefined {
  const file = vscode.window.activeTextEditor?.document.uri.fsPath;
  return file?.endsWith(REQUESTS_SUFFIX) === true ? file : undefined;
}
