import * as vscode from 'vscode';
import { isCancelled, messageOf, ServingError, type About, type Remedy } from '../core/errors';
import type { Logger } from '../core/log';

/** Carries out a remedy that somebody chose. */
export type RemedyRunner = (remedy: Remedy, about?: About) => Promise<void>;

const LABELS: Readonly<Record<Remedy['kind'], string>> = {
  openFile: 'Open File',
  showLogs: 'Show Logs',
  installPackages: 'Install Packages…',
  selectInterpreter: 'Select Interpreter…',
  choosePort: 'Choose Port…',
  raiseLimit: 'Change Limit…',
  openSettings: 'Open Settings',
  trust: 'Manage Workspace Trust',
  openDefinition: 'Open Definition',
  createScript: 'Create Predict Script',
  start: 'Start',
  edit: 'Edit…',
  restart: 'Restart',
  stopAndStart: 'Stop and Start',
  stop: 'Stop',
  setSecret: 'Set Secret…',
  exportModel: 'Export Model…',
  cleanUp: 'Clean Up…',
  typeCommand: 'Open Terminal with Command',
  openPage: 'Open Instructions',
  signIn: 'Sign In…',
  editConnection: 'Edit Connection…',
  testConnection: 'Test Connection',
  runDoctor: 'Run Checks',
};

/** What the button of a remedy says. */
export function remedyLabel(remedy: Remedy): string {
  switch (remedy.kind) {
    case 'openFile':
      return remedy.line === undefined ? LABELS.openFile : `Open at Line ${remedy.line}`;
    case 'installPackages':
      return remedy.packages.length === 1 ? `Install ${String(remedy.packages[0])}…` : LABELS.installPackages;
    default:
      return LABELS[remedy.kind];
  }
}

interface Button extends vscode.MessageItem {
  readonly remedy?: Remedy;
}

/** The one place where errors reach a person. */
export class Reporter {
  constructor(
    private readonly log: Logger,
    private readonly showLog: () => void,
  ) {}

  /** Cancelled is silent; everything else is a message with its remedies as buttons, its causes in the log. */
  async error(error: unknown, run: RemedyRunner): Promise<void> {
    if (isCancelled(error)) {
      return;
    }
    this.log.error(chain(error));
    const remedies = error instanceof ServingError ? error.remedies : [];
    const buttons: Button[] = remedies.slice(0, 3).map((remedy) => ({ title: remedyLabel(remedy), remedy }));
    const own: Button[] = error instanceof ServingError && remedies.length > 0 ? [] : [{ title: 'Show Log' }];
    const chosen = await vscode.window.showErrorMessage(messageOf(error), ...buttons, ...own);
    if (chosen?.remedy) {
      await run(chosen.remedy, error instanceof ServingError ? error.about : undefined);
    } else if (chosen) {
      this.showLog();
    }
  }
}

/** The message and stack of an error and of what caused it. */
function chain(error: unknown): string {
  if (!(error instanceof Error)) {
    return String(error);
  }
  const own = error.stack ?? error.message;
  return error.cause === undefined ? own : `${own}\ncaused by ${chain(error.cause)}`;
}
