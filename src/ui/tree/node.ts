import * as vscode from 'vscode';
import { t } from '../../core/l10n';
import type { ModelVersion } from '../../core/model';
import type { RegistryVersion } from '../../core/registry';
import type { BackendId, ServingRef } from '../../core/serving';

/** A model version in the registry of a connection. */
export interface RemoteVersion {
  readonly connection: string;
  readonly version: RegistryVersion;
}

/** An element of a tree as it is at a moment. Its id says who it is over refreshes. */
export interface Node {
  readonly id: string;
  readonly parent?: Node;
  /** The file that it stands for. */
  readonly uri?: vscode.Uri;
  /** What commands are called with. */
  readonly ref?: ServingRef;
  readonly version?: ModelVersion;
  readonly remote?: RemoteVersion;
  /** Id of the connection that it belongs to. */
  readonly connection?: string | undefined;
  /** The backend that it is or belongs to: what is dropped on it is meant for there. */
  readonly place?: BackendId;
  toItem(): vscode.TreeItem;
  /** Made when somebody looks at it; for a text that is short, the item's own does. */
  tooltip?(): vscode.MarkdownString;
  /** Absent for leaves. What is not known yet may come as a promise; no I/O that is not bounded. */
  children?(): readonly Node[] | Promise<readonly Node[]>;
}

/** What VS Code holds of a node: it stays the same while the nodes are made anew, so a click always finds its node. */
export class Row {
  constructor(
    public node: Node,
    readonly parent: Row | undefined,
  ) {}

  get id(): string {
    return this.node.id;
  }

  get uri(): vscode.Uri | undefined {
    return this.node.uri;
  }

  get ref(): ServingRef | undefined {
    return this.node.ref;
  }

  get version(): ModelVersion | undefined {
    return this.node.version;
  }

  get remote(): RemoteVersion | undefined {
    return this.node.remote;
  }

  get connection(): string | undefined {
    return this.node.connection;
  }

  get place(): BackendId | undefined {
    return this.node.place;
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
  readonly tooltip?: string;
  /** What a screen reader says after label and description. */
  readonly spoken?: string;
  readonly command?: vscode.Command;
}

/** A tree item whose state is in words for a screen reader, too. */
export function makeItem(look: ItemLook): vscode.TreeItem {
  const item = new vscode.TreeItem(look.label, look.state ?? vscode.TreeItemCollapsibleState.None);
  const said = look.description ? `${look.label}, ${look.description.replaceAll(' · ', ', ')}` : look.label;
  item.accessibilityInformation = { label: look.spoken ? `${said}. ${look.spoken}` : said };
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

/** The last row of a list that is shown in part. */
export function moreNode(id: string, parent: Node | undefined, label: string, command: vscode.Command): Node {
  return messageNode(id, parent, { label, icon: 'ellipsis', context: contextOf('message'), command });
}

/** "Show 500 more of 10,000". */
export function moreText(rest: number, page: number, all: number): string {
  return t('Show {0} more of {1}', Math.min(rest, page).toLocaleString(), all.toLocaleString());
}

/** A row is narrow: that its server could not be asked shows anyhow, and why matters. */
export function reasonOf(text: string): string {
  // A pattern, which each language has for how it begins to say what failed.
  const reason = text.replace(new RegExp(`^${t('Could not [^:]*: ')}`), '').replace(/^https?:\/\/\S+ /, '');
  return reason.charAt(0).toUpperCase() + reason.slice(1);
}
