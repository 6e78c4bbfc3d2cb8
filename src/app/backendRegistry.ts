import type { Backend } from '../core/backend';
import type { Disposable } from '../core/disposables';
import { ServingError } from '../core/errors';
import { Emitter, type Event } from '../core/events';
import { t } from '../core/l10n';
import type { Folders, WorkspaceFolder } from '../core/ports';
import type { BackendId } from '../core/serving';

/** A backend and the workspace folder whose servings it runs; a backend of its own place has none. */
export interface RegisteredBackend {
  readonly backend: Backend;
  readonly folder?: WorkspaceFolder;
}

/** Backends that belong to no folder; whoever gives them disposes them. */
export interface PlacesElsewhere {
  list(): readonly Backend[];
  readonly onDidChange: Event<void>;
}

/** The backends of this window: those of each open folder, made and disposed as folders come and go, and those elsewhere. */
export class BackendRegistry implements Disposable {
  private readonly byFolder = new Map<string, readonly RegisteredBackend[]>();
  private readonly changed = new Emitter<void>();
  readonly onDidChange = this.changed.event;
  private readonly subscriptions: readonly Disposable[];

  constructor(
    private readonly folders: Folders,
    private readonly make: (folder: WorkspaceFolder) => readonly Backend[],
    private readonly elsewhere?: PlacesElsewhere,
  ) {
    this.follow();
    const tell = (): void => {
      this.follow();
      this.changed.fire();
    };
    this.subscriptions = [folders.onDidChange(tell), ...(elsewhere ? [elsewhere.onDidChange(tell)] : [])];
  }

  all(): readonly RegisteredBackend[] {
    const others = this.elsewhere?.list() ?? [];
    return [...[...this.byFolder.values()].flat(), ...others.map((backend) => ({ backend }))];
  }

  /** Rejects an id that no open folder has with `notFound`. */
  get(id: BackendId): Backend {
    const found = this.all().find(({ backend }) => backend.id === id);
    if (!found) {
      const what = id.startsWith('hopsworks:')
        ? t('The connection of this serving is gone')
        : t('The folder of this serving is no longer open');
      throw new ServingError('notFound', what);
    }
    return found.backend;
  }

  folderOf(id: BackendId): WorkspaceFolder | undefined {
    return this.all().find(({ backend }) => backend.id === id)?.folder;
  }

  dispose(): void {
    this.subscriptions.forEach((each) => {
      each.dispose();
    });
    this.changed.dispose();
    for (const { backend } of [...this.byFolder.values()].flat()) {
      backend.dispose();
    }
    this.byFolder.clear();
  }

  private follow(): void {
    const open = new Map(this.folders.list().map((folder) => [folder.path, folder]));
    for (const [path, registered] of this.byFolder) {
      if (!open.has(path)) {
        registered.forEach(({ backend }) => {
          backend.dispose();
        });
        this.byFolder.delete(path);
      }
    }
    for (const [path, folder] of open) {
      if (!this.byFolder.has(path)) {
        this.byFolder.set(
          path,
          this.make(folder).map((backend) => ({ backend, folder })),
        );
      }
    }
  }
}
