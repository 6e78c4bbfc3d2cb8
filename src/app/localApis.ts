import { Disposables, type Disposable } from '../core/disposables';
import { messageOf, ServingError } from '../core/errors';
import { Emitter } from '../core/events';
import { t } from '../core/l10n';
import type { Logger } from '../core/log';
import type { Folders, Trust, WorkspaceFolder } from '../core/ports';

/** How often a window looks whether the one that has the API has ended: milliseconds. */
const LOOK_MS = 5000;

/** Where the local Hopsworks API of a folder is, and what a client needs of it. */
export interface ApiPlace {
  readonly address: string;
  readonly port: number;
  readonly project: string;
  readonly projectId: number;
  /** project__user. */
  readonly user: string;
  /** The workspace folder. */
  readonly folder: string;
  readonly apiKeyFile: string;
  /** The PEM file of its certificate. */
  readonly certificate: string;
  /** The folder with our Python packages for clients. */
  readonly clients: string;
}

export interface OpenedApi {
  readonly place: ApiPlace;
  close(): Promise<void>;
}

export interface LocalApiParts {
  readonly folders: Folders;
  readonly trust: Trust;
  /** Rejects with `conflict` when another window or program has it. */
  open(folder: WorkspaceFolder): Promise<OpenedApi>;
  /** Where it is when another window or program has it. */
  elsewhere(folder: WorkspaceFolder): Promise<ApiPlace | undefined>;
  /** Whether it is to run: kept on the disk, so that a window that is opened again starts it. */
  readonly wanted: {
    get(folder: WorkspaceFolder): Promise<boolean>;
    set(folder: WorkspaceFolder, isWanted: boolean): Promise<void>;
  };
  readonly log: Logger;
}

/** The local Hopsworks APIs of this window, one for each folder at the most; they come back when the window does. */
export class LocalApis implements Disposable {
  private readonly open = new Map<string, Promise<OpenedApi>>();
  private readonly known = new Map<string, ApiPlace>();
  private readonly changed = new Emitter<void>();
  readonly onDidChange = this.changed.event;
  private readonly owned = new Disposables();
  private readonly timers = new Map<string, NodeJS.Timeout>();
  private isDisposed = false;

  constructor(private readonly parts: LocalApiParts) {
    this.owned.add(
      parts.folders.onDidChange(() => {
        this.follow();
      }),
    );
    this.owned.add(
      parts.trust.onDidGrant(() => {
        this.follow();
      }),
    );
    this.owned.add(this.changed);
    this.follow();
  }

  /** Those that this window runs. */
  list(): readonly ApiPlace[] {
    return [...this.known.values()];
  }

  of(folder: string): ApiPlace | undefined {
    return this.known.get(folder);
  }

  /** Resolves with where it is, also when it runs in this window already. */
  async start(folder: WorkspaceFolder): Promise<ApiPlace> {
    if (!this.parts.trust.isTrusted) {
      throw new ServingError(
        'untrusted',
        t('Could not start the local Hopsworks API: clients would run code of this workspace, which is not trusted'),
        { remedies: [{ kind: 'trust' }] },
      );
    }
    const place = await this.opened(folder);
    await this.parts.wanted.set(folder, true);
    return place;
  }

  /** That of another window or program as well; started where there is none. */
  async find(folder: WorkspaceFolder): Promise<ApiPlace> {
    try {
      return await this.start(folder);
    } catch (error) {
      const isElsewhere = error instanceof ServingError && error.code === 'conflict';
      const place = isElsewhere ? await this.parts.elsewhere(folder) : undefined;
      if (place === undefined) {
        throw error;
      }
      return place;
    }
  }

  /** What clients have started goes on; whether there was one. */
  async stop(folder: WorkspaceFolder): Promise<boolean> {
    await this.parts.wanted.set(folder, false);
    return this.close(folder.path);
  }

  dispose(): void {
    this.isDisposed = true;
    this.owned.dispose();
    for (const folder of [...this.open.keys(), ...this.timers.keys()]) {
      void this.close(folder);
    }
  }

  /** Starts what is wanted in the folders that are open, ends what belongs to others. */
  private follow(): void {
    const folders = this.parts.folders.list();
    for (const path of this.open.keys()) {
      if (!folders.some((folder) => folder.path === path)) {
        void this.close(path);
      }
    }
    for (const folder of folders) {
      void this.resume(folder);
    }
  }

  private async resume(folder: WorkspaceFolder): Promise<void> {
    this.forget(folder.path);
    try {
      if (this.isDisposed || !this.parts.trust.isTrusted || !(await this.parts.wanted.get(folder))) {
        return;
      }
      await this.opened(folder);
    } catch (error) {
      if (error instanceof ServingError && error.code === 'conflict') {
        // Another window has it; before a reload that was this one.
        this.lookLater(folder);
      } else {
        this.parts.log.warn(`the local Hopsworks API did not come back: ${messageOf(error)}`);
      }
    }
  }

  private lookLater(folder: WorkspaceFolder): void {
    if (!this.isDisposed && this.parts.folders.list().some(({ path }) => path === folder.path)) {
      const timer = setTimeout(() => void this.resume(folder), LOOK_MS);
      timer.unref();
      this.timers.set(folder.path, timer);
    }
  }

  private forget(path: string): void {
    clearTimeout(this.timers.get(path));
    this.timers.delete(path);
  }

  private async opened(folder: WorkspaceFolder): Promise<ApiPlace> {
    this.forget(folder.path);
    let opening = this.open.get(folder.path);
    if (opening === undefined) {
      opening = this.parts.open(folder);
      this.open.set(folder.path, opening);
    }
    try {
      const { place } = await opening;
      if (this.open.get(folder.path) === opening) {
        this.known.set(folder.path, place);
        this.changed.fire();
      }
      return place;
    } catch (error) {
      if (this.open.get(folder.path) === opening) {
        this.open.delete(folder.path);
      }
      throw error;
    }
  }

  private async close(path: string): Promise<boolean> {
    this.forget(path);
    const opening = this.open.get(path);
    this.open.delete(path);
    this.known.delete(path);
    if (opening === undefined) {
      return false;
    }
    try {
      await (await opening).close();
    } catch (error) {
      this.parts.log.warn(messageOf(error));
    }
    if (!this.isDisposed) {
      this.changed.fire();
    }
    return true;
  }
}
