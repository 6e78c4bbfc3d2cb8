import * as vscode from 'vscode';
import type { ModelStore } from '../../app/modelStore';
import type { ServingStore } from '../../app/servingStore';
import { Disposables, type Disposable } from '../../core/disposables';
import { Emitter, type Event } from '../../core/events';
import type { ModelVersion } from '../../core/model';
import { modelRoots, type ModelDetails } from './modelNodes';
import type { Row } from './node';
import { NodeTree } from './nodeTree';
import { registryNodes, type RegistryReader } from './registryNodes';
import { countText, servingRoots } from './servingNodes';

/** The two views of the side bar. What is shown is kept fresh only while a view can be seen. */
export class Trees implements Disposable {
  private readonly owned = new Disposables();
  private readonly shown = { pages: 1 };
  private readonly servingPages = new Map<string, number>();
  private readonly servingsChanged = this.owned.add(new Emitter<void>());
  private readonly modelsChanged = this.owned.add(new Emitter<void>());
  private readonly modelTree: NodeTree;
  private readonly modelView: vscode.TreeView<Row>;

  constructor(
    servings: ServingStore,
    private readonly models: ModelStore,
    private readonly details: ModelDetails,
    private readonly registries: RegistryReader & { readonly onDidChange: Event<void> },
  ) {
    const servingTree = this.owned.add(
      new NodeTree(() => servingRoots(servings, this.servingPages), this.servingsChanged.event),
    );
    this.owned.add(
      servings.onDidChange(() => {
        this.servingsChanged.fire();
      }),
    );
    const servingView = this.owned.add(
      vscode.window.createTreeView('modelServing.servings', {
        treeDataProvider: servingTree,
        showCollapseAll: true,
        canSelectMany: true,
      }),
    );
    this.modelTree = this.owned.add(
      new NodeTree(
        () => modelRoots(models, details, this.shown, registryNodes(this.registries)),
        this.modelsChanged.event,
      ),
    );
    this.modelView = this.owned.add(
      vscode.window.createTreeView('modelServing.models', { treeDataProvider: this.modelTree, showCollapseAll: true }),
    );
    this.owned.add(
      servings.onDidChange(() => {
        servingView.description = countText(servings.all());
      }),
    );
    this.owned.add(
      models.onDidChange(() => {
        this.modelsChanged.fire();
      }),
    );
    this.owned.add(
      registries.onDidChange(() => {
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

  showMoreServings(backend: string): void {
    this.servingPages.set(backend, (this.servingPages.get(backend) ?? 1) + 1);
    this.servingsChanged.fire();
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

  private watchWhileVisible(view: vscode.TreeView<Row>, servings: ServingStore): void {
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
