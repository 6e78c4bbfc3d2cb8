import * as vscode from 'vscode';
import type { ApiPlace, LocalApis } from '../../app/localApis';
import { CLIENTS, loginSnippet, type ClientId } from '../../app/loginSnippet';
import { BACK, type Choice, type Prompts } from '../../app/prompts';
import { ServingError } from '../../core/errors';
import { t } from '../../core/l10n';
import type { Folders } from '../../core/ports';
import type { CommandTable } from './register';
import type { Purpose, Targets } from './target';

export interface LocalApiCommandParts {
  readonly apis: LocalApis;
  readonly folders: Folders;
  readonly prompts: Prompts;
  readonly targets: Pick<Targets, 'folderFor'>;
  readonly showRequests: () => void;
}

type LocalApiCommandId = Extract<keyof CommandTable, `modelServing.api.${string}`>;

export function localApiCommands(parts: LocalApiCommandParts): Pick<CommandTable, LocalApiCommandId> {
  return {
    'modelServing.api.start': async () => {
      await start(parts);
    },
    'modelServing.api.stop': async (given) => {
      await stop(parts, await chooseRunning(parts, t('Stop Local Hopsworks API'), given));
    },
    'modelServing.api.copySnippet': async (given) => {
      const client = await chooseClient(parts, t('Copy Login Snippet'), given);
      await copy(
        client,
        await placeFor(parts, {
          title: t('Copy Login Snippet'),
          failed: t('Could not copy the login snippet'),
        }),
      );
    },
    'modelServing.api.insertSnippet': async (given) => {
      const client = await chooseClient(parts, t('Insert Login Snippet'), given);
      await insert(
        loginSnippet(
          client,
          await placeFor(parts, {
            title: t('Insert Login Snippet'),
            failed: t('Could not insert the login snippet'),
          }),
        ),
      );
    },
    'modelServing.api.showRequests': () => {
      parts.showRequests();
      return Promise.resolve();
    },
    'modelServing.api.menu': async (given) => {
      await menu(parts, given);
    },
  };
}

async function start({ apis, targets }: LocalApiCommandParts): Promise<ApiPlace> {
  const place = await apis.start(
    await targets.folderFor({
      title: t('Start the local Hopsworks API'),
      failed: t('Could not start the local Hopsworks API'),
    }),
  );
  vscode.window.setStatusBarMessage(t('The local Hopsworks API answers at {0}', place.address), 5000);
  return place;
}

async function stop({ apis, folders }: LocalApiCommandParts, place: ApiPlace): Promise<void> {
  const folder = folders.list().find(({ path }) => path === place.folder);
  if (folder) {
    await apis.stop(folder);
    vscode.window.setStatusBarMessage(t('The local Hopsworks API was stopped; servings go on'), 3000);
  }
}

/** That of the folder, also where another window has it; started when it does not run. */
async function placeFor(parts: LocalApiCommandParts, purpose: Purpose): Promise<ApiPlace> {
  const { apis, targets } = parts;
  return apis.list().length > 0 ? chooseRunning(parts, purpose.title) : apis.find(await targets.folderFor(purpose));
}

async function chooseRunning(
  { apis, prompts }: LocalApiCommandParts,
  title: string,
  given?: unknown,
): Promise<ApiPlace> {
  const places = apis.list();
  const [only, ...others] = places;
  if (only === undefined) {
    throw new ServingError('notFound', t('The local Hopsworks API does not run in this window'));
  }
  const named = typeof given === 'string' ? apis.of(given) : undefined;
  if (named ?? others.length === 0) {
    return named ?? only;
  }
  return choose(
    prompts,
    title,
    t('Which one?'),
    places.map((place) => toChoice(place)),
  );
}

function toChoice(place: ApiPlace): Choice<ApiPlace> {
  return { label: place.project, description: place.address, detail: place.folder, icon: 'plug', value: place };
}

async function chooseClient({ prompts }: LocalApiCommandParts, title: string, given: unknown): Promise<ClientId> {
  const named = CLIENTS.find(({ id }) => id === given);
  return named
    ? named.id
    : choose(
        prompts,
        title,
        t('For which Python client?'),
        CLIENTS.map(({ id, label, detail }) => ({ label, detail, icon: 'symbol-namespace', value: id })),
      );
}

async function copy(client: ClientId, place: ApiPlace): Promise<void> {
  await vscode.env.clipboard.writeText(loginSnippet(client, place));
  vscode.window.setStatusBarMessage(t('Login snippet copied'), 3000);
}

/** As a cell below the one that is selected, or at the cursor of a Python file. */
async function insert(snippet: string): Promise<void> {
  const { activeNotebookEditor: notebook, activeTextEditor: editor } = vscode.window;
  if (notebook) {
    const cell = new vscode.NotebookCellData(vscode.NotebookCellKind.Code, snippet.trimEnd(), 'python');
    const edit = new vscode.WorkspaceEdit();
    const at = Math.min(notebook.selection.end, notebook.notebook.cellCount);
    edit.set(notebook.notebook.uri, [vscode.NotebookEdit.insertCells(at, [cell])]);
    await vscode.workspace.applyEdit(edit);
    return;
  }
  if (editor?.document.languageId === 'python') {
    await editor.edit((builder) => {
      builder.insert(editor.selection.active, snippet);
    });
    return;
  }
  throw new ServingError('notFound', t('Could not insert the login snippet: open a notebook or a Python file first'));
}

async function menu(parts: LocalApiCommandParts, given: unknown): Promise<void> {
  const { prompts, apis } = parts;
  if (apis.list().length === 0) {
    await start(parts);
    return;
  }
  const place = await chooseRunning(parts, 'Local Hopsworks API', given);
  const choices: readonly Choice<() => Promise<void>>[] = [
    ...CLIENTS.map(({ id, label, detail }) => ({
      label: t('Copy Login Snippet for {0}', label),
      detail,
      icon: 'copy',
      value: () => copy(id, place),
    })),
    {
      label: t('Insert Login Snippet…'),
      detail: t('As a cell of the notebook, or at the cursor of the Python file'),
      icon: 'notebook',
      separator: '',
      value: async () => insert(loginSnippet(await chooseClient(parts, t('Insert Login Snippet'), undefined), place)),
    },
    {
      label: t('Show Requests'),
      detail: t('What clients asked: method, path, status'),
      icon: 'output',
      value: () => {
        parts.showRequests();
        return Promise.resolve();
      },
    },
    {
      label: t('Stop Local Hopsworks API'),
      detail: t('What clients have deployed goes on'),
      icon: 'debug-stop',
      value: () => stop(parts, place),
    },
  ];
  const run = await choose(prompts, t('{0} at {1}', place.project, place.address), t('What to do?'), choices);
  await run();
}

async function choose<T>(
  prompts: Prompts,
  title: string,
  placeholder: string,
  choices: readonly Choice<T>[],
): Promise<T> {
  const chosen = await prompts.pick({ title, placeholder, choices });
  if (chosen === BACK) {
    throw ServingError.cancelled(title);
  }
  return chosen;
}
