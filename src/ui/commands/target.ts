import type * as vscode from 'vscode';
import { ServingError } from '../../core/errors';
import type { ServingAction } from '../../core/actions';
import type { ModelRef, ModelVersion } from '../../core/model';
import type { Folders, WorkspaceFolder } from '../../core/ports';
import { refKey, type BackendId, type Serving, type ServingRef } from '../../core/serving';
import { BACK, type Prompts } from '../../app/prompts';
import type { ModelStore } from '../../app/modelStore';
import type { ServingStore } from '../../app/servingStore';
import { t } from '../../core/l10n';
import { modelsOf, toText, type DraggedModel } from '../tree/dropped';
import type { RemoteVersion } from '../tree/node';
import { stateLook, stateWord } from '../tree/stateWords';

/** What is selected in the views; a key that is pressed there hands over nothing. */
export interface Selected {
  selectedServings(): readonly ServingRef[];
  selectedVersion(): ModelVersion | undefined;
}

/** What a command is about to do, as the title of its question and as the beginning of what it fails with. */
export interface Purpose {
  readonly title: string;
  readonly failed: string;
}

/** Finds out what a command is for: from what it was called with, else by asking. */
export class Targets {
  constructor(
    private readonly folders: Folders,
    private readonly servings: ServingStore,
    private readonly models: ModelStore,
    private readonly prompts: Prompts,
    private readonly selected: Selected,
  ) {}

  /** Servings that were named, of several those that allow the action; else one that is asked for among these. */
  async servingsFor(action: ServingAction, purpose: Purpose, args: readonly unknown[]): Promise<readonly Serving[]> {
    const byKey = isByKey(args[0]);
    const named = byKey ? this.selected.selectedServings() : refsOf(args);
    if (named.length > 0) {
      await this.loaded();
      const servings = named.map((ref) => this.existing(ref));
      return servings.length > 1 || byKey ? this.able(servings, action, purpose) : servings;
    }
    if (byKey) {
      throw new ServingError('notFound', t('{0}: no serving is selected', purpose.failed));
    }
    return [await this.askServing(action, purpose)];
  }

  async servingFor(action: ServingAction, purpose: Purpose, args: readonly unknown[]): Promise<Serving> {
    const [first] = await this.servingsFor(action, purpose, args);
    if (!first) {
      throw ServingError.cancelled(purpose.title);
    }
    return first;
  }

  async versionFor(purpose: Purpose, args: readonly unknown[]): Promise<ModelVersion> {
    const byKey = isByKey(args[0]);
    const named = byKey ? this.selected.selectedVersion() : versionOf(args[0]);
    if (byKey && !named) {
      throw new ServingError('notFound', t('{0}: none is selected', purpose.failed));
    }
    if (named) {
      return named;
    }
    await this.models.refresh();
    const meant = this.versionOfServing(args);
    if (meant) {
      return meant;
    }
    const versions = this.models.folders().flatMap(({ models }) => models.flatMap((model) => model.versions));
    if (versions.length === 0) {
      throw new ServingError('notFound', t('{0}: there is no model yet', purpose.failed), {
        remedies: [{ kind: 'exportModel' }],
      });
    }
    const chosen = await this.prompts.pick({
      title: purpose.title,
      placeholder: t('Which model version?'),
      choices: versions.map((version) => ({
        label: version.name,
        description: t('version {0}', version.version),
        icon: 'package',
        value: version,
      })),
    });
    if (chosen === BACK) {
      throw ServingError.cancelled(purpose.title);
    }
    return chosen;
  }

  /** The open folder that a file lies in, else the only one, else the one that is asked for. */
  async folderFor(purpose: Purpose, file?: string): Promise<WorkspaceFolder> {
    const open = this.folders.list();
    const holder =
      file === undefined
        ? undefined
        : open.filter(({ path }) => isBelow(path, file)).sort((a, b) => b.path.length - a.path.length)[0];
    const only = open.length === 1 ? open[0] : undefined;
    const known = holder ?? only;
    if (known) {
      return known;
    }
    if (open.length === 0) {
      throw new ServingError('notFound', t('{0}: no folder is open', purpose.failed));
    }
    const chosen = await this.prompts.pick({
      title: purpose.title,
      placeholder: t('In which folder?'),
      choices: open.map((folder) => ({ label: folder.name, description: folder.path, icon: 'folder', value: folder })),
    });
    if (chosen === BACK) {
      throw ServingError.cancelled(purpose.title);
    }
    return chosen;
  }

  private async askServing(action: ServingAction, purpose: Purpose): Promise<Serving> {
    await this.servings.refresh();
    const all = this.servings.all();
    const fit = all.filter((serving) => this.servings.actions(serving).includes(action));
    if (fit.length === 0) {
      throw new ServingError(
        'notFound',
        all.length === 0
          ? t('{0}: there is none yet', purpose.failed)
          : t('{0}: none of the {1} allows it now', purpose.failed, all.length),
      );
    }
    const chosen = await this.prompts.pick({
      title: purpose.title,
      placeholder: t('Which serving?'),
      choices: fit.map((serving) => ({ label: serving.ref.name, description: stateWord(serving), value: serving })),
    });
    if (chosen === BACK) {
      throw ServingError.cancelled(purpose.title);
    }
    return chosen;
  }

