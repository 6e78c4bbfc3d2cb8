import { basename, join } from 'node:path';
import * as vscode from 'vscode';
import { askForExport } from '../../app/models/exportWizard';
import { deleteVersion, exportModel } from '../../app/models/exportModel';
import { recogniseModel } from '../../app/models/modelFiles';
import { nextVersion } from '../../app/models/modelFolder';
import { createScript } from '../../app/models/scaffold';
import type { ModelStore } from '../../app/modelStore';
import { BACK, type Choice, type Prompts } from '../../app/prompts';
import type { ServingStore } from '../../app/servingStore';
import { ServingError } from '../../core/errors';
import type { ModelVersion, PickleImport, PickleListing } from '../../core/model';
import type { WorkspaceFolder } from '../../core/ports';
import { withOperation } from '../../platform/progress';
import type { CommandTable } from './register';
import { fileOf, type Targets } from './target';

export interface ModelCommandParts {
  readonly models: ModelStore;
  readonly store: ServingStore;
  readonly prompts: Prompts;
  readonly targets: Targets;
  /** Metrics that a training wrote beside the model, if any. */
  readonly metricsBeside: (source: string) => Promise<Readonly<Record<string, number>>>;
  /** What a model file would import when it is loaded. */
  readonly listPickle: ListPickle;
  readonly showMore: () => void;
  readonly refreshRegistries: () => Promise<void>;
  /** Selects a model version in the tree. */
  readonly revealVersion: (version: ModelVersion) => Promise<void>;
}

export type ListPickle = (file: string, signal: AbortSignal) => Promise<PickleListing>;

type ModelCommandId = Extract<keyof CommandTable, `modelServing.model.${string}` | `modelServing.script.${string}`>;

export function modelCommands(parts: ModelCommandParts): Pick<CommandTable, ModelCommandId> {
  const { models, targets } = parts;
  return {
    'modelServing.model.export': (target) => exportAs(parts, fileOf(target), undefined),
    'modelServing.model.exportVersion': async (...args) => {
      const version = await targets.versionFor('Export another version', args);
      await exportAs(parts, undefined, version);
    },
    'modelServing.model.delete': async (...args) =>
      removeVersion(parts, await targets.versionFor('Delete a model version', args)),
    'modelServing.model.refresh': async () => {
      await Promise.all([models.refresh(), parts.refreshRegistries()]);
    },
    'modelServing.model.showMore': () => {
      parts.showMore();
      return Promise.resolve();
    },
    'modelServing.model.reveal': async (...args) => {
      const version = await targets.versionFor('Reveal a model version', args);
      await vscode.commands.executeCommand('revealInExplorer', vscode.Uri.file(version.directory));
    },
    'modelServing.model.editMetadata': async (...args) => {
      const version = await targets.versionFor('Edit the metadata of a model version', args);
      await vscode.window.showTextDocument(vscode.Uri.file(join(version.directory, 'model.json')));
    },
    'modelServing.model.showImports': (target) => showImports(parts, fileOf(target)),
    'modelServing.script.create': async (...args) =>
      newScript(parts, await targets.versionFor('Create a Predict script', args)),
  };
}

/** Lists what loading a file would import, what is worth a look first. */
async function showImports(parts: ModelCommandParts, known: string | undefined): Promise<void> {
  const folder = await parts.targets.folderFor('Show the imports of a model', known);
  const question = { title: 'Model File', button: 'Show Imports', folder: folder.path, files: true, folders: false };
  const file = known ?? (await parts.prompts.file(question));
  const name = basename(file);
  const listing = await withOperation(`Reading ${name}`, ({ signal }) => parts.listPickle(file, signal));
  const choices = importChoices(listing);
  if (choices.length === 0) {
    const reason = listing.unreadable ?? 'it holds no pickle that imports anything';
    throw new ServingError('model', `${name} lists no imports: ${reason}`);
  }
  const chosen = await parts.prompts.pick({
    title: `Imports of ${name}`,
    placeholder: `${summary(listing)} Choose one to copy its name.`,
    choices,
  });
  if (chosen !== BACK) {
    await vscode.env.clipboard.writeText(chosen);
  }
}

