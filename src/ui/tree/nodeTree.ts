import * as vscode from 'vscode';
import type { Disposable } from '../../core/disposables';
import type { Event } from '../../core/events';
import { Row, type Node } from './node';

const ROOT = '';

/**
 * Shows nodes that are made anew from a store whenever it changed; it fetches nothing itself. Only rows that look
 * different are drawn again: while a row is drawn, VS Code does not know what a click on it or below it means.
 */
export class NodeTree implements vscode.TreeDataProvider<Row>, Disposable {
  private readonly changed = new vscode.EventEmitter<Row[] | undefined>();
  readonly onDidChangeTreeData = this.changed.event;
  private readonly subscription: Disposable;
  private timer: NodeJS.Timeout | undefined;
  private readonly rows = new Map<string, Row>();
  /** Ids of the children that VS Code has, by id of their parent. */
  private readonly below = new Map<string, readonly string[]>();
  private readonly looks = new Map<string, string>();

  constructor(
    private readonly roots: () => readonly Node[],
    onDidChange: Event<void>,
  ) {
    this.subscription = onDidChange(() => {
      // Several changes in a row are drawn once.
      this.timer ??= setTimeout(() => {
        this.timer = undefined;
        this.draw();
      }, 50);
    });
  }

  getTreeItem(row: Row): vscode.TreeItem {
    const item = row.node.toItem();
    item.id = row.id;
    this.looks.set(row.id, lookOf(item));
    return item;
  }

  /** Asked for when somebody looks at a row: what it says is of that moment. */
  resolveTreeItem(item: vscode.TreeItem, row: Row): vscode.TreeItem {
    const tooltip = row.node.tooltip?.();
    if (tooltip) {
      item.tooltip = tooltip;
    }
    return item;
  }

  async getChildren(row?: Row): Promise<Row[]> {
    const nodes = row ? ((await row.node.children?.()) ?? []) : this.roots();
    this.forget(row?.id ?? ROOT, new Set(nodes.map(({ id }) => id)));
    this.below.set(
      row?.id ?? ROOT,
      nodes.map(({ id }) => id),
    );
    return nodes.map((node) => this.rowOf(node, row));
  }

  getParent(row: Row): Row | undefined {
    return row.parent;
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.subscription.dispose();
    this.changed.dispose();
  }

  private draw(): void {
    const different: Row[] = [];
    if (!this.compare(ROOT, this.roots(), different)) {
      this.changed.fire(undefined);
    } else if (different.length > 0) {
      this.changed.fire(different);
    }
  }

  /** Puts the nodes into their rows and collects the rows to draw; false when there are others than VS Code has. */
  private compare(parent: string, nodes: readonly Node[], different: Row[]): boolean {
    const known = this.below.get(parent);
    if (known?.length !== nodes.length || nodes.some(({ id }, index) => id !== known[index])) {
      return false;
    }
    for (const node of nodes) {
      const row = this.rows.get(node.id);
      if (row) {
        row.node = node;
        if (this.looksDifferent(node) || !this.sameBelow(node, different)) {
          different.push(row);
        }
      }
    }
    return true;
  }

  private looksDifferent(node: Node): boolean {
    const drawn = this.looks.get(node.id);
    return drawn !== undefined && drawn !== lookOf(node.toItem());
  }

  private sameBelow(node: Node, different: Row[]): boolean {
    if (!this.below.has(node.id)) {
      return true;
    }
    const children = node.children?.() ?? [];
    // What has to be read from disk is read when VS Code asks for it.
    return Array.isArray(children) && this.compare(node.id, children as readonly Node[], different);
  }

  private rowOf(node: Node, parent: Row | undefined): Row {
    const known = this.rows.get(node.id);
    if (known) {
      known.node = node;
      return known;
    }
    const row = new Row(node, parent);
    this.rows.set(node.id, row);
    return row;
  }

  /** Rows below a parent that are there no more, and all below them. */
  private forget(parent: string, kept: ReadonlySet<string>): void {
    for (const id of this.below.get(parent) ?? []) {
      if (!kept.has(id)) {
        this.forget(id, new Set());
        this.below.delete(id);
        this.rows.delete(id);
        this.looks.delete(id);
      }
    }
  }
}

/** What can be seen of an item. */
function lookOf({ label, description, contextValue, collapsibleState, iconPath, tooltip }: vscode.TreeItem): string {
  return JSON.stringify([label, description, contextValue, collapsibleState, iconPath, tooltip]);
}
