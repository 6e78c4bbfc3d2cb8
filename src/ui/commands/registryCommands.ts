import * as vscode from 'vscode';
import { askForExport } from '../../app/models/exportWizard';
import { downloadModel } from '../../app/models/downloadModel';
import { nextVersion, versionFiles } from '../../app/models/modelFolder';
import type { ModelStore } from '../../app/modelStore';
import { BACK, type Prompts } from '../../app/prompts';
import type { RegistryStore } from '../../app/registryStore';
import { ServingError } from '../../core/errors';
import { t } from '../../core/l10n';
import type { ModelVersion } from '../../core/model';
import type { Registry } from '../../core/registry';
import { withTransfer } from '../../platform/progress';
import type { RemoteVersion } from '../tree/node';
import type { CommandTable } from './register';
import { remoteOf, type Targets } from './target';

export interface RegistryCommandParts {
  readonly registries: RegistryStore;
  readonly models: ModelStore;
  readonly prompts: Prompts;
  readonly targets: Targets;
  /** Selects a model version in the tree. */
  readonly revealVersion: (version: ModelVersion) => Promise<void>;
}

type RegistryCommandId = Extract<keyof CommandTable, `modelServing.registry.${string}`>;

export function registryCommands(parts: RegistryCommandParts): Pick<CommandTable, RegistryCommandId> {
  const { registries, targets } = parts;
  return {
    'modelServing.registry.export': async (...args) =>
      exportVersion(
        parts,
        await targets.versionFor(
          {
            title: t('Export a model version to Hopsworks'),
            failed: t('Could not export a model version to Hopsworks'),
          },
          args,
        ),
      ),
    'modelServing.registry.download': (target) => download(parts, rowOf(target)),
    'modelServing.registry.openPage': async (target) => {
      await vscode.env.openExternal(vscode.Uri.parse(rowOf(target).version.page, true));
    },
    'modelServing.registry.copyPath': async (target) => {
      const { path } = rowOf(target).version;
      await vscode.env.clipboard.writeText(path);
      vscode.window.setStatusBarMessage(t('Copied {0}', path), 3000);
    },
    'modelServing.registry.showMore': async (connection) => {
      await registries.more(String(connection));
    },
  };
}

/** From a local version to the registry: name and number first, everything else is filled in. */
async function exportVersion(parts: RegistryCommandParts, version: ModelVersion): Promise<void> {
  const { prompts, registries } = parts;
  const registry = await chooseRegistry(parts, t('Export to Hopsworks'));
  const { id, project } = registry.connection;
  const taken = new Map<string, readonly number[]>();
  const { framework = 'PYTHON', metrics = {}, description } = version.metadata;
  const choice = await askForExport({
    prompts,
    title: t('Export to {0}', project),
    source: version.directory,
    name: version.name,
    framework,
    metrics,
    ...(description === undefined ? {} : { description }),
    replaces: t('Replaces the version that is there'),
    nextVersion: async (name) => {
      const numbers = taken.get(name) ?? (await asked(project, (signal) => registry.numbers(name, signal)));
      taken.set(name, numbers);
      return (numbers[0] ?? 0) + 1;
    },
    versions: (name) => taken.get(name) ?? [],
  });
  const what = t('{0} version {1}', choice.name, choice.version);
  if (choice.overwrite) {
    await prompts.confirm(
      t('Replace {0} in {1}?', what, project),
      t('The version that is there is deleted once yours is uploaded.'),
      t('Replace'),
    );
  }
  const files = await versionFiles(version);
  await withTransfer(t('Exporting {0} to {1}', what, project), (transfer) =>
    registry.exportVersion(
      { name: choice.name, version: choice.version, overwrite: choice.overwrite, metadata: choice.metadata, files },
      transfer,
    ),
  );
  await registries.refresh(id);
  registries.openModel(id, choice.name);
  vscode.window.setStatusBarMessage(t('Exported {0} to {1}', what, project), 5000);
}

function asked<T>(project: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  return withTransfer(t('Asking {0} what it offers', project), ({ signal }) => work(signal));
}

async function download(parts: RegistryCommandParts, remote: RemoteVersion): Promise<void> {
  const { models, prompts, registries } = parts;
  const from = remote.version;
  const registry = registries.registry(remote.connection);
  const folder = await parts.targets.folderFor({
    title: t('Download a model version'),
    failed: t('Could not download a model version'),
  });
  await models.refresh();
  const known = models.of(folder.path).find(({ name }) => name === from.name);
  let { version } = from;
  let overwrite = known?.versions.some((each) => each.version === version) ?? false;
  if (overwrite) {
    const next = await nextVersion(folder.path, from.name);
    const replace = t('Replace Version {0}', version);
    const chosen = await prompts.choose(
      t('{0} version {1} is in {2} already', from.name, version, folder.name),
      t(
        'When it is replaced, its artifacts and Predict scripts stay; servings that run go on with what they were started with.',
      ),
      [replace, t('Download as Version {0}', next)],
    );
    overwrite = chosen === replace;
    version = overwrite ? version : next;
  }
  const made = await withTransfer(t('Downloading {0} version {1}', from.name, from.version), (transfer) =>
    downloadModel({ registry, from, folder: folder.path, version, overwrite }, transfer),
  );
  await models.refresh();
  await parts.revealVersion(made);
}

async function chooseRegistry({ registries, prompts }: RegistryCommandParts, title: string): Promise<Registry> {
  const all = registries.list().map(({ connection }) => connection);
  const [only] = all;
  if (only === undefined) {
    throw new ServingError('notFound', t('There is no connection to Hopsworks yet: use Add Hopsworks Connection…'));
  }
  if (all.length === 1) {
    return registries.registry(only.id);
  }
  const chosen = await prompts.pick({
    title,
    placeholder: t('Which connection?'),
    choices: all.map(({ id, project, address }) => ({
      label: project,
      description: address,
      value: id,
      icon: 'cloud',
    })),
  });
  if (chosen === BACK) {
    throw ServingError.cancelled(title);
  }
  return registries.registry(chosen);
}

function rowOf(target: unknown): RemoteVersion {
  const remote = remoteOf(target);
  if (!remote) {
    throw new ServingError('notFound', t('Choose a model version of a registry in the Models view'));
  }
  return remote;
}