function importChoices({ imports, suspicious }: PickleListing): readonly Choice<string>[] {
  const nameOf = ({ module, name }: PickleImport): string => `${module}.${name}`;
  const looked = new Set(suspicious.map(nameOf));
  const rest = imports.map(nameOf).filter((each) => !looked.has(each));
  return [
    ...suspicious.map((each, index) => ({
      label: nameOf(each),
      value: nameOf(each),
      description: each.why,
      icon: 'warning',
      ...(index === 0 ? { separator: 'Worth a look' } : {}),
    })),
    ...rest.map((each, index) => ({
      label: each,
      value: each,
      icon: 'symbol-class',
      ...(index === 0 && looked.size > 0 ? { separator: 'Usual' } : {}),
    })),
  ];
}

function summary({ imports, suspicious, unreadable }: PickleListing): string {
  const count = `${imports.length} ${imports.length === 1 ? 'import' : 'imports'}`;
  const look = suspicious.length === 0 ? 'none that runs code' : `${suspicious.length} worth a look before you load it`;
  return `${count}, ${look}.${unreadable === null ? '' : ` Not all could be read: ${unreadable}.`}`;
}

async function exportAs(
  parts: ModelCommandParts,
  file: string | undefined,
  known: ModelVersion | undefined,
): Promise<void> {
  const folder = await parts.targets.folderFor('Export a model', file ?? known?.directory);
  const source =
    file ??
    (await parts.prompts.file({
      title: 'Model to Export',
      button: 'Export',
      folder: folder.path,
      files: true,
      folders: true,
    }));
  const [recognised, metrics] = await Promise.all([
    recogniseModel(source),
    parts.metricsBeside(source),
    parts.models.refresh(),
  ]);
  const choice = await askForExport({
    prompts: parts.prompts,
    source,
    ...(known ? { name: known.name } : {}),
    framework: recognised.framework,
    metrics,
    nextVersion: (name) => nextVersion(folder.path, name),
    versions: (name) => versionsOf(parts.models, folder, name),
  });
  if (choice.overwrite) {
    await parts.prompts.confirm(
      `Replace ${choice.name} version ${choice.version}?`,
      'Its files are replaced by what you export. Its artifacts and Predict scripts stay; servings that run go on with what they were started with.',
      'Replace',
    );
  }
  const version = await withOperation(`Exporting ${choice.name} version ${choice.version}`, (operation) =>
    exportModel(
      {
        source,
        folder: folder.path,
        name: choice.name,
        version: choice.version,
        overwrite: choice.overwrite,
        metadata: choice.metadata,
      },
      operation,
    ),
  );
  await parts.models.refresh();
  await parts.revealVersion(version);
  const create = 'Create Predict Script';
  // Not awaited: the export is done, whatever becomes of the message.
  void vscode.window
    .showInformationMessage(`Exported ${choice.name} version ${choice.version}.`, create)
    .then(async (chosen) => {
      if (chosen === create) {
        await vscode.commands.executeCommand('modelServing.script.create', { version });
      }
    });
}

function versionsOf(models: ModelStore, folder: WorkspaceFolder, name: string): readonly number[] {
  return (
    models
      .of(folder.path)
      .find((model) => model.name === name)
      ?.versions.map(({ version }) => version) ?? []
  );
}

async function removeVersion(parts: ModelCommandParts, version: ModelVersion): Promise<void> {
  await parts.store.refresh();
  const users = parts.store
    .all()
    .filter(({ definition: { model } }) => model.name === version.name && model.version === version.version);
  if (users.length > 0) {
    throw new ServingError(
      'conflict',
      `Could not delete ${version.name} version ${version.version}: ${users.map(({ ref }) => ref.name).join(', ')} ${users.length === 1 ? 'serves' : 'serve'} it. Delete that first`,
    );
  }
  await parts.prompts.confirm(
    `Delete ${version.name} version ${version.version}?`,
    `The folder ${version.directory} with its model, script and artifacts is deleted.`,
    'Delete',
  );
  await deleteVersion(version);
  await parts.models.refresh();
}

async function newScript(parts: ModelCommandParts, version: ModelVersion): Promise<void> {
  const created = await createScript({ version });
  const document = await vscode.workspace.openTextDocument(vscode.Uri.file(created.file));
  const at = new vscode.Position(created.cursor.line, created.cursor.column);
  await vscode.window.showTextDocument(document, { selection: new vscode.Range(at, at) });
  await parts.models.refresh();
}
