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
  await parts.prompts.choose(`Move ${ref.name} to ${backend.label}?`, detailOf(prepared, serving, backend.label), [
    'Move',
  ]);
  const moved = await withOperation(`Moving ${ref.name} to ${backend.label}`, (operation) =>
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
    throw new ServingError('invalid', `Could not move ${ref.name} to ${backend.label}: ${wrong}`);
  }
  const { name, version } = made.model;
  const isNew = made.remote?.upload?.model !== undefined;
  return {
    name: made.name,
    notes: [
      `${name} v${version} is ${isNew ? 'exported to the registry' : 'in the registry already, and that one is served'}`,
      'The script is uploaded',
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
      `Could not move ${ref.name} to ${backend.label}: it is no place of this computer`,
    );
  }
  await models.refresh();
  const scripts = (await findScripts(folder.path))
    .map((file) => toWorkspacePath(folder.path, file))
    .filter((path) => path !== undefined);
  const inFolder = store.backends().filter((each) => each.folder?.path === folder.path);
  const same = target.servings.find((each) => each.ref.name === ref.name && each.state === 'stopped');
  const around = { folder: folder.path, models: models.of(folder.path), scripts };
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
        notes: ['The serving of that name is there already: it is started as it is'],
        losses: [],
        make: () => Promise.resolve({}),
      }
    : {
        name: made.definition.name,
        notes: [
          `${name} v${version} is ${found.lacks.model ? 'downloaded from the registry' : 'here already, and that one is served'}`,
          found.lacks.script ? 'The script is downloaded' : `The script is ${made.definition.script}`,
        ],
        losses: lossesHere(definition),
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
    ...(name === ref.name ? [] : [`Its name there is ${name}.`]),
    runs
      ? 'The one that answers now is stopped once the new one is ready. It stays, stopped.'
      : 'It is created there, and not started. The one that is here stays.',
    ...(losses.length === 0 ? [] : ['', `There is not on ${label}:`, ...losses.map((loss) => `• ${loss}`)]),
  ].join('\n');
}

async function offerRemoval(
  { store, run }: HopsworksMoveParts,
  from: ServingRef,
  to: ServingRef,
  label: string,
): Promise<void> {
  const button = 'Delete the Old One…';
  const message = `${to.name} is on ${label} now. The one on ${store.labelOf(from)} is kept, stopped.`;
  if ((await vscode.window.showInformationMessage(message, button)) === button) {
    await run('modelServing.serving.remove', from);
  }
}
