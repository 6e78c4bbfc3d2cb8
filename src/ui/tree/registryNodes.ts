import * as vscode from 'vscode';
import type { KnownRegistry, RegistryModel, RegistryProblem } from '../../app/knownRegistry';
import { REGISTRY_PAGE } from '../../app/registryStore';
import { models as modelCount, versions as versionCount } from '../../core/counts';
import { t } from '../../core/l10n';
import type { RegistryVersion } from '../../core/registry';
import { FRAMEWORKS, round } from './modelNodes';
import { contextOf, makeItem, messageNode, moreNode, moreText, reasonOf, type Node, type RemoteVersion } from './node';

/** What the nodes ask of the store: to read what is opened. */
export interface RegistryReader {
  list(): readonly KnownRegistry[];
  open(connection: string): void;
  openModel(connection: string, name: string): void;
}

/** A node for each connection, with the models of its registry. */
export function registryNodes(store: RegistryReader): readonly Node[] {
  return store.list().map((known) => new RegistryNode(known, store));
}

class RegistryNode implements Node {
  readonly id: string;

  constructor(
    private readonly known: KnownRegistry,
    private readonly store: RegistryReader,
  ) {
    this.id = `registry:${known.connection.id}`;
  }

  /** What commands of connections are called with. */
  get connection(): string {
    return this.known.connection.id;
  }

  toItem(): vscode.TreeItem {
    const { connection, models, total, loaded, isLoading } = this.known;
    const { host } = new URL(connection.address);
    const count =
      models === undefined
        ? []
        : [loaded < total ? t('{0} versions', total.toLocaleString()) : modelCount(models.length)];
    return makeItem({
      label: `${connection.project} (${host})`,
      description: [...count, ...(isLoading && models !== undefined ? [t('reading')] : [])].join(' · '),
      icon: 'cloud',
      state: vscode.TreeItemCollapsibleState.Collapsed,
      context: contextOf('registry'),
      tooltip: t('Model registry of {0} at {1}', connection.project, connection.address),
    });
  }

  children(): readonly Node[] {
    const { connection, models, total, loaded, isLoading, problem } = this.known;
    if (models === undefined && problem === undefined) {
      this.store.open(connection.id);
      return [loadingNode(this)];
    }
    return [
      ...(problem === undefined ? [] : [problemNode(this, connection.id, problem)]),
      ...(models === undefined && isLoading ? [loadingNode(this)] : []),
      ...(models?.length === 0 ? [this.emptyNode()] : []),
      ...(models ?? []).map((model) => new RegistryModelNode(this, model, connection.id, this.store)),
      ...(loaded < total ? [this.moreNode(total - loaded, total)] : []),
    ];
  }

  private emptyNode(): Node {
    return messageNode(`${this.id}:empty`, this, {
      label: t('No models yet'),
      description: t('export a local version'),
      icon: 'info',
      tooltip: t('Nothing is registered there: right-click a local version, Export to Hopsworks'),
      context: contextOf('message'),
      command: { command: 'modelServing.registry.export', title: t('Export to Hopsworks…'), arguments: [] },
    });
  }

  private moreNode(rest: number, total: number): Node {
    const { connection, isLoading } = this.known;
    return isLoading
      ? loadingNode(this)
      : moreNode(`${this.id}:more`, this, t('{0} versions', moreText(rest, REGISTRY_PAGE, total)), {
          command: 'modelServing.registry.showMore',
          title: t('Show More'),
          arguments: [connection.id],
        });
  }
}

class RegistryModelNode implements Node {
  readonly id: string;

  constructor(
    readonly parent: RegistryNode,
    private readonly model: RegistryModel,
    readonly connection: string,
    private readonly store: RegistryReader,
  ) {
    this.id = `${parent.id}:${model.name}`;
  }

  toItem(): vscode.TreeItem {
    const { name, versions, isWhole } = this.model;
    const count = versions.length;
    return makeItem({
      label: name,
      description: isWhole ? versionCount(count) : '',
      icon: 'package',
      state: vscode.TreeItemCollapsibleState.Collapsed,
      context: contextOf('registryModel'),
      tooltip: versions[0]?.path.replace(/\/\d+$/, '') ?? name,
    });
  }

  children(): readonly Node[] {
    const { name, versions, problem } = this.model;
    this.store.openModel(this.connection, name);
    return [
      ...(problem === undefined ? [] : [problemNode(this, this.connection, problem)]),
      ...versions.map((version) => versionNode(this, { connection: this.connection, version })),
    ];
  }
}

function versionNode(parent: RegistryModelNode, remote: RemoteVersion): Node {
  const { version } = remote;
  const metric = Object.entries(version.metrics)[0];
  return {
    id: `${parent.id}:${version.version}`,
    parent,
    connection: remote.connection,
    remote,
    toItem: () =>
      makeItem({
        label: t('Version {0}', version.version),
        description: [
          ...(version.framework === undefined ? [] : [frameworkOf(version.framework)]),
          ...(metric ? [`${metric[0]} ${round(metric[1])}`] : []),
        ].join(' · '),
        icon: 'versions',
        context: contextOf('registryVersion'),
        tooltip: tooltipOf(version),
      }),
  };
}

function tooltipOf({ path, description, metrics, created, creator, tags }: RegistryVersion): string {
  return [
    path,
    ...(description === undefined ? [] : [description]),
    ...Object.entries(metrics).map(([name, value]) => `${name}: ${value}`),
    ...(created ? [registeredText(created.toLocaleString(), creator)] : []),
    ...Object.entries(tags ?? {}).map(([name, value]) => t('tag {0}: {1}', name, value)),
  ].join('\n');
}

function registeredText(when: string, creator: string | undefined): string {
  return creator === undefined ? t('registered {0}', when) : t('registered {0} by {1}', when, creator);
}

function frameworkOf(name: string): string {
  return (FRAMEWORKS as Readonly<Record<string, string>>)[name] ?? name;
}

function loadingNode(parent: Node): Node {
  return messageNode(`${parent.id}:loading`, parent, {
    label: t('Loading…'),
    icon: 'loading~spin',
    context: contextOf('message'),
  });
}

/** A click on it signs in, or finds out all that is missing. A row is narrow: whoever is signed out reads what to do. */
function problemNode(parent: Node, connection: string, { code, message }: RegistryProblem): Node {
  const isSignedOut = code === 'signedOut';
  return messageNode(`${parent.id}:error`, parent, {
    label: isSignedOut ? t('Sign In…') : reasonOf(message),
    icon: isSignedOut ? 'key' : 'error',
    color: isSignedOut ? 'list.warningForeground' : 'editorError.foreground',
    tooltip: [reasonOf(message), isSignedOut ? t('Click to sign in') : t('Click to test the connection')].join('\n'),
    context: contextOf('message'),
    command: isSignedOut
      ? { command: 'modelServing.connection.signIn', title: t('Sign In'), arguments: [connection] }
      : { command: 'modelServing.connection.test', title: t('Test Connection'), arguments: [connection] },
  });
}
