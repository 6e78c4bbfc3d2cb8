import type { Disposable } from '../core/disposables';
import { Disposables } from '../core/disposables';
import { messageOf } from '../core/errors';
import { Emitter } from '../core/events';
import type { Logger } from '../core/log';
import type { Model } from '../core/model';
import type { Folders, WorkspaceFolder } from '../core/ports';

/** What was last read of one workspace folder. */
export interface FolderModels {
  readonly folder: WorkspaceFolder;
  readonly models: readonly Model[];
  /** Why the last reading failed. */
  readonly error?: string;
}

export interface ModelStoreParts {
  readonly folders: Folders;
  /** Reads the models of a folder: absolute path; the first ones are told beforehand where there are many. */
  readonly read: (folder: string, onFirst: (models: readonly Model[]) => void) => Promise<readonly Model[]>;
  /** Calls back when something below `Models` changes. */
  readonly watch: (folder: string, onChange: () => void) => Disposable;
  readonly log: Logger;
}

/** The last known models of the open folders, read again when their files change. */
export class ModelStore implements Disposable {
  private readonly known = new Map<string, FolderModels>();
  /** Folders that were read to their end. */
  private readonly complete = new Set<string>();
  private readonly reading = new Map<string, Promise<void>>();
  private readonly stale = new Set<string>();
  private readonly watched = new Map<string, Disposable>();
  private readonly changed = new Emitter<void>();
  readonly onDidChange = this.changed.event;
  private readonly owned = new Disposables();

  constructor(private readonly parts: ModelStoreParts) {
    this.owned.add(
      parts.folders.onDidChange(() => {
        void this.refresh();
      }),
    );
  }

  folders(): readonly FolderModels[] {
    return this.parts.folders.list().map((folder) => this.known.get(folder.path) ?? { folder, models: [] });
  }

  of(folder: string): readonly Model[] {
    return this.known.get(folder)?.models ?? [];
  }

  get isLoaded(): boolean {
    return this.parts.folders.list().every(({ path }) => this.complete.has(path));
  }

  /** Reads the folders again; resolves when they are known. Never rejects. */
  async refresh(): Promise<void> {
    const folders = this.parts.folders.list();
    this.follow(folders);
    await Promise.all(folders.map((folder) => this.read(folder)));
  }

  dispose(): void {
    this.owned.dispose();
    this.watched.forEach((each) => {
      each.dispose();
    });
    this.watched.clear();
    this.changed.dispose();
  }

  /** One reading of a folder at a time; what changes meanwhile is read after it. */
  private read(folder: WorkspaceFolder): Promise<void> {
    const under = this.reading.get(folder.path);
    if (under) {
      this.stale.add(folder.path);
      return under;
    }
    const done = (async () => {
      do {
        this.stale.delete(folder.path);
        await this.readOnce(folder);
      } while (this.stale.has(folder.path) && !this.owned.isDisposed);
      this.reading.delete(folder.path);
    })();
    this.reading.set(folder.path, done);
    return done;
  }

  private async readOnce(folder: WorkspaceFolder): Promise<void> {
    try {
      const models = await this.parts.read(folder.path, (first) => {
        // Later readings replace what is shown in one piece.
        if (!this.known.has(folder.path)) {
          this.publish({ folder, models: first });
        }
      });
      this.complete.add(folder.path);
      this.publish({ folder, models });
    } catch (error) {
      this.parts.log.warn(`could not read the models of ${folder.name}: ${messageOf(error)}`);
      this.complete.add(folder.path);
      this.publish({ folder, models: this.of(folder.path), error: messageOf(error) });
    }
  }

  private publish(next: FolderModels): void {
    if (!this.owned.isDisposed && this.watched.has(next.folder.path)) {
      this.known.set(next.folder.path, next);
      this.changed.fire();
    }
  }

  private follow(folders: readonly WorkspaceFolder[]): void {
    const open = new Set(folders.map(({ path }) => path));
    for (const [path, watcher] of this.watched) {
      if (!open.has(path)) {
        watcher.dispose();
        this.watched.delete(path);
        this.known.delete(path);
        this.complete.delete(path);
      }
    }
    for (const folder of folders) {
      if (!this.watched.has(folder.path)) {
        this.watched.set(
          folder.path,
          this.parts.watch(folder.path, () => void this.read(folder)),
        );
      }
    }
  }
}
