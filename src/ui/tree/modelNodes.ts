import * as vscode from 'vscode';
import type { ModelStore } from '../../app/modelStore';
import { models as modelCount, versions as versionCount } from '../../core/counts';
import { t } from '../../core/l10n';
import type { Framework, Model, ModelFile, ModelVersion } from '../../core/model';
import { contextOf, makeItem, messageNode, moreNode, moreText, type Node } from './node';

/** How many models are shown before the rest is asked for. */
const PAGE = 1000;

/** What the tree asks for when a version is opened. */
export interface ModelDetails {
  files(version: ModelVersion): Promise<readonly ModelFile[]>;
  /** Numbers of the artifacts, newest first, with their folders. */
  artifacts(version: ModelVersion): Promise<readonly { readonly number: number; readonly directory: string }[]>;
  /** How many servings use a script: absolute path. */
  servedBy(script: string): number;
}

export const FRAMEWORKS: Readonly<Record<Framework, string>> = {
  SKLEARN: 'scikit-learn',
  XGBOOST: 'XGBoost',
  LIGHTGBM: 'LightGBM',
  TORCH: 'PyTorch',
  ONNX: 'ONNX',
  TENSORFLOW: 'TensorFlow',
  PYTHON: 'Python',
};

/**
 * The roots of the Models view: the models, under their folder when several are open or there are registries beside them,
 * then the registries.
 */
export function modelRoots(
  store: ModelStore,
  details: ModelDetails,
  shown: { pages: number },
  registries: readonly Node[] = [],
): readonly Node[] {
  const folders = store.folders().filter(({ models, error }) => models.length > 0 || error !== undefined);
  if (folders.length + Math.min(1, registries.length) > 1) {
    const local = folders.map(({ folder, models, error }) =>
      folderNode(folder.name, folder.path, models, error, details, shown),
    );
    return [...local, ...registries];
  }
  const local = folders.flatMap(({ models, error }) => [
    ...(error === undefined ? [] : [errorNode('models', undefined, error)]),
    ...modelNodes(undefined, models, details, shown),
  ]);
  return [...local, ...registries];
}

function folderNode(
  name: string,
  path: string,
  models: readonly Model[],
  error: string | undefined,
  details: ModelDetails,
  shown: { pages: number },
): Node {
  const node: Node = {
    id: `folder:${path}`,
    toItem: () =>
      makeItem({
        label: name,
        description: modelCount(models.length),
        icon: 'folder-opened',
        state: vscode.TreeItemCollapsibleState.Expanded,
        context: contextOf('folder'),
      }),
    children: () => [
      ...(error === undefined ? [] : [errorNode(`folder:${path}`, node, error)]),
      ...modelNodes(node, models, details, shown),
    ],
  };
  return node;
}

function modelNodes(
  parent: Node | undefined,
  models: readonly Model[],
  details: ModelDetails,
  shown: { pages: number },
): readonly Node[] {
  const most = PAGE * shown.pages;
  const rest = models.length - most;
  return [
    ...models.slice(0, most).map((model) => modelNode(parent, model, details)),
    ...(rest > 0
      ? [
          moreNode(`${parent?.id ?? 'models'}:more`, parent, moreText(rest, PAGE, models.length), {
            command: 'modelServing.model.showMore',
            title: t('Show More'),
          }),
        ]
      : []),
  ];
}

function modelNode(parent: Node | undefined, model: Model, details: ModelDetails): Node {
  const node: Node = {
    id: `model:${model.directory}`,
    ...(parent ? { parent } : {}),
    toItem: () =>
      makeItem({
        label: model.name,
        description: versionCount(model.versions.length),
        icon: 'package',
        state: vscode.TreeItemCollapsibleState.Collapsed,
        context: contextOf('model'),
        tooltip: model.directory,
      }),
    children: () => model.versions.map((version) => new VersionNode(node, version, details)),
  };
  return node;
}

export class VersionNode implements Node {
  readonly id: string;

  constructor(
    readonly parent: Node,
    readonly version: ModelVersion,
    private readonly details: ModelDetails,
  ) {
    this.id = `version:${version.directory}`;
  }

