import * as vscode from 'vscode';
import { cleanUp, type CleanUpPlace } from '../../app/cleanUp';
import { BACK, type Prompts } from '../../app/prompts';
import type { BackendRegistry } from '../../app/backendRegistry';
import type { Servings } from '../../app/servings';
import type { Operation } from '../../core/backend';
import type { ServingDefinition } from '../../core/definition';
import { ServingError } from '../../core/errors';
import { t } from '../../core/l10n';
import type { Logger } from '../../core/log';
import type { Serving } from '../../core/serving';
import { withOperation } from '../../platform/progress';
import type { CommandTable } from './register';
import type { SecretPrompt } from './secretPrompt';
import type { Targets } from './target';

/** What can be done with Pythons and environments; compose hands it in. */
export interface EnvironmentActions {
  /** The interpreter that a serving runs on, or that its environment is made from. */
  interpreterOf(folder: string, definition: ServingDefinition, signal: AbortSignal): Promise<string>;
  /** Packages that the script needs and its interpreter lacks. */
  missing(folder: string, definition: ServingDefinition, signal: AbortSignal): Promise<readonly string[]>;
  installInto(interpreter: string, packages: readonly string[], operation: Operation): Promise<void>;
  /** Writes a requirements file that holds these packages, too; gives the definition that uses it. */
  useManaged(folder: string, definition: ServingDefinition, packages: readonly string[]): Promise<ServingDefinition>;
  readonly cleanUp: CleanUpPlace;
  /** Lets the Python extension ask for an interpreter; false when it is not there. */
  selectByExtension(): Promise<boolean>;
  saveInterpreter(path: string): Promise<void>;
}

export interface EnvironmentCommandParts {
  readonly registry: BackendRegistry;
  readonly servings: Servings;
  readonly prompts: Prompts;
  readonly targets: Targets;
  readonly secrets: SecretPrompt;
  readonly environments: EnvironmentActions;
  readonly log: Logger;
}

type EnvironmentCommandId = Extract<keyof CommandTable, `modelServing.environment.${string}`>;

export function environmentCommands(parts: EnvironmentCommandParts): Pick<CommandTable, EnvironmentCommandId> {
  return {
    'modelServing.environment.installPackages': async (target, packages) => {
      const serving = await parts.targets.servingFor(
        'edit',
        { title: t('Install packages for Serving'), failed: t('Could not install packages for a serving') },
        [target],
      );
      await installPackages(parts, serving, textsOf(packages));
    },
    'modelServing.environment.selectInterpreter': async () => selectInterpreter(parts),
    'modelServing.environment.setSecret': async (target, name) => {
      const serving = await parts.targets.servingFor(
        'edit',
        { title: t('Set a secret of Serving'), failed: t('Could not set a secret of a serving') },
        [target],
      );
      await setSecret(parts, serving, typeof name === 'string' ? name : undefined);
    },
    'modelServing.environment.clean': async () => clean(parts),
  };
}

async function installPackages(
  parts: EnvironmentCommandParts,
  serving: Serving,
  named: readonly string[],
): Promise<void> {
  const folder = folderOf(parts, serving);
  const signal = AbortSignal.timeout(60_000);
  const { definition, ref } = serving;
  const [interpreter, found] = await Promise.all([
    parts.environments.interpreterOf(folder, definition, signal),
    named.length > 0 ? named : parts.environments.missing(folder, definition, signal),
  ]);
  if (found.length === 0) {
    void vscode.window.showInformationMessage(
      t('Nothing is missing: {0} has what {1} imports.', interpreter, definition.script),
    );
    return;
  }
  const list = found.join(', ');
  const where = await parts.prompts.pick<'managed' | 'interpreter'>({
    title: t('Install {0}', list),
    placeholder: t('Where?'),
    choices: [
      {
        label: t('Managed environment'),
        description: 'recommended',
        detail: t('Listed in a requirements file; your interpreter stays as it is'),
        value: 'managed',
        icon: 'package',
      },
      {
        label: t('Your interpreter'),
        description: interpreter,
        detail: t('Installs {0} there', list),
        value: 'interpreter',
        icon: 'symbol-misc',
      },
    ],
  });
  if (where === BACK) {
    return;
  }
  if (where === 'interpreter') {
    await withOperation(t('Installing {0}', list), (operation) =>
      parts.environments.installInto(interpreter, found, operation),
    );
  } else {
    const changed = await parts.environments.useManaged(folder, definition, found);
    await withOperation(t('Updating {0}', ref.name), (operation) => parts.servings.update(ref, changed, operation));
  }
  await withOperation(t('Starting {0}', ref.name), (operation) => parts.servings.start(ref, operation));
}

async function selectInterpreter(parts: EnvironmentCommandParts): Promise<void> {
  if (await parts.environments.selectByExtension()) {
    return;
  }
  const folder = await parts.targets.folderFor({
    title: t('Select an interpreter'),
    failed: t('Could not select an interpreter'),
  });
  const path = await parts.prompts.file({
    title: t('Python Interpreter'),
    button: t('Select'),
    folder: folder.path,
    files: true,
    folders: false,
  });
  await parts.environments.saveInterpreter(path);
}

async function setSecret(parts: EnvironmentCommandParts, serving: Serving, named: string | undefined): Promise<void> {
  const { secrets } = serving.definition.environment;
  if (named === undefined && secrets.length === 0) {
    throw new ServingError('invalid', t('{0} has no secrets: name them in its definition first', serving.ref.name), {
      remedies: [{ kind: 'openDefinition', field: 'environment' }],
      about: serving.ref,
    });
  }
  const name =
    named ??
    (await parts.prompts.pick({
      title: t('Set Secret'),
      placeholder: t('Which one?'),
      choices: secrets.map((each) => ({ label: each, value: each, icon: 'key' })),
    }));
  if (name !== BACK) {
    await parts.secrets.ask(folderOf(parts, serving), name);
  }
}

async function clean({ prompts, environments, log }: EnvironmentCommandParts): Promise<void> {
  const said = await cleanUp({ place: environments.cleanUp, prompts, log, run: withOperation });
  void vscode.window.showInformationMessage(said);
}

function folderOf(parts: EnvironmentCommandParts, serving: Serving): string {
  const folder = parts.registry.folderOf(serving.ref.backend);
  if (!folder) {
    throw new ServingError('notFound', t('The folder of {0} is no longer open', serving.ref.name));
  }
  return folder.path;
}

function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
}
