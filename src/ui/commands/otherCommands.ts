import * as vscode from 'vscode';
import type { Prompts } from '../../app/prompts';
import { t } from '../../core/l10n';
import { withOperation } from '../../platform/progress';
import type { CommandTable } from './register';
import type { DoctorView } from '../doctorView';

export interface OtherCommandParts {
  readonly prompts: Prompts;
  readonly doctor: DoctorView;
  readonly showLog: () => void;
  /** Copies the sample into a folder; gives the folder that holds it. */
  readonly copySample: (into: string) => Promise<string>;
  /** Where a person keeps their folders. */
  readonly home: string;
}

type OtherCommandId = 'modelServing.doctor.run' | 'modelServing.sample.open' | 'modelServing.log.show';

export function otherCommands(parts: OtherCommandParts): Pick<CommandTable, OtherCommandId> {
  return {
    'modelServing.doctor.run': async () => {
      await withOperation(t('Running checks'), ({ signal }) => parts.doctor.run(signal));
    },
    'modelServing.sample.open': async () => {
      const into = await parts.prompts.file({
        title: t('Where to put the sample workspace'),
        button: t('Create Here'),
        folder: parts.home,
        files: false,
        folders: true,
      });
      const folder = await parts.copySample(into);
      await vscode.commands.executeCommand('vscode.openFolder', vscode.Uri.file(folder));
    },
    'modelServing.log.show': () => {
      parts.showLog();
      return Promise.resolve();
    },
  };
}
