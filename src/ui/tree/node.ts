import * as vscode from 'vscode';
import type { Disposable } from '../../core/disposables';
import type { Event } from '../../core/events';

/** An element of a tree. Its id says who it is over refreshes. */
export interface Node {
  readonly id: string;
  readonly parent?: Node;
  /** The file that it stands for. */
  readonly uri?: vscode.Uri;
  toItem(): vscode.TreeItem;
  /** Absent for leaves. What is not known yet may come as a promise; no I/O that is not bounded. */
  children?(): readonly Node[] | Promise<readonly Node[]>;
}

/** Shows nodes that are made anew from a store whenever it changed; it fetches nothing itself. */
export class NodeTree implements vscode.TreeDataProvider<Node>, Disposable {
  private readonly changed = new vscode.EventEmitter<undefined>();
  readonly onDidChangeTreeData = this.changed.event;
  private readonly subscription: Disposable;
  private timer: NodeJS.Timeout | undefined;
  private drawn: string | undefined;

  constructor(
    private readonly roots: () => readonly Node[],
    onDidChange: Event<void>,
    /** What of the nodes can be seen, as a text; without it every change is drawn. */
    private readonly lookOf?: (roots: readonly Node[]) => string,
  ) {
    this.subscription = onDidChange(() => {
      // Several changes in a row are drawn once.
      this.timer ??= setTimeout(() => {
        this.timer = undefined;
        this.draw();
      }, 50);
    });
  }

  getTreeItem(node: Node): vscode.TreeItem {
    const item = node.toItem();
    item.id = node.id;
    return item;
  }

  async getChildren(node?: Node): Promise<Node[]> {
    return [...(node ? ((await node.children?.()) ?? []) : this.roots())];
  }

  getParent(node: Node): Node | undefined {
    return node.parent;
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.subscription.dispose();
    this.changed.dispose();
  }

  /** Not when it would look the same: a click on a row that is being drawn comes without its node. */
  private draw(): void {
    const look = this.lookOf?.(this.roots());
    if (look === undefined || look !== this.drawn) {
      this.drawn = look;
      this.changed.fire(undefined);
    }
  }
}

export interface ItemLook {
  readonly label: string;
  readonly description?: string;
  readonly icon?: string;
  /** Id of a theme colour. */
  readonly color?: string;
  readonly state?: vscode.TreeItemCollapsibleState;
  /** Closed by `;`: `;serving;process;start;`. */
  readonly context?: string;
  readonly tooltip?: string | vscode.MarkdownString;
  readonly command?: vscode.Command;
}

/** A tree item whose state is in words for a screen reader, too. */
export function makeItem(look: ItemLook): vscode.TreeItem {
  const item = new vscode.TreeItem(look.label, look.state ?? vscode.TreeItemCollapsibleState.None);
  item.accessibilityInformation = {
    label: look.description ? `${look.label}, ${look.description.replaceAll(' · ', ', ')}` : look.label,
  };
  if (look.description !== undefined) {
    item.description = look.description;
  }
  if (look.icon !== undefined) {
    item.iconPath = new vscode.ThemeIcon(
      look.icon,
      look.color === undefined ? undefined : new vscode.ThemeColor(look.color),
    );
  }
  if (look.context !== undefined) {
    item.contextValue = look.context;
  }
  if (look.tooltip !== undefined) {
    item.tooltip = look.tooltip;
  }
  if (look.command) {
    item.command = look.command;
  }
  return item;
}

/** Tokens of a context value; menus ask for one by `/;start;/`. */
export function contextOf(...tokens: readonly string[]): string {
  return `;${tokens.join(';')};`;
}

/** A line that says something instead of an element: why there is nothing, what failed. */
export function messageNode(id: string, parent: Node | undefined, look: ItemLook): Node {
  return { id, ...(parent ? { parent } : {}), toItem: () => makeItem(look) };
}
