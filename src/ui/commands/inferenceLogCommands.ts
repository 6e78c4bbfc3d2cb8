import * as vscode from 'vscode';
import type { Prompts } from '../../app/prompts';
import type { Servings } from '../../app/servings';
import { ServingError } from '../../core/errors';
import { t } from '../../core/l10n';
import { withOperation } from '../../platform/progress';
import type { CommandTable } from './register';
import type { Targets } from './target';

export interface InferenceLogCommandParts {
  readonly servings: Pick<Servings, 'inferenceLogFile' | 'deleteInferenceLog'>;
  readonly prompts: Pick<Prompts, 'confirm'>;
  readonly targets: Pick<Targets, 'servingFor'>;
}

type InferenceLogCommandId = 'modelServing.serving.showInferenceLogFile' | 'modelServing.serving.deleteInferenceLog';

/** What can be done with the file that has the records of a serving's predictions. */
export function inferenceLogCommands({
  servings,
  prompts,
  targets,
}: InferenceLogCommandParts): Pick<CommandTable, InferenceLogCommandId> {
  return {
    'modelServing.serving.showInferenceLogFile': async (...args) => {
      const { ref } = await targets.servingFor(
        'inferenceLog',
        {
          title: t('Show the Inference Log File of Serving'),
          failed: t('Could not show the inference log file of a serving'),
        },
        args,
      );
      const file = await withOperation(t('Reading the inference log of {0}', ref.name), ({ signal }) =>
        servings.inferenceLogFile(ref, signal),
      );
      if (file === undefined) {
        throw new ServingError(
          'notFound',
          t('{0} has no inference log file: it was not asked for a prediction yet, or keeps none', ref.name),
        ).of(ref);
      }
      await show(vscode.Uri.file(file));
    },
    'modelServing.serving.deleteInferenceLog': async (...args) => {
      const { ref } = await targets.servingFor(
        'inferenceLog',
        {
          title: t('Delete the Inference Log of Serving'),
          failed: t('Could not delete the inference log of a serving'),
        },
        args,
      );
      await prompts.confirm(
        t('Delete the inference log of {0}?', ref.name),
        t('All records that are kept on this computer are deleted. What is answered from now on is kept again.'),
        t('Delete'),
      );
      await withOperation(t('Deleting the inference log of {0}', ref.name), ({ signal }) =>
        servings.deleteInferenceLog(ref, signal),
      );
    },
  };
}

/** In the file manager of the person's computer, where the file is there. */
async function show(file: vscode.Uri): Promise<void> {
  const isHere = vscode.env.uiKind === vscode.UIKind.Desktop && vscode.env.remoteName === undefined;
  await vscode.commands.executeCommand(isHere ? 'revealFileInOS' : 'vscode.open', file);
}
