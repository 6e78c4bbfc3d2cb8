import * as vscode from 'vscode';
import type { ServingStore } from '../../app/servingStore';
import { Disposables, type Disposable } from '../../core/disposables';
import { Emitter } from '../../core/events';
import { t } from '../../core/l10n';
import type { ServingRef } from '../../core/serving';
import { filterOf, filterText, isFiltered } from './arrangement';
import type { Arranging } from './arranging';
import { failedBadge } from './counts';
import type { Row } from './node';
import { NodeTree } from './nodeTree';
import { servingRoots } from './servingRoots';

/** The Servings view. The servings are kept fresh only while it can be seen. */
export class ServingsView implements Disposable {
  private readonly owned = new Disposables();
  private readonly pages = new Map<string, number>();
  private readonly changed = this.owned.add(new Emitter<void>());
  private readonly view: vscode.TreeView<Row>;

  constructor(
    private readonly store: ServingStore,
    private readonly arranging: Arranging,
    dragAndDropController: vscode.TreeDragAndDropController<Row>,
  ) {
    const treeDataProvider = this.owned.add(
      new NodeTree(() => servingRoots(store, this.pages, arranging.current), this.changed.event),
    );
    this.view = this.owned.add(
      vscode.window.createTreeView('modelServing.servings', {
        treeDataProvider,
        showCollapseAll: true,
        canSelectMany: true,
        dragAndDropController,
      }),
    );
    for (const { onDidChange } of [store, arranging]) {
      this.owned.add(
        onDidChange(() => {
          this.changed.fire();
          this.showState();
        }),
      );
    }
    this.showState();
    this.watchWhileVisible();
  }

  /** The servings that are selected. */
  selection(): readonly ServingRef[] {
    return this.view.selection.map(({ ref }) => ref).filter((ref) => ref !== undefined);
  }

  /** More rows of a group, or more groups. */
  showMore(group: string): void {
    this.pages.set(group, (this.pages.get(group) ?? 1) + 1);
    this.changed.fire();
  }

  dispose(): void {
    this.owned.dispose();
  }

  /** What the view says beside its rows: the filter, and what has failed. */
  private showState(): void {
    const all = this.store.all();
    const { current } = this.arranging;
    const shown = isFiltered(current) ? all.filter(filterOf(current)).length : all.length;
    this.view.message = isFiltered(current) ? filterText(current, shown, all.length) : '';
    this.view.description = isFiltered(current) ? t('{0} of {1}', shown, all.length) : '';
    const badge = failedBadge(all);
    if (this.view.badge?.tooltip !== badge?.tooltip) {
      this.view.badge = badge;
    }
  }

  private watchWhileVisible(): void {
    let watching: Disposable | undefined;
    const follow = (visible: boolean): void => {
      watching?.dispose();
      watching = visible ? this.store.watch() : undefined;
    };
    follow(this.view.visible);
    this.owned.add(
      this.view.onDidChangeVisibility(({ visible }) => {
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
