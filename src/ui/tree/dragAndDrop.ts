import * as vscode from 'vscode';
import type { BackendId, ServingRef } from '../../core/serving';
import {
  addressesOf,
  FILES_MIME,
  modelsOf,
  MODELS_MIME,
  SERVINGS_MIME,
  servingsOf,
  toText,
  type DraggedModel,
} from './dropped';
import type { Row } from './node';

/** Runs a command of ours; it tells itself what went wrong. */
type Run = (id: string, ...args: unknown[]) => Promise<void>;

type Dragging = vscode.TreeDragAndDropController<Row>;

/** On a place: a model is served there, a serving moves there. */
export class ServingsDragAndDrop implements Dragging {
  /** VS Code adds that of the view. */
  readonly dragMimeTypes = [];
  readonly dropMimeTypes = [SERVINGS_MIME, MODELS_MIME, FILES_MIME];

  constructor(private readonly run: Run) {}

  handleDrag(rows: readonly Row[], data: vscode.DataTransfer): void {
    const refs = rows.map(({ ref }) => ref).filter((ref) => ref !== undefined);
    if (refs.length > 0) {
      data.set(SERVINGS_MIME, new vscode.DataTransferItem(toText(refs)));
    }
  }

  async handleDrop(target: Row | undefined, data: vscode.DataTransfer): Promise<void> {
    const place = target?.place;
    const refs = (await textsOf(data, SERVINGS_MIME)).flatMap(servingsOf);
    if (refs.length > 0) {
      await this.move(refs, place);
      return;
    }
    const models = (await textsOf(data, MODELS_MIME)).flatMap(modelsOf);
    const scripts = models.length > 0 ? [] : (await filesOf(data)).filter(({ path }) => path.endsWith('.py'));
    for (const model of [...models, ...scripts.map((uri) => ({ uri }))]) {
      await this.run('modelServing.serving.create', { ...toTarget(model), ...(place === undefined ? {} : { place }) });
    }
  }

  private async move(refs: readonly ServingRef[], place: BackendId | undefined): Promise<void> {
    for (const ref of place === undefined ? [] : refs.filter(({ backend }) => backend !== place)) {
      await this.run('modelServing.serving.moveTo', ref, { place });
    }
  }
}

/** A version or its script can be dragged to a place; a file that is dropped here is exported. */
export class ModelsDragAndDrop implements Dragging {
  readonly dragMimeTypes = [];
  readonly dropMimeTypes = [FILES_MIME];

  constructor(private readonly run: Run) {}

  handleDrag(rows: readonly Row[], data: vscode.DataTransfer): void {
    const models = rows.map(draggedOf).filter((model) => model !== undefined);
    data.set(MODELS_MIME, new vscode.DataTransferItem(toText(models)));
  }

  async handleDrop(_target: Row | undefined, data: vscode.DataTransfer): Promise<void> {
    // What is dragged within the view is a model already.
    for (const uri of data.get(MODELS_MIME) ? [] : await filesOf(data)) {
      await this.run('modelServing.model.export', uri);
    }
  }
}

function draggedOf({ node }: Row): DraggedModel | undefined {
  const isScript = node.uri?.fsPath.endsWith('.py') === true;
  const version = node.version ?? (isScript ? node.parent?.version : undefined);
  return (
    version && {
      folder: version.folder,
      name: version.name,
      version: version.version,
      ...(isScript ? { script: node.uri.fsPath } : {}),
    }
  );
}

function toTarget(dropped: DraggedModel | { readonly uri: vscode.Uri }): object {
  if ('uri' in dropped) {
    return dropped;
  }
  const { script, ...model } = dropped;
  return { model, ...(script === undefined ? {} : { uri: vscode.Uri.file(script) }) };
}

/** Of one kind there can be several: what VS Code itself says of a drag from another view, and what that view says. */
async function textsOf(data: vscode.DataTransfer, mime: string): Promise<readonly string[]> {
  const items = [...data].flatMap(([kind, item]) => (kind === mime ? [item] : []));
  return Promise.all(items.map((item) => item.asString()));
}

async function filesOf(data: vscode.DataTransfer): Promise<readonly vscode.Uri[]> {
  return (await textsOf(data, FILES_MIME))
    .flatMap(addressesOf)
    .map((address) => vscode.Uri.parse(address, true))
    .filter(({ scheme }) => scheme === 'file');
}