  toItem(): vscode.TreeItem {
    const { framework, metrics, description, created } = this.version.metadata;
    const metric = Object.entries(metrics ?? {})[0];
    return makeItem({
      label: t('Version {0}', this.version.version),
      description: [
        ...(framework ? [FRAMEWORKS[framework]] : []),
        ...(metric ? [`${metric[0]} ${round(metric[1])}`] : []),
      ].join(' · '),
      icon: 'versions',
      state: vscode.TreeItemCollapsibleState.Collapsed,
      context: contextOf('version'),
      tooltip: [
        this.version.directory,
        ...(description ? [description] : []),
        ...Object.entries(metrics ?? {}).map(([name, value]) => `${name}: ${value}`),
        ...(created ? [t('created {0}', created)] : []),
      ].join('\n'),
    });
  }

  async children(): Promise<readonly Node[]> {
    const [files, artifacts] = await Promise.all([
      this.details.files(this.version),
      this.details.artifacts(this.version),
    ]);
    return [
      ...(files.some(({ kind }) => kind === 'script') ? [] : [this.missingScript()]),
      ...files.map((file) => this.file(file)),
      ...(artifacts.length > 0 ? [artifactsNode(this, artifacts)] : []),
    ];
  }

  private missingScript(): Node {
    return messageNode(`${this.id}:script`, this, {
      label: t('Create Predict Script'),
      icon: 'add',
      tooltip: t('No Predict script lies beside the model yet'),
      context: contextOf('message'),
      command: {
        command: 'modelServing.script.create',
        title: t('Create Predict Script'),
        arguments: [{ version: this.version }],
      },
    });
  }

  private file(file: ModelFile): Node {
    const script = file.kind === 'script';
    const served = script ? this.details.servedBy(file.path) : 0;
    const uri = vscode.Uri.file(file.path);
    return {
      id: `file:${file.path}`,
      parent: this,
      uri,
      toItem: () => {
        const item = makeItem({
          label: file.name,
          description: served > 0 ? `served · ${served}` : script ? '' : bytes(file.bytes),
          icon: ICONS[file.kind],
          context: contextOf('file', file.kind),
          tooltip: file.path,
          ...(file.kind === 'model' ? {} : { command: { command: 'vscode.open', title: t('Open'), arguments: [uri] } }),
        });
        item.resourceUri = uri;
        return item;
      },
    };
  }
}

const ICONS: Readonly<Record<ModelFile['kind'], string>> = {
  script: 'symbol-class',
  model: 'file-binary',
  requirements: 'list-unordered',
  metadata: 'json',
  other: 'file',
};

function artifactsNode(
  parent: VersionNode,
  artifacts: readonly { readonly number: number; readonly directory: string }[],
): Node {
  const node: Node = {
    id: `${parent.id}:artifacts`,
    parent,
    toItem: () =>
      makeItem({
        label: 'Artifacts',
        description: artifacts
          .map(({ number }) => number)
          .slice(0, 8)
          .join(', '),
        icon: 'layers',
        state: vscode.TreeItemCollapsibleState.Collapsed,
        context: contextOf('artifacts'),
      }),
    children: () =>
      artifacts.map(({ number, directory }) =>
        messageNode(`${parent.id}:artifact:${number}`, node, {
          label: t('Artifact {0}', number),
          icon: 'lock',
          tooltip: directory,
          context: contextOf('artifact'),
        }),
      ),
  };
  return node;
}

function errorNode(id: string, parent: Node | undefined, error: string): Node {
  return messageNode(`${id}:error`, parent, {
    label: error,
    icon: 'error',
    color: 'editorError.foreground',
    tooltip: error,
    context: contextOf('message'),
  });
}

export function round(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toPrecision(3).replace(/\.?0+$/, '');
}

function bytes(count: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  const power = Math.min(units.length - 1, count === 0 ? 0 : Math.floor(Math.log10(count) / 3));
  const value = count / 1000 ** power;
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[power] ?? ''}`;
}
