import * as vscode from 'vscode';
import { isCancelled, messageOf, ServingError, type About, type Remedy } from '../core/errors';
import { t } from '../core/l10n';
import type { Logger } from '../core/log';

/** Carries out a remedy that somebody chose. */
export type RemedyRunner = (remedy: Remedy, about?: About) => Promise<void>;

const labels = (): Readonly<Record<Remedy['kind'], string>> => ({
  openFile: t('Open File'),
  showLogs: t('Show Logs'),
  installPackages: t('Install Packages…'),
  selectInterpreter: t('Select Interpreter…'),
  choosePort: t('Choose Port…'),
  raiseLimit: t('Change Limit…'),
  openSettings: t('Open Settings'),
  trust: t('Manage Workspace Trust'),
  openDefinition: t('Open Definition'),
  createScript: t('Create Predict Script'),
  start: t('Start'),
  edit: t('Edit…'),
  restart: t('Restart'),
  stopAndStart: t('Stop and Start'),
  stop: t('Stop'),
  setSecret: t('Set Secret…'),
  exportModel: t('Export Model…'),
  cleanUp: t('Clean Up…'),
  typeCommand: t('Open Terminal with Command'),
  openPage: t('Open Instructions'),
  signIn: t('Sign In…'),
  editConnection: t('Edit Connection…'),
  testConnection: t('Test Connection'),
  setUpKafka: t('Set Up Kafka Broker…'),
  runDoctor: t('Run Checks'),
});

/** What the button of a remedy says. */
export function remedyLabel(remedy: Remedy): string {
  switch (remedy.kind) {
    case 'openFile':
      return remedy.line === undefined ? labels().openFile : t('Open at Line {0}', remedy.line);
    case 'installPackages':
      return remedy.packages.length === 1 ? t('Install {0}…', String(remedy.packages[0])) : labels().installPackages;
    default:
      return labels()[remedy.kind];
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
    const own: Button[] = error instanceof ServingError && remedies.length > 0 ? [] : [{ title: t('Show Log') }];
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
