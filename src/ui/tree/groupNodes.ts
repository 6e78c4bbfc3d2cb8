import * as vscode from 'vscode';
import type { BackendServings, ServingStore } from '../../app/servingStore';
import { t } from '../../core/l10n';
import type { BackendId, Serving } from '../../core/serving';
import { type Arrangement, sorted } from './arrangement';
import { countText } from './counts';
import { contextOf, makeItem, moreNode, moreText, type ItemLook, type Node } from './node';
import { connectionId, problems } from './problemNodes';
import { ServingNode } from './servingNodes';

/** How many rows a group shows before it asks. */
const PAGE = 500;

/** What the groups are made from. */
export interface Layout {
  readonly store: ServingStore;
  readonly arrangement: Arrangement;
  /** How many pages of a group are shown, where it is more than one. */
  readonly pages: ReadonlyMap<string, number>;
  /** Several folders are open: a place of one says which. */
  readonly several: boolean;
}

const ICONS = { process: 'device-desktop', docker: 'server', hopsworks: 'cloud' } as const;

/** A place with its servings, and with what is wrong there. */
export class BackendNode implements Node {
  readonly id: string;

  constructor(
    private readonly entry: BackendServings,
    /** Those that are shown. */
    private readonly servings: readonly Serving[],
    private readonly layout: Layout,
  ) {
    this.id = `backend:${entry.backend.id}`;
  }

  /** What commands of connections are called with. */
  get connection(): string | undefined {
    return connectionId(this.entry);
  }

  /** What is dropped on it is meant for here. */
  get place(): BackendId {
    return this.entry.backend.id;
  }

  toItem(): vscode.TreeItem {
    const { backend, folder, availability, servings } = this.entry;
    const where = this.layout.several && folder ? [folder.name] : [];
    const detail = availability?.kind === 'ready' ? [availability.detail] : [];
    const count = servings.length === 0 && backend.kind !== 'hopsworks' ? t('no servings') : countText(servings);
    return makeItem({
      label: backend.label,
      // A row is narrow: what runs must not be cut off.
      description: [...where, ...(count === '' ? [] : [count]), ...detail].join(' · '),
      icon: ICONS[backend.kind],
      // Also while it is empty: one that had nothing to open stays closed in some editors when something comes.
      state: vscode.TreeItemCollapsibleState.Expanded,
      context: contextOf('backend', backend.kind),
      ...(availability && availability.kind !== 'ready' ? { tooltip: availability.message } : {}),
    });
  }

  children(): readonly Node[] {
    const { store, arrangement } = this.layout;
    return [
      ...problems(this, this.id, this.entry),
      ...paged(this, this.place, sorted(this.servings, arrangement.order), this.layout, (serving) => {
        return new ServingNode(this, serving, store);
      }),
    ];
  }
}

/** Servings of any place that have something in common. */
export class GroupNode implements Node {
  constructor(
    readonly id: string,
    private readonly look: ItemLook,
    private readonly servings: readonly Serving[],
    private readonly layout: Layout,
    /** What a row says beside its state. */
    private readonly describe: (serving: Serving) => string,
  ) {}

  toItem(): vscode.TreeItem {
    return makeItem({
      ...this.look,
      state: vscode.TreeItemCollapsibleState.Expanded,
      context: contextOf('group'),
    });
  }

  children(): readonly Node[] {
    const { store, arrangement } = this.layout;
    return paged(this, this.id, sorted(this.servings, arrangement.order), this.layout, (serving) => {
      return new ServingNode(this, serving, store, { id: this.id, description: this.describe(serving) });
    });
  }
}

/** As many of them as are to be shown, and a row that shows more; `key` says whose pages are counted. */
export function paged<T>(
  parent: Node | undefined,
  key: string,
  all: readonly T[],
  { pages }: Layout,
  make: (each: T) => Node,
): readonly Node[] {
  const most = PAGE * (pages.get(key) ?? 1);
  return [
    ...all.slice(0, most).map(make),
    ...(all.length > most
      ? [
          moreNode(`${parent?.id ?? key}:more`, parent, moreText(all.length - most, PAGE, all.length), {
            command: 'modelServing.serving.showMore',
            title: t('Show More'),
            arguments: [key],
          }),
        ]
      : []),
  ];
}