  private able(servings: readonly Serving[], action: ServingAction, purpose: Purpose): readonly Serving[] {
    const able = servings.filter((serving) => this.servings.actions(serving).includes(action));
    if (able.length === 0) {
      const states = servings.map((serving) =>
        t('{0} is {1}', serving.ref.name, stateLook(serving).word.toLowerCase()),
      );
      throw new ServingError('conflict', `${purpose.failed}: ${states.slice(0, 5).join(', ')}`);
    }
    return able;
  }

  /** The model version that a serving's panel names. */
  private versionOfServing([model, target]: readonly unknown[]): ModelVersion | undefined {
    const folder = refsOf([target]).map((ref) => this.servings.folderOf(ref))[0];
    if (folder === undefined || !isModelRef(model)) {
      return undefined;
    }
    const found = this.models.of(folder).find(({ name }) => name === model.name);
    return found?.versions.find(({ version }) => version === model.version);
  }

  private existing(ref: ServingRef): Serving {
    const serving = this.servings.serving(ref);
    if (!serving) {
      throw new ServingError('notFound', t('There is no serving named {0} any more', ref.name));
    }
    return serving;
  }

  private async loaded(): Promise<void> {
    if (!this.servings.isLoaded) {
      await this.servings.refresh();
    }
  }
}

/**
 * Refs in what a command was called with: a ref, a node, a node with all the selected ones. A row that is clicked without
 * being selected comes with the selection of others, too: then it alone is meant.
 */
export function refsOf(args: readonly unknown[]): readonly ServingRef[] {
  const [first, second] = args;
  const clicked = refOf(first);
  const selected = Array.isArray(second) ? second.map(refOf).filter((ref) => ref !== undefined) : [];
  const isAmong = clicked === undefined || selected.some((ref) => refKey(ref) === refKey(clicked));
  return selected.length > 0 && isAmong ? selected : clicked === undefined ? [] : [clicked];
}

function refOf(value: unknown): ServingRef | undefined {
  if (typeof value !== 'object' || value === null) {
    return undefined;
  }
  if ('backend' in value && 'name' in value && typeof value.backend === 'string' && typeof value.name === 'string') {
    return { backend: value.backend as ServingRef['backend'], name: value.name };
  }
  return 'ref' in value ? refOf(value.ref) : undefined;
}

/** Whether a key was pressed in a view: the manifest's key bindings say so. */
function isByKey(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'selection' in value && value.selection === true;
}

/** The backend that something was dropped on. */
export function placeOf(value: unknown): BackendId | undefined {
  const place: unknown = typeof value === 'object' && value !== null && 'place' in value ? value.place : undefined;
  return typeof place === 'string' ? (place as BackendId) : undefined;
}

/** The model version of a folder that was dropped. */
export function draggedModelOf(value: unknown): DraggedModel | undefined {
  const model: unknown = typeof value === 'object' && value !== null && 'model' in value ? value.model : undefined;
  return modelsOf(toText([model as DraggedModel]))[0];
}

function versionOf(value: unknown): ModelVersion | undefined {
  return typeof value === 'object' && value !== null && 'version' in value && typeof value.version === 'object'
    ? (value.version as ModelVersion)
    : undefined;
}

function isModelRef(value: unknown): value is ModelRef {
  return (
    typeof value === 'object' &&
    value !== null &&
    'name' in value &&
    'version' in value &&
    typeof value.version === 'number'
  );
}

/** The id of the connection whose row, or a row below it, a menu hands over. */
export function connectionOf(value: unknown): string | undefined {
  const id: unknown =
    typeof value === 'object' && value !== null && 'connection' in value ? value.connection : undefined;
  return typeof id === 'string' ? id : undefined;
}

/** The version of a registry that a row stands for. */
export function remoteOf(value: unknown): RemoteVersion | undefined {
  const remote = typeof value === 'object' && value !== null && 'remote' in value ? value.remote : undefined;
  return typeof remote === 'object' && remote !== null ? (remote as RemoteVersion) : undefined;
}

/** The file that a menu hands over: of the Explorer or the editor its address, of a tree the node that has one. */
export function fileOf(value: unknown): string | undefined {
  const uri = (typeof value === 'object' && value !== null && 'uri' in value ? value.uri : value) as
    vscode.Uri | undefined;
  return typeof uri?.fsPath === 'string' && uri.scheme === 'file' ? uri.fsPath : undefined;
}

function isBelow(folder: string, file: string): boolean {
  return (
    file === folder ||
    file.startsWith(
      folder.endsWith('/') || folder.endsWith('\\') ? folder : `${folder}${file.includes('\\') ? '\\' : '/'}`,
    )
  );
}
