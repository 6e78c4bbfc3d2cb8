import * as vscode from 'vscode';
import { pythonClient } from '../../app/client/pythonClient';
import { toCalls, type ServingApi } from '../../app/client/servingApi';
import { typeScriptClient } from '../../app/client/typeScriptClient';
import type { Prompts } from '../../app/prompts';
import type { Servings } from '../../app/servings';
import { t } from '../../core/l10n';
import type { Serving } from '../../core/serving';
import { withOperation } from '../../platform/progress';
import { askedRequest } from '../panels/askedRequest';
import type { CommandTable } from './register';
import type { Targets } from './target';

export interface ClientCommandParts {
  readonly servings: Pick<Servings, 'openApi'>;
  readonly prompts: Pick<Prompts, 'pick'>;
  readonly targets: Pick<Targets, 'servingFor'>;
}

const WRITERS = { python: pythonClient, typescript: typeScriptClient } as const;
type ClientLanguage = keyof typeof WRITERS;

/** A client of a serving as a file, in an editor of its own: saved where the person wants it. */
export function clientCommands({
  servings,
  prompts,
  targets,
}: ClientCommandParts): Pick<CommandTable, 'modelServing.serving.createClient'> {
  return {
    'modelServing.serving.createClient': async (...args) => {
      const serving = await targets.servingFor(
        'predict',
        { title: t('Create Client File'), failed: t('Could not create a client file') },
        args,
      );
      const language = await prompts.pick<ClientLanguage>({
        title: t('Create Client File'),
        placeholder: t('In which language does something call {0}?', serving.ref.name),
        choices: [
          { label: 'Python', value: 'python', detail: t("Python's standard library alone, 3.9 or later") },
          { label: 'TypeScript', value: 'typescript', detail: t('fetch alone: browsers, Node 18 or later') },
        ],
      });
      if (typeof language === 'symbol') {
        return;
      }
      const api = await withOperation(t('Reading the API of {0}', serving.ref.name), ({ signal }) =>
        apiOf(serving, servings, signal),
      );
      const document = await vscode.workspace.openTextDocument({ language, content: WRITERS[language](api) });
      await vscode.window.showTextDocument(document);
    },
  };
}

async function apiOf(serving: Serving, servings: Pick<Servings, 'openApi'>, signal: AbortSignal): Promise<ServingApi> {
  const { ref, definition, run } = serving;
  const document = await servings.openApi(ref, signal);
  const { url, token, scheme, host } = await askedRequest(ref, serving, { verb: 'predict', body: '{}' });
  const { name, version } = definition.model;
  return {
    ...{ name: ref.name, token, scheme, host },
    description: `Model ${name}, version ${String(version)}`,
    url: url.replace(/:predict$/, ''),
    calls: toCalls(document, run?.loaded),
  };
}
