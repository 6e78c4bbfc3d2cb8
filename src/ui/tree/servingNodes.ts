import * as vscode from 'vscode';
import type { BackendServings, ServingStore } from '../../app/servingStore';
import type { Availability } from '../../core/backend';
import type { Replica, Serving } from '../../core/serving';
import { contextOf, makeItem, messageNode, moreNode, moreText, reasonOf, type Node } from './node';
import { formatAge } from './age';
import { servingTooltip } from './servingTooltip';
import { stateLook, stateWord } from './stateWords';

/** How many servings a group shows before it asks. */
const PAGE = 500;
const COLLATOR = new Intl.Collator();

/** The roots of the Servings view: the backends, each with its servings; nothing while there is no serving, so that the welcome shows. */
export function servingRoots(store: ServingStore, pages: ReadonlyMap<string, number> = new Map()): readonly Node[] {
  const backends = store.backends();
  const isShown = ({ backend, servings, error }: BackendServings): boolean =>
    servings.length > 0 || error !== undefined || backend.kind === 'hopsworks';
  if (!backends.some(isShown)) {
    return [];
  }
  const several = new Set(backends.flatMap(({ folder }) => (folder ? [folder.path] : []))).size > 1;
  return backends.filter(isShown).map((entry) => new BackendNode(entry, several, store, pages));
}

const ICONS = { process: 'device-desktop', docker: 'package', hopsworks: 'cloud' } as const;

class BackendNode implements Node {
  readonly id: string;

  constructor(
    private readonly entry: BackendServings,
    private readonly several: boolean,
    private readonly store: ServingStore,
    /** How many pages of a backend are shown, where it is more than one. */
    private readonly pages: ReadonlyMap<string, number>,
  ) {
    this.id = `backend:${entry.backend.id}`;
  }

  /** What commands of connections are called with. */
  get connection(): string | undefined {
    const { id, kind } = this.entry.backend;
    return kind === 'hopsworks' ? id.slice('hopsworks:'.length) : undefined;
  }

  toItem(): vscode.TreeItem {
    const { backend, folder, availability } = this.entry;
    const where = this.several && folder ? [folder.name] : [];
    const detail = availability?.kind === 'ready' ? [availability.detail] : [];
    return makeItem({
      label: backend.label,
      description: [...where, ...detail].join(' · '),
      icon: ICONS[backend.kind],
      state: vscode.TreeItemCollapsibleState.Expanded,
      context: contextOf('backend', backend.kind),
      ...(availability && availability.kind !== 'ready' ? { tooltip: availability.message } : {}),
    });
  }

  children(): readonly Node[] {
    const { servings, error, availability } = this.entry;
    const { id } = this.entry.backend;
    const most = PAGE * (this.pages.get(id) ?? 1);
    const shown = [...servings].sort((a, b) => COLLATOR.compare(a.ref.name, b.ref.name)).slice(0, most);
    return [
      ...problems(this, error, availability, this.connection),
      ...shown.map((serving) => new ServingNode(this, serving, this.store)),
      ...(servings.length > most
        ? [
            moreNode(`${this.id}:more`, this, moreText(servings.length - most, PAGE, servings.length), {
              command: 'modelServing.serving.showMore',
              title: 'Show More',
              arguments: [id],
            }),
          ]
        : []),
    ];
  }
}

export class ServingNode implements Node {
  readonly id: string;

  constructor(
    readonly parent: Node,
    readonly serving: Serving,
    private readonly store: ServingStore,
  ) {
    this.id = `serving:${serving.ref.backend}:${serving.ref.name}`;
  }

  /** What commands are called with. */
  get ref(): Serving['ref'] {
    return this.serving.ref;
  }

