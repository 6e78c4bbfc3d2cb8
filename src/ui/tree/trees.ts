import * as vscode from 'vscode';
import type { ModelStore } from '../../app/modelStore';
import type { ServingStore } from '../../app/servingStore';
import { Disposables, type Disposable } from '../../core/disposables';
import { Emitter } from '../../core/events';
import type { ModelVersion } from '../../core/model';
import { modelRoots, type ModelDetails } from './modelNodes';
import { NodeTree, type Node } from './node';
import { servingLook, servingRoots } from './servingNodes';

/** The two views of the side bar. What is shown is kept fresh only while a view can be seen. */
export class Trees implements Disposable {
  private readonly owned = new Disposables();
  private readonly shown = { pages: 1 };
  private readonly modelsChanged = this.owned.add(new Emitter<void>());
  private readonly modelTree: NodeTree;
  private readonly modelView: vscode.TreeView<Node>;

  constructor(
    servings: ServingStore,
    private readonly models: ModelStore,
    private readonly details: ModelDetails,
  ) {
    const servingTree = this.owned.add(new NodeTree(() => servingRoots(servings), servings.onDidChange, servingLook));
    const servingView = this.owned.add(
      vscode.window.createTreeView('modelServing.servings', {
        treeDataProvider: servingTree,
        showCollapseAll: true,
        canSelectMany: true,
      }),
    );
    this.modelTree = this.owned.add(
      new NodeTree(() => modelRoots(models, details, this.shown), this.modelsChanged.event),
    );
    this.modelView = this.owned.add(
      vscode.window.createTreeView('modelServing.models', { treeDataProvider: this.modelTree, showCollapseAll: true }),
    );
    this.owned.add(
      models.onDidChange(() => {
        this.modelsChanged.fire();
      }),
    );
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
    this.watchWhileVisible(servingView, servings);
  }

  showMoreModels(): void {
    this.shown.pages++;
    this.modelsChanged.fire();
  }

  async revealVersion(version: ModelVersion): Promise<void> {
    const node = await this.find(version);
    if (node && this.modelView.visible) {
      await this.modelView.reveal(node, { select: true, focus: false, expand: true });
    }
  }

  dispose(): void {
    this.owned.dispose();
  }

  private async find(version: ModelVersion): Promise<Node | undefined> {
    const id = `version:${version.directory}`;
    const search = async (nodes: readonly Node[], depth: number): Promise<Node | undefined> => {
      for (const node of nodes) {
        if (node.id === id) {
          return node;
        }
        const below =
          depth > 0 &&
          (node.id.startsWith('folder:') ||
            node.id === `model:${vscode.Uri.joinPath(vscode.Uri.file(version.directory), '..').fsPath}`);
        const found = below ? await search((await node.children?.()) ?? [], depth - 1) : undefined;
        if (found) {
          return found;
        }
      }
      return undefined;
    };
    return search(modelRoots(this.models, this.details, this.shown), 2);
  }

  private watchWhileVisible(view: vscode.TreeView<Node>, servings: ServingStore): void {
    let watching: Disposable | undefined;
    const follow = (visible: boolean): void => {
      watching?.dispose();
      watching = visible ? servings.watch() : undefined;
    };
    follow(view.visible);
    this.owned.add(
      view.onDidChangeVisibility(({ visible }) => {
        follow(visible);
      }),
    );
    this.owned.add({
      dispose: () => {
        follow(false);
      },
    });
  }
}
