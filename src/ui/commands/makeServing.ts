import { join } from 'node:path';
import type { BackendRegistry } from '../../app/backendRegistry';
import type { Surroundings } from '../../app/createServing/fields';
import { proposeDefinition, toWorkspacePath } from '../../app/createServing/proposal';
import { askForChanges, askForServing } from '../../app/createServing/servingWizard';
import type { ModelStore } from '../../app/modelStore';
import type { Prompts } from '../../app/prompts';
import type { Servings } from '../../app/servings';
import type { ServingStore } from '../../app/servingStore';
import type { Operation } from '../../core/backend';
import type { ServingDefinition } from '../../core/definition';
import { ServingError } from '../../core/errors';
import type { KafkaBroker } from '../../core/kafka';
import { t } from '../../core/l10n';
import type { ModelRef } from '../../core/model';
import type { WorkspaceFolder } from '../../core/ports';
import type { BackendId, Serving, ServingRef } from '../../core/serving';
import { withOperation } from '../../platform/progress';
import type { DraggedModel } from '../tree/dropped';
import { openDefinition } from './openDefinition';
import { placeOf, placesOf } from './places';
import type { SecretPrompt } from './secretPrompt';
import type { Targets } from './target';

export interface MakeParts {
  readonly registry: BackendRegistry;
  readonly servings: Servings;
  readonly store: ServingStore;
  readonly models: ModelStore;
  readonly prompts: Prompts;
  readonly targets: Targets;
  readonly secrets: SecretPrompt;
  /** Paths of the Predict scripts of a folder, absolute. */
  readonly findScripts: (folder: string) => Promise<readonly string[]>;
  readonly artifacts: (folder: string, definition: ServingDefinition) => Promise<readonly number[]>;
  /** Makes sure that a definition which wants a requirements file has one. */
  readonly ensureRequirements: (folder: string, definition: ServingDefinition) => Promise<void>;
  readonly kafka: { readonly broker: Pick<KafkaBroker, 'connection' | 'topics'> };
  readonly openPanel: (ref: ServingRef) => void;
  readonly start: (ref: ServingRef, definition: ServingDefinition) => Promise<void>;
  readonly watched: (ref: ServingRef, definition: ServingDefinition, operation: Operation) => Operation;
}

/** What is known before anything is asked. */
export interface Begun {
  /** The script: absolute path. */
  readonly file: string | undefined;
  /** A connection: there, and of a version of its registry where that was chosen. */
  readonly connection: string | undefined;
  readonly version: ModelRef | undefined;
  /** A backend that something was dropped on. */
  readonly place: BackendId | undefined;
  /** A model version of an open folder that was dropped there. */
  readonly model: DraggedModel | undefined;
}

export async function createServing(parts: MakeParts, begun: Begun): Promise<void> {
  const { connection, version } = begun;
  const folder = await parts.targets.folderFor(
    { title: t('Create a serving'), failed: t('Could not create a serving') },
    begun.file ?? begun.model?.folder,
  );
  const { around, scripts: all } = await surroundings(parts, folder);
  const scripts = begun.model ? scriptsOf(begun.model, all) : all;
  const file = begun.file ?? (begun.model && scripts.length === 1 ? join(folder.path, scripts[0] ?? '') : undefined);
  const script = file === undefined ? undefined : toWorkspacePath(folder.path, file);
  const place = around.places.find(({ id }) => id === begun.place || id === `hopsworks:${connection ?? ''}`);
  const local = parts.registry.all().find(({ backend }) => backend.id === begun.place)?.backend.kind;
  if (script === undefined && scripts.length === 0 && !place) {
    throw new ServingError(
      'notFound',
      t('Could not create a serving: no script of this folder has a class Predict, or an app of a web framework'),
      {
        remedies: [{ kind: 'createScript' }],
      },
    );
  }
  const model = version && { name: version.name, version: version.version };
  const taken = parts.store
    .backends()
    .filter((each) => each.folder?.path === folder.path)
    .flatMap(({ servings }) => servings.map(({ ref }) => ref.name));
  const made = await askForServing(parts.prompts, {
    ...around,
    scripts,
    taken,
    ...(script === undefined ? {} : { script }),
    ...(place ? { place } : {}),
    ...(model ? { model } : {}),
    propose: (path) => ({
      ...propose(folder, path, around, taken, model),
      ...(local === 'docker' ? { backend: local } : {}),
    }),
  });
  const { definition, start } = made;
  const backend = made.place ? { id: made.place } : localBackend(parts, folder, definition);
  if (made.place === undefined) {
    await parts.ensureRequirements(folder.path, definition);
  }
  const ref = await withOperation(t('Creating {0}', definition.name), (operation) =>
    parts.servings.create(backend.id, definition, operation),
  );
  if (start) {
    parts.openPanel(ref);
    await parts.start(ref, definition);
  } else if (made.place) {
    parts.openPanel(ref);
  } else {
    await openDefinition(parts.store.serving(ref), undefined);
  }
}

