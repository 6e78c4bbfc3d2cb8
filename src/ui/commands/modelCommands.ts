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
import { t } from '../../core/l10n';
import type { ModelVersion, PickleImport, PickleListing } from '../../core/model';
import type { WorkspaceFolder } from '../../core/ports';
import { withBar, withOperation } from '../../platform/progress';
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
      const version = await targets.versionFor(
        { title: t('Export another version'), failed: t('Could not export another version') },
        args,
      );
      await exportAs(parts, undefined, version);
    },
    'modelServing.model.delete': async (...args) =>
      removeVersion(
        parts,
        await targets.versionFor(
          { title: t('Delete a model version'), failed: t('Could not delete a model version') },
          args,
        ),
      ),
    'modelServing.model.refresh': async () => {
      await withBar('modelServing.models', () => Promise.all([models.refresh(), parts.refreshRegistries()]));
    },
    'modelServing.model.showMore': () => {
      parts.showMore();
      return Promise.resolve();
    },
    'modelServing.model.reveal': async (...args) => {
      const version = await targets.versionFor(
        { title: t('Reveal a model version'), failed: t('Could not reveal a model version') },
        args,
      );
      await vscode.commands.executeCommand('revealInExplorer', vscode.Uri.file(version.directory));
    },
    'modelServing.model.editMetadata': async (...args) => {
      const version = await targets.versionFor(
        {
          title: t('Edit the metadata of a model version'),
          failed: t('Could not edit the metadata of a model version'),
        },
        args,
      );
      await vscode.window.showTextDocument(vscode.Uri.file(join(version.directory, 'model.json')));
    },
    'modelServing.model.showImports': (target) => showImports(parts, fileOf(target)),
    'modelServing.script.create': async (...args) =>
      newScript(
        parts,
        await targets.versionFor(
          { title: t('Create a Predict script'), failed: t('Could not create a Predict script') },
          args,
        ),
      ),
  };
}

/** Lists what loading a file would import, what is worth a look first. */
async function showImports(parts: ModelCommandParts, known: string | undefined): Promise<void> {
  const folder = await parts.targets.folderFor(
    { title: t('Show the imports of a model'), failed: t('Could not show the imports of a model') },
    known,
  );
  const question = {
    title: t('Model File'),
    button: t('Show Imports'),
    folder: folder.path,
    files: true,
    folders: false,
  };
  const file = known ?? (await parts.prompts.file(question));
  const name = basename(file);
  const listing = await withOperation(t('Reading {0}', name), ({ signal }) => parts.listPickle(file, signal));
  const choices = importChoices(listing);
  if (choices.length === 0) {
    const reason = listing.unreadable ?? t('it holds no pickle that imports anything');
    throw new ServingError('model', t('{0} lists no imports: {1}', name, reason));
  }
  const chosen = await parts.prompts.pick({
    title: t('Imports of {0}', name),
    placeholder: t('{0} Choose one to copy its name.', summary(listing)),
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
      ...(index === 0 ? { separator: t('Worth a look') } : {}),
    })),
    ...rest.map((each, index) => ({
      label: each,
      value: each,
      icon: 'symbol-class',
      ...(index === 0 && looked.size > 0 ? { separator: t('Usual') } : {}),
    })),
  ];
}

function summary({ imports, suspicious, unreadable }: PickleListing): string {
  const count = imports.length === 1 ? t('1 import') : t('{0} imports', imports.length);
  const look =
    suspicious.length === 0 ? t('none that runs code') : t('{0} worth a look before you load it', suspicious.length);
  return unreadable === null
    ? `${count}, ${look}.`
    : t('{0}, {1}. Not all could be read: {2}.', count, look, unreadable);
}

async function exportAs(
  parts: ModelCommandParts,
  file: string | undefined,
  known: ModelVersion | undefined,
): Promise<void> {
  const folder = await parts.targets.folderFor(
    { title: t('Export a model'), failed: t('Could not export a model') },
    file ?? known?.directory,
  );
  const source =
    file ??
    (await parts.prompts.file({
      title: t('Model to Export'),
      button: t('Export'),
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
      t('Replace {0} version {1}?', choice.name, choice.version),
      t(
        'Its files are replaced by what you export. Its artifacts and Predict scripts stay; servings that run go on with what they were started with.',
      ),
      t('Replace'),
    );
  }
  const version = await withOperation(t('Exporting {0} version {1}', choice.name, choice.version), (operation) =>
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
  const create = t('Create Predict Script');
  // Not awaited: the export is done, whatever becomes of the message.
  void vscode.window
    .showInformationMessage(t('Exported {0} version {1}.', choice.name, choice.version), create)
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
    const names = users.map(({ ref }) => ref.name).join(', ');
    throw new ServingError(
      'conflict',
      users.length === 1
        ? t('Could not delete {0} version {1}: {2} serves it. Delete that first', version.name, version.version, names)
        : t('Could not delete {0} version {1}: {2} serve it. Delete that first', version.name, version.version, names),
    );
  }
  await parts.prompts.confirm(
    t('Delete {0} version {1}?', version.name, version.version),
    t('The folder {0} with its model, script and artifacts is deleted.', version.directory),
    t('Delete'),
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
