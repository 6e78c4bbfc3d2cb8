import path from 'node:path';
import * as vscode from 'vscode';
import { toRequestItems, type RequestItem, type TextSpan } from '../../app/requests/requestItems';
import { REQUESTS_SUFFIX } from '../../app/requests/requestsFiles';
import type { SavedRequest } from '../../app/requests/requestsText';
import { Disposables, type Disposable } from '../../core/disposables';
import { isNodeError, messageOf } from '../../core/errors';
import { Emitter } from '../../core/events';
import { t } from '../../core/l10n';

export interface RequestTestsPorts {
  find(): Promise<readonly vscode.Uri[]>;
  /** Rejects when it cannot be read. */
  read(file: string): Promise<string>;
  /** Calls back when a file of requests was made, changed or deleted. */
  watch(onChange: () => void): Disposable;
  /** Which serving answers the requests of a file, for its row: a few words; empty while nobody knows. */
  served(file: string): Promise<string>;
}

/** Id of the controller: the manifest's menus ask for it. */
const CONTROLLER = 'modelServingRequests';
/** After the last key. */
const TYPING_MS = 250;

/** The requests files of the workspace in the Test Explorer, as they are on disk, or in an editor before they are saved. */
export class RequestTests implements Disposable {
  private readonly owned = new Disposables();
  readonly controller = this.owned.add(vscode.tests.createTestController(CONTROLLER, t('Model Serving Requests')));
  private readonly changed = this.owned.add(new Emitter<vscode.TestItem>());
  /** Tells files whose requests are not what they were. */
  readonly onDidChange = this.changed.event;
  private readonly requests = new WeakMap<vscode.TestItem, RequestItem>();
  private readonly texts = new WeakMap<vscode.TestItem, string>();
  private readonly timers = new Map<string, NodeJS.Timeout>();
  /** Whether anybody asked for the tests of the whole workspace. */
  private isWanted = false;

  constructor(private readonly ports: RequestTestsPorts) {
    this.controller.resolveHandler = (item) => (item ? this.load(item) : this.find());
    this.controller.refreshHandler = () => this.find();
    const { onDidOpenTextDocument, onDidChangeTextDocument, onDidCloseTextDocument } = vscode.workspace;
    this.owned.add(onDidOpenTextDocument(({ uri }) => void this.look(uri)));
    this.owned.add(
      onDidChangeTextDocument(({ document: { uri } }) => {
        this.soon(uri);
      }),
    );
    this.owned.add(
      onDidCloseTextDocument(({ uri }) => {
        this.soon(uri);
      }),
    );
    this.owned.add(ports.watch(() => void (this.isWanted ? this.find() : this.lookAgain())));
    vscode.workspace.textDocuments.forEach(({ uri }) => void this.look(uri));
  }

  dispose(): void {
    this.timers.forEach(clearTimeout);
    this.owned.dispose();
  }

  /** The files that are known; all of the workspace once somebody has asked for these. */
  files(): readonly vscode.TestItem[] {
    return itemsOf(this.controller.items);
  }

  requestOf(item: vscode.TestItem): SavedRequest | undefined {
    return this.requests.get(item)?.request;
  }

  /** Finds the files of the workspace, and reads those again whose requests are known. */
  async find(): Promise<void> {
    this.isWanted = true;
    const uris = await this.ports.find();
    const found = new Set(uris.map((uri) => uri.toString()));
    this.files()
      .filter(({ id, uri }) => !found.has(id) && uri !== undefined && documentOf(uri) === undefined)
      .forEach(({ id }) => {
        this.controller.items.delete(id);
      });
    uris.forEach((uri) => this.fileItem(uri));
    await this.lookAgain();
  }

