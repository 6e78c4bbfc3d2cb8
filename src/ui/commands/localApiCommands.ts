import * as vscode from 'vscode';
import type { ApiPlace, LocalApis } from '../../app/localApis';
import { CLIENTS, loginSnippet, type ClientId } from '../../app/loginSnippet';
import { BACK, type Choice, type Prompts } from '../../app/prompts';
import { ServingError } from '../../core/errors';
import type { Folders } from '../../core/ports';
import type { CommandTable } from './register';
import type { Targets } from './target';

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
      await stop(parts, await chooseRunning(parts, 'Stop Local Hopsworks API', given));
    },
    'modelServing.api.copySnippet': async (given) => {
      const client = await chooseClient(parts, 'Copy Login Snippet', given);
      await copy(client, await placeFor(parts, 'Copy Login Snippet'));
    },
    'modelServing.api.insertSnippet': async (given) => {
      const client = await chooseClient(parts, 'Insert Login Snippet', given);
      await insert(loginSnippet(client, await placeFor(parts, 'Insert Login Snippet')));
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
  const place = await apis.start(await targets.folderFor('Start the local Hopsworks API'));
  vscode.window.setStatusBarMessage(`The local Hopsworks API answers at ${place.address}`, 5000);
  return place;
}

async function stop({ apis, folders }: LocalApiCommandParts, place: ApiPlace): Promise<void> {
  const folder = folders.list().find(({ path }) => path === place.folder);
  if (folder) {
    await apis.stop(folder);
    vscode.window.setStatusBarMessage('The local Hopsworks API was stopped; servings go on', 3000);
  }
}

/** That of the folder, also where another window has it; started when it does not run. */
async function placeFor(parts: LocalApiCommandParts, title: string): Promise<ApiPlace> {
  const { apis, targets } = parts;
  return apis.list().length > 0 ? chooseRunning(parts, title) : apis.find(await targets.folderFor(title));
}

async function chooseRunning(
  { apis, prompts }: LocalApiCommandParts,
  title: string,
  given?: unknown,
): Promise<ApiPlace> {
  const places = apis.list();
  const [only, ...others] = places;
  if (only === undefined) {
    throw new ServingError('notFound', 'The local Hopsworks API does not run in this window');
  }
  const named = typeof given === 'string' ? apis.of(given) : undefined;
  if (named ?? others.length === 0) {
    return named ?? only;
  }
  return choose(
    prompts,
    title,
    'Which one?',
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
        'For which Python client?',
        CLIENTS.map(({ id, label, detail }) => ({ label, detail, icon: 'symbol-namespace', value: id })),
      );
}

async function copy(client: ClientId, place: ApiPlace): Promise<void> {
  await vscode.env.clipboard.writeText(loginSnippet(client, place));
  vscode.window.setStatusBarMessage('Login snippet copied', 3000);
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
  throw new ServingError('notFound', 'Could not insert the login snippet: open a notebook or a Python file first');
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
      label: `Copy Login Snippet for ${label}`,
      detail,
      icon: 'copy',
      value: () => copy(id, place),
    })),
    {
      label: 'Insert Login Snippet…',
      detail: 'As a cell of the notebook, or at the cursor of the Python file',
      icon: 'notebook',
      separator: '',
      value: async () => insert(loginSnippet(await chooseClient(parts, 'Insert Login Snippet', undefined), place)),
    },
    {
      label: 'Show Requests',
      detail: 'What clients asked: method, path, status',
      icon: 'output',
      value: () => {
        parts.showRequests();
        return Promise.resolve();
      },
    },
    {
      label: 'Stop Local Hopsworks API',
      detail: 'What clients have deployed goes on',
      icon: 'debug-stop',
      value: () => stop(parts, place),
    },
  ];
  const run = await choose(prompts, `${place.project} at ${place.address}`, 'What to do?', choices);
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
