import * as vscode from 'vscode';
import type { ServingStore } from '../../app/servingStore';
import type { ServingAction } from '../../core/actions';
import { t } from '../../core/l10n';
import type { Replica, Serving } from '../../core/serving';
import { formatAge } from './age';
import { contextOf, makeItem, messageNode, type Node } from './node';
import { servingTooltip } from './servingTooltip';
import { stateLook, stateWord } from './stateWords';

export class ServingNode implements Node {
  readonly id: string;

  constructor(
    readonly parent: Node,
    readonly serving: Serving,
    private readonly store: ServingStore,
    /** What its group does not say: "v1 · Docker"; also keeps it apart from itself in other groups. */
    private readonly more?: { readonly id: string; readonly description: string },
  ) {
    this.id = `${more ? `${more.id}/` : ''}serving:${serving.ref.backend}:${serving.ref.name}`;
  }

  /** What commands are called with. */
  get ref(): Serving['ref'] {
    return this.serving.ref;
  }

  /** Where it is: what is dropped on it is meant for there. */
  get place(): Serving['ref']['backend'] {
    return this.serving.ref.backend;
  }

  toItem(): vscode.TreeItem {
    const { serving, store } = this;
    const { icon, color } = stateLook(serving);
    const actions = store.actions(serving);
    return makeItem({
      label: serving.ref.name,
      description: [
        stateWord(serving, store.progress(serving.ref)),
        ...(serving.isOrphan ? [t('definition gone')] : []),
        ...(this.more ? [this.more.description] : []),
      ].join(' · '),
      icon,
      ...(color === undefined ? {} : { color }),
      state:
        this.replicas().length > 0 ? vscode.TreeItemCollapsibleState.Collapsed : vscode.TreeItemCollapsibleState.None,
      context: contextOf('serving', serving.kind, ...actions),
      spoken: spokenActions(actions),
      command: { command: 'modelServing.serving.open', title: t('Open'), arguments: [serving.ref] },
    });
  }

  tooltip(): vscode.MarkdownString {
    const entry = this.store.backends().find(({ backend }) => backend.id === this.serving.ref.backend);
    const detail = entry?.availability?.kind === 'ready' ? [entry.availability.detail] : [];
    return servingTooltip(
      this.serving,
      [entry?.backend.label ?? '', ...detail].join(', '),
      this.store.actions(this.serving),
    );
  }

  children(): readonly Node[] {
    return this.replicas().map((replica) => replicaNode(this, replica));
  }

  private replicas(): readonly Replica[] {
    return this.serving.run?.replicas ?? [];
  }
}

const replicaLooks = () =>
  ({
    starting: { icon: 'sync~spin', color: 'charts.blue', word: t('Starting') },
    ready: { icon: 'pass-filled', color: 'charts.green', word: t('Ready') },
    failed: { icon: 'error', color: 'editorError.foreground', word: t('Failed') },
    stopping: { icon: 'sync~spin', color: 'charts.blue', word: t('Stopping') },
  }) as const;

function replicaNode(parent: ServingNode, replica: Replica): Node {
  const { icon, color, word } = replicaLooks()[replica.state];
  const age = replica.startedAt ? [formatAge(Date.now() - replica.startedAt.getTime())] : [];
  const { restarts } = replica;
  const again = restarts === 0 ? [] : [restarts === 1 ? t('1 restart') : t('{0} restarts', restarts)];
  return messageNode(`${parent.id}:replica:${replica.number}`, parent, {
    label: t('replica {0}', replica.number),
    description: [word, ...age, ...again].join(' · '),
    icon,
    color,
    context: contextOf('replica', replica.state),
    ...(replica.lastFailure === undefined ? {} : { tooltip: replica.lastFailure }),
  });
}

/** What a screen reader says can be done; the buttons of a row are shown only under a pointer. */
function spokenActions(actions: readonly ServingAction[]): string {
  const words: Readonly<Partial<Record<ServingAction, string>>> = {
    start: t('Start'),
    stop: t('Stop'),
    restart: t('Restart'),
    adopt: t('Adopt'),
    logs: t('Show Logs'),
    remove: t('Delete'),
  };
  const said = Object.entries(words).flatMap(([action, word]) =>
    actions.includes(action as ServingAction) ? [word] : [],
  );
  return said.length === 0 ? '' : t('Actions: {0}', said.join(', '));
}
