import * as vscode from 'vscode';
import { MEMORY_LIMIT } from '../../core/errors';
import type { RemedyRunner } from '../../platform/notify';
import type { CommandId } from './ids';

/** Carries out a remedy; a serving that it is for comes along, where there is one. */
export function makeRemedyRunner(run: (id: CommandId, ...args: unknown[]) => Promise<void>): RemedyRunner {
  return async (remedy, ref) => {
    const target = ref ? [ref] : [];
    switch (remedy.kind) {
      case 'openFile':
        await openFile(remedy.file, remedy.line);
        break;
      case 'showLogs':
        await run('modelServing.serving.logs', ...target);
        break;
      case 'installPackages':
        await run('modelServing.environment.installPackages', ref, remedy.packages);
        break;
      case 'selectInterpreter':
        await run('modelServing.environment.selectInterpreter');
        break;
      case 'choosePort':
      case 'edit':
        await run('modelServing.serving.edit', ...target);
        break;
      case 'raiseLimit':
        await (remedy.setting === MEMORY_LIMIT
          ? run('modelServing.serving.edit', ref, MEMORY_LIMIT)
          : openSettings(LIMITS[remedy.setting] ?? 'modelServing'));
        break;
      case 'openSettings':
        await openSettings(remedy.setting);
        break;
      case 'trust':
        await vscode.commands.executeCommand('workbench.trust.manage');
        break;
      case 'openDefinition':
        await run('modelServing.serving.openDefinition', ref, remedy.field);
        break;
      case 'createScript':
        await run('modelServing.script.create');
        break;
      case 'start':
        await run('modelServing.serving.start', ...target);
        break;
      case 'restart':
      case 'stopAndStart':
        await run('modelServing.serving.restart', ...target);
        break;
      case 'stop':
        await run('modelServing.serving.stop', ...target);
        break;
      case 'setSecret':
        await run('modelServing.environment.setSecret', ref, remedy.name);
        break;
      case 'exportModel':
        await run('modelServing.model.export');
        break;
      case 'cleanUp':
        await run('modelServing.environment.clean');
        break;
      case 'typeCommand':
        typeCommand(remedy.command);
        break;
      case 'openPage':
        await vscode.env.openExternal(vscode.Uri.parse(remedy.url, true));
        break;
      case 'signIn':
        await run('modelServing.connection.signIn', remedy.connection);
        break;
      case 'editConnection':
        await run('modelServing.connection.edit', remedy.connection);
        break;
      case 'testConnection':
        await run('modelServing.connection.test', remedy.connection);
        break;
      case 'setUpKafka':
        await run('modelServing.kafka.setUp');
        break;
      case 'runDoctor':
        await run('modelServing.doctor.run');
        break;
    }
  };
}

/** The setting behind each limit that the server names. */
const LIMITS: Readonly<Record<string, string>> = {
  loadSeconds: 'modelServing.process.loadTimeoutSeconds',
  drainSeconds: 'modelServing.process.stopTimeoutSeconds',
  bodyBytes: 'modelServing.process.maximumRequestMegabytes',
};

async function openFile(file: string, line: number | undefined): Promise<void> {
  const at = new vscode.Position(Math.max(0, (line ?? 1) - 1), 0);
  await vscode.window.showTextDocument(vscode.Uri.file(file), { selection: new vscode.Range(at, at) });
}

/** Not sent: Enter is for the person who has read it. */
export function typeCommand(command: string): void {
  const terminal = vscode.window.createTerminal('Model Serving');
  terminal.show();
  // A line break would send it.
  terminal.sendText(command.replace(/[\u0000-\u001f\u007f]+/g, ' '), false);
}

async function openSettings(setting: string): Promise<void> {
  await vscode.commands.executeCommand('workbench.action.openSettings', setting);
}
