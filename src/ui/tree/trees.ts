import * as vscode from 'vscode';
import type { ModelStore } from '../../app/modelStore';
import type { ServingStore } from '../../app/servingStore';
import { Disposables, type Disposable } from '../../core/disposables';
import { Emitter, type Event } from '../../core/events';
import type { ModelVersion } from '../../core/model';
import type { ServingRef } from '../../core/serving';
import type { Arranging } from './arranging';
import { ModelsDragAndDrop, ServingsDragAndDrop } from './dragAndDrop';
import { modelRoots, type ModelDetails } from './modelNodes';
import type { Row } from './node';
import { NodeTree } from './nodeTree';
import { registryNodes, type RegistryReader } from './registryNodes';
import { ServingsView } from './servingsView';

export interface TreeParts {
  readonly servings: ServingStore;
  readonly models: ModelStore;
  readonly details: ModelDetails;
  readonly registries: RegistryReader & { readonly onDidChange: Event<void> };
  readonly arranging: Arranging;
  /** Runs a command of ours. */
  readonly run: (id: string, ...args: unknown[]) => Promise<void>;
}

/** The two views of the side bar. */
export class Trees implements Disposable {
  private readonly owned = new Disposables();
  private readonly shown = { pages: 1 };
  private readonly modelsChanged = this.owned.add(new Emitter<void>());
  private readonly servingsView: ServingsView;
  private readonly modelTree: NodeTree;
  private readonly modelView: vscode.TreeView<Row>;

  constructor({ servings, models, details, registries, arranging, run }: TreeParts) {
    this.servingsView = this.owned.add(new ServingsView(servings, arranging, new ServingsDragAndDrop(run)));
    this.modelTree = this.owned.add(
      new NodeTree(() => modelRoots(models, details, this.shown, registryNodes(registries)), this.modelsChanged.event),
    );
    this.modelView = this.owned.add(
      vscode.window.createTreeView('modelServing.models', {
        treeDataProvider: this.modelTree,
        showCollapseAll: true,
        dragAndDropController: new ModelsDragAndDrop(run),
      }),
    );
    for (const { onDidChange } of [models, registries]) {
      this.owned.add(
        onDidChange(() => {
          this.modelsChanged.fire();
        }),
      );
    }
    // How often a script is served stands in the models' tree.
    let served = '';
    this.owned.add(
      servings.onDidChange(() => {
        const next = servings
          .all()
          .map(({ definition }) => definition.script)
          .sort()
          .join('\n');
        if (next !== served) {
          served = next;
          this.modelsChanged.fire();
        }
      }),
    );
  }

  /** The servings that are selected in their view. */
  selectedServings(): readonly ServingRef[] {
    return this.servingsView.selection();
  }

  /** The model version that is selected in its view. */
  selectedVersion(): ModelVersion | undefined {
    return this.modelView.selection[0]?.version;
  }

  showMoreModels(): void {
    this.shown.pages++;
    this.modelsChanged.fire();
  }

  showMoreServings(group: string): void {
    this.servingsView.showMore(group);
  }

  async revealVersion(version: ModelVersion): Promise<void> {
    const row = await this.find(version, await this.modelTree.getChildren());
    if (row && this.modelView.visible) {
      await this.modelView.reveal(row, { select: true, focus: false, expand: true });
    }
  }

  dispose(): void {
    this.owned.dispose();
  }

  private async find(version: ModelVersion, rows: readonly Row[]): Promise<Row | undefined> {
    const model = vscode.Uri.joinPath(vscode.Uri.file(version.directory), '..').fsPath;
    for (const row of rows) {
      if (row.version?.directory === version.directory) {
        return row;
      }
      const above = row.id.startsWith('folder:') || row.id === `model:${model}`;
      const found = above ? await this.find(version, await this.modelTree.getChildren(row)) : undefined;
      if (found) {
        return found;
      }
    }
    return undefined;
  }
}