  /** Reads what a file holds now. */
  async load(file: vscode.TestItem): Promise<void> {
    const { uri } = file;
    if (uri === undefined || file.parent !== undefined) {
      return;
    }
    try {
      this.fill(file, documentOf(uri)?.getText() ?? (await this.ports.read(uri.fsPath)));
    } catch (error) {
      if (isNodeError(error) && error.code === 'ENOENT') {
        this.controller.items.delete(file.id);
      } else {
        this.texts.delete(file);
        file.error = messageOf(error);
      }
    }
    await this.describe(file);
  }

  /** Says again by which servings the files are served. */
  async describeAll(): Promise<void> {
    await Promise.all(this.files().map((file) => this.describe(file)));
  }

  private async describe(file: vscode.TestItem): Promise<void> {
    const { fsPath = '' } = file.uri ?? {};
    const served = await this.ports.served(fsPath);
    // A screen reader says the description in place of the label, so that it has the whole name.
    const description = [path.basename(fsPath), served].filter((part) => part !== '').join(' · ');
    if (file.description !== description) {
      file.description = description;
    }
  }

  private async lookAgain(): Promise<void> {
    await Promise.all(this.files().map((file) => (this.texts.has(file) ? this.load(file) : this.describe(file))));
  }

  private soon(uri: vscode.Uri): void {
    if (isRequestsFile(uri)) {
      const key = uri.toString();
      clearTimeout(this.timers.get(key));
      this.timers.set(
        key,
        setTimeout(() => {
          this.timers.delete(key);
          void this.look(uri);
        }, TYPING_MS),
      );
    }
  }

  /** One that is open shows its tests beside its lines, whether or not the Test Explorer was ever open. */
  private async look(uri: vscode.Uri): Promise<void> {
    if (isRequestsFile(uri)) {
      await this.load(this.fileItem(uri));
    }
  }

  private fileItem(uri: vscode.Uri): vscode.TestItem {
    const known = this.controller.items.get(uri.toString());
    if (known) {
      return known;
    }
    const item = this.controller.createTestItem(uri.toString(), path.basename(uri.fsPath, REQUESTS_SUFFIX), uri);
    item.canResolveChildren = true;
    this.controller.items.add(item);
    return item;
  }

  private fill(file: vscode.TestItem, text: string): void {
    if (this.texts.get(file) === text) {
      return;
    }
    this.texts.set(file, text);
    const { items, problem } = toRequestItems(text);
    file.error = problem;
    if (problem !== undefined) {
      // While somebody types: what was there stays, with its results.
      this.changed.fire(file);
      return;
    }
    const changed: vscode.TestItem[] = [];
    const children = items.map((each, index) => {
      // Of no other file: menus know a test by its own id alone.
      const id = `${file.id}#${each.id}`;
      const item = file.children.get(id) ?? this.controller.createTestItem(id, each.label, file.uri);
      const before = this.requests.get(item);
      if (before !== undefined && JSON.stringify(before.request) !== JSON.stringify(each.request)) {
        changed.push(item);
      }
      this.requests.set(item, each);
      item.label = each.label;
      item.range = toRange(each.span);
      item.error = each.problem;
      item.sortText = String(index).padStart(6, '0');
      return item;
    });
    file.children.replace(children);
    if (changed.length > 0) {
      this.controller.invalidateTestResults(changed);
    }
    this.changed.fire(file);
  }
}

export function itemsOf(collection: vscode.TestItemCollection): readonly vscode.TestItem[] {
  return [...collection].map(([, item]) => item);
}

function isRequestsFile(uri: vscode.Uri): boolean {
  return (
    uri.scheme === 'file' &&
    uri.fsPath.endsWith(REQUESTS_SUFFIX) &&
    vscode.workspace.getWorkspaceFolder(uri) !== undefined
  );
}

function documentOf(uri: vscode.Uri): vscode.TextDocument | undefined {
  return vscode.workspace.textDocuments.find((each) => each.uri.toString() === uri.toString() && !each.isClosed);
}

function toRange({ start, end }: TextSpan): vscode.Range {
  return new vscode.Range(start.line, start.character, end.line, end.character);
}
