import * as vscode from 'vscode';
import { toWorkspacePath } from '../../app/createServing/proposal';
import type { ModelStore } from '../../app/modelStore';
import type { BackendRegistry } from '../../app/backendRegistry';
import type { Prompts } from '../../app/prompts';
import { fetchLacking, toLocal } from '../../app/remote/fromRemote';
import { lossesHere, lossesThere } from '../../app/remote/losses';
import type { Made } from '../../app/remote/moveElsewhere';
import { toRemote } from '../../app/remote/toRemote';
import type { Servings } from '../../app/servings';
import type { BackendServings, ServingStore } from '../../app/servingStore';
import type { Operation } from '../../core/backend';
import { ServingError } from '../../core/errors';
import type { KafkaBroker } from '../../core/kafka';
import { t } from '../../core/l10n';
import type { ModelRef } from '../../core/model';
import { freeName } from '../../core/names';
import type { Serving, ServingRef } from '../../core/serving';
import { withOperation } from '../../platform/progress';
import { placeOf } from './places';
import type { CommandId } from './ids';

export interface HopsworksMoveParts {
  readonly registry: BackendRegistry;
  readonly servings: Servings;
  readonly store: ServingStore;
  readonly models: ModelStore;
  readonly prompts: Prompts;
  readonly kafka: { readonly broker: Pick<KafkaBroker, 'connection'> };
  readonly findScripts: (folder: string) => Promise<readonly string[]>;
  /** Writes a model version of a connection's registry into a folder. */
  readonly download: (connection: string, model: ModelRef, folder: string, operation: Operation) => Promise<void>;
  readonly followPanel: (from: ServingRef, to: ServingRef) => void;
  readonly run: (id: CommandId, ...args: unknown[]) => Promise<void>;
}

/** Says what does not exist there, and moves: to a project on Hopsworks, or from there to this computer. */
export async function moveHopsworks(
  parts: HopsworksMoveParts,
  serving: Serving,
  target: BackendServings,
  watched: (operation: Operation) => Operation,
): Promise<ServingRef> {
  const { ref } = serving;
  const { backend } = target;
  const prepared = backend.remote ? await there(parts, serving, target) : await here(parts, serving, target);
  await parts.prompts.choose(
    t('Move {0} to {1}?', ref.name, backend.label),
    detailOf(prepared, serving, backend.label),
    [t('Move')],
  );
  const moved = await withOperation(t('Moving {0} to {1}', ref.name, backend.label), (operation) =>
    parts.servings.moveElsewhere(ref, backend.id, prepared.make, watched(operation)),
  );
  parts.followPanel(ref, moved);
  // Not awaited: the message may stay.
  void offerRemoval(parts, ref, moved, backend.label);
  return moved;
}

interface Prepared {
  readonly name: string;
  /** What is done, and what is lost. */
  readonly notes: readonly string[];
  readonly losses: readonly string[];
  readonly make: (operation: Operation) => Promise<Made>;
}

async function there(
  parts: HopsworksMoveParts,
  { ref, definition }: Serving,
  { backend }: BackendServings,
): Promise<Prepared> {
  const place = await placeOf(parts, backend.id);
  const folder = parts.store.folderOf(ref) ?? '';
  await parts.models.refresh();
  const made = toRemote(definition, place, { folder, models: parts.models.of(folder) });
  const wrong = place.offer.refusal ?? place.offer.check(made) ?? (await place.check(made));
  if (wrong !== undefined) {
    throw new ServingError('invalid', t('Could not move {0} to {1}: {2}', ref.name, backend.label, wrong));
  }
  const { name, version } = made.model;
  const isNew = made.remote?.upload?.model !== undefined;
  return {
    name: made.name,
    notes: [
      isNew
        ? t('{0} v{1} is exported to the registry', name, version)
        : t('{0} v{1} is in the registry already, and that one is served', name, version),
      t('The script is uploaded'),
    ],
    losses: lossesThere(definition, place),
    make: () => Promise.resolve({ definition: made }),
  };
}

async function here(parts: HopsworksMoveParts, serving: Serving, target: BackendServings): Promise<Prepared> {
  const { registry, store, models, findScripts } = parts;
  const { ref, definition } = serving;
  const { backend, folder } = target;
  const { remote } = registry.get(ref.backend);
  if (!folder || !remote || backend.kind === 'hopsworks') {
    throw new ServingError(
      'unavailable',
      t('Could not move {0} to {1}: it is no place of this computer', ref.name, backend.label),
    );
  }
  await models.refresh();
  const scripts = (await findScripts(folder.path))
    .map((file) => toWorkspacePath(folder.path, file))
    .filter((path) => path !== undefined);
  const inFolder = store.backends().filter((each) => each.folder?.path === folder.path);
  const same = target.servings.find((each) => each.ref.name === ref.name && each.state === 'stopped');
  const hasBroker = parts.kafka.broker.connection() !== undefined;
  const around = { folder: folder.path, models: models.of(folder.path), scripts, hasBroker };
  const found = await toLocal(definition, backend.kind, around);
  const taken = inFolder.flatMap(({ servings }) => servings.map((each) => each.ref.name));
  const made = { ...found, definition: { ...found.definition, name: freeName(ref.name, taken) } };
  const { name, version } = definition.model;
  const connection = ref.backend.slice('hopsworks:'.length);
  const download = (model: ModelRef, operation: Operation): Promise<void> =>
    parts.download(connection, model, folder.path, operation);
  return same
    ? {
        name: ref.name,
        notes: [t('The serving of that name is there already: it is started as it is')],
        losses: [],
        make: () => Promise.resolve({}),
      }
    : {
        name: made.definition.name,
        notes: [
          found.lacks.model
            ? t('{0} v{1} is downloaded from the registry', name, version)
            : t('{0} v{1} is here already, and that one is served', name, version),
          found.lacks.script ? t('The script is downloaded') : t('The script is {0}', made.definition.script),
        ],
        losses: lossesHere(definition, around.hasBroker),
        make: async (operation) => ({
          definition: made.definition,
          takeBack: await fetchLacking(definition, made, { ...around, remote, download }, operation),
        }),
      };
}

function detailOf({ name, notes, losses }: Prepared, { ref, state }: Serving, label: string): string {
  const runs = state === 'running' || state === 'idle';
  return [
    ...notes.map((note) => `${note}.`),
    ...(name === ref.name ? [] : [t('Its name there is {0}.', name)]),
    runs
      ? t('The one that answers now is stopped once the new one is ready. It stays, stopped.')
      : t('It is created there, and not started. The one that is here stays.'),
    ...(losses.length === 0 ? [] : ['', t('There is not on {0}:', label), ...losses.map((loss) => `• ${loss}`)]),
  ].join('\n');
}

async function offerRemoval(
  { store, run }: HopsworksMoveParts,
  from: ServingRef,
  to: ServingRef,
  label: string,
): Promise<void> {
  const button = t('Delete the Old One…');
  const message = t('{0} is on {1} now. The one on {2} is kept, stopped.', to.name, label, store.labelOf(from));
  if ((await vscode.window.showInformationMessage(message, button)) === button) {
    await run('modelServing.serving.remove', from);
  }
}