  toItem(): vscode.TreeItem {
    const { serving, store } = this;
    const { icon, color } = stateLook(serving);
    return makeItem({
      label: serving.ref.name,
      description: `${stateWord(serving, store.progress(serving.ref))}${serving.isOrphan ? ' · definition gone' : ''}`,
      icon,
      ...(color === undefined ? {} : { color }),
      state:
        this.replicas().length > 0 ? vscode.TreeItemCollapsibleState.Collapsed : vscode.TreeItemCollapsibleState.None,
      context: contextOf('serving', serving.kind, ...store.actions(serving)),
      tooltip: servingTooltip(serving),
      command: { command: 'modelServing.serving.open', title: 'Open', arguments: [serving.ref] },
    });
  }

  children(): readonly Node[] {
    return this.replicas().map((replica) => replicaNode(this, replica));
  }

  private replicas(): readonly Replica[] {
    return this.serving.run?.replicas ?? [];
  }
}

const REPLICA_LOOKS = {
  starting: { icon: 'sync~spin', color: 'charts.blue', word: 'Starting' },
  ready: { icon: 'pass-filled', color: 'charts.green', word: 'Ready' },
  failed: { icon: 'error', color: 'editorError.foreground', word: 'Failed' },
  stopping: { icon: 'sync~spin', color: 'charts.blue', word: 'Stopping' },
} as const;

function replicaNode(parent: ServingNode, replica: Replica): Node {
  const { icon, color, word } = REPLICA_LOOKS[replica.state];
  const age = replica.startedAt ? [formatAge(Date.now() - replica.startedAt.getTime())] : [];
  const restarts =
    replica.restarts > 0 ? [`${replica.restarts} ${replica.restarts === 1 ? 'restart' : 'restarts'}`] : [];
  return messageNode(`${parent.id}:replica:${replica.number}`, parent, {
    label: `replica ${replica.number}`,
    description: [word, ...age, ...restarts].join(' · '),
    icon,
    color,
    context: contextOf('replica', replica.state),
    ...(replica.lastFailure === undefined ? {} : { tooltip: replica.lastFailure }),
  });
}

/** Why a place cannot be used is why its servings cannot be listed: it is said once. */
function problems(
  parent: Node,
  error: string | undefined,
  availability: Availability | undefined,
  connection: string | undefined,
): readonly Node[] {
  if (availability?.kind === 'signedOut' && connection !== undefined) {
    return [signInNode(parent, availability.message, connection)];
  }
  const reason = availability && availability.kind !== 'ready' ? availability.message : undefined;
  const isSame = connection !== undefined && reason !== undefined;
  return [
    ...(error === undefined || isSame ? [] : [problemNode(parent, 'error', error, connection)]),
    ...(reason === undefined ? [] : [problemNode(parent, 'warning', reason, connection)]),
  ];
}

function signInNode(parent: Node, text: string, connection: string): Node {
  const isFirst = text.includes('nobody is signed in');
  return messageNode(`${parent.id}:warning`, parent, {
    label: isFirst ? 'Sign in…' : 'Sign in again…',
    description: reasonOf(text),
    icon: 'key',
    color: 'list.warningForeground',
    tooltip: text,
    context: contextOf('message'),
    command: { command: 'modelServing.connection.signIn', title: 'Sign In', arguments: [connection] },
  });
}

function problemNode(parent: Node, icon: 'error' | 'warning', text: string, connection?: string): Node {
  return messageNode(`${parent.id}:${icon}`, parent, {
    label: connection === undefined ? text : reasonOf(text),
    icon,
    color: icon === 'error' ? 'editorError.foreground' : 'list.warningForeground',
    tooltip: text,
    context: contextOf('message'),
    command:
      connection === undefined
        ? { command: 'modelServing.doctor.run', title: 'Run Checks' }
        : { command: 'modelServing.connection.test', title: 'Test Connection', arguments: [connection] },
  });
}

/** How many run and how many failed, for the view's title; a row with it would be drawn again with each of them. */
export function countText(servings: readonly Serving[]): string {
  const running = servings.filter(({ state }) => state === 'running').length;
  const failed = servings.filter(({ state }) => state === 'failed').length;
  return [...(running > 0 ? [`${running} running`] : []), ...(failed > 0 ? [`${failed} failed`] : [])].join(', ');
}