/** Those that lie in the folder of a model version. */
function scriptsOf({ name, version }: DraggedModel, scripts: readonly string[]): readonly string[] {
  const own = scripts.filter((path) => path.startsWith(`Models/${name}/${version}/`));
  if (own.length === 0) {
    throw new ServingError(
      'notFound',
      t('Could not serve {0} version {1}: no Predict script lies beside it', name, version),
      {
        remedies: [{ kind: 'createScript' }],
      },
    );
  }
  return own;
}

function localBackend(
  parts: MakeParts,
  folder: WorkspaceFolder,
  definition: ServingDefinition,
): { readonly id: BackendId } {
  const backend = parts.registry
    .all()
    .find((each) => each.folder?.path === folder.path && each.backend.kind === definition.backend)?.backend;
  if (!backend) {
    throw new ServingError(
      'unavailable',
      t('Could not create {0}: there is no {1} backend for {2}', definition.name, definition.backend, folder.name),
    );
  }
  return backend;
}

function propose(
  folder: WorkspaceFolder,
  script: string,
  around: Surroundings,
  taken: readonly string[],
  model: ModelRef | undefined,
): ServingDefinition {
  const definition = proposeDefinition({
    folder: folder.path,
    script: join(folder.path, script),
    models: around.models,
    taken,
    ...(model ? { model } : {}),
  });
  if (!definition) {
    throw new ServingError(
      'notFound',
      t('Could not create a serving from {0}: there is no model in {1} yet', script, folder.name),
      { remedies: [{ kind: 'exportModel' }] },
    );
  }
  return definition;
}

const NOWHERE: Surroundings = { folder: '', models: [], scripts: [], artifacts: () => Promise.resolve([]) };

export async function editServing(parts: MakeParts, serving: Serving): Promise<void> {
  const { ref, definition: since, state } = serving;
  const folder = parts.registry.folderOf(ref.backend);
  const runs = state === 'running' || state === 'idle';
  const place = folder ? undefined : await placeOf(parts, ref.backend);
  // A script may come from an open folder; without one, what is there stays.
  const open = folder ?? parts.registry.all().find((each) => each.folder)?.folder;
  const around = open ? (await surroundings(parts, open)).around : NOWHERE;
  const { definition, start } = await askForChanges(parts.prompts, around, since, runs, place);
  if (folder) {
    await parts.ensureRequirements(folder.path, definition);
    await parts.secrets.askMissing(folder.path, definition);
  }
  await withOperation(runs ? t('Updating {0}', ref.name) : t('Saving {0}', ref.name), (operation) =>
    parts.servings.update(ref, definition, parts.watched(ref, definition, operation), since),
  );
  if (start && !runs) {
    await parts.start(ref, definition);
  }
}

async function surroundings(
  parts: MakeParts,
  folder: WorkspaceFolder,
): Promise<{ around: Surroundings & Pick<Required<Surroundings>, 'places'>; scripts: readonly string[] }> {
  const [found] = await Promise.all([parts.findScripts(folder.path), parts.models.refresh(), parts.store.refresh()]);
  const scripts = found.map((file) => toWorkspacePath(folder.path, file)).filter((path) => path !== undefined);
  const around = {
    folder: folder.path,
    models: parts.models.of(folder.path),
    scripts,
    places: placesOf(parts),
    kafka: parts.kafka.broker,
    artifacts: (definition: ServingDefinition) => parts.artifacts(folder.path, definition),
  };
  return { around, scripts };
}
