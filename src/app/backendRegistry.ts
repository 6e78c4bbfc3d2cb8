import type { Backend } from '../core/backend';
import type { Disposable } from '../core/disposables';
import { ServingError } from '../core/errors';
import { Emitter } from '../core/events';
import type { Folders, WorkspaceFolder } from '../core/ports';
import type { BackendId } from '../core/serving';

/** A backend and the workspace folder whose servings it runs; a backend of its own place has none. */
export interface RegisteredBackend {
  readonly backend: Backend;
  readonly folder?: WorkspaceFolder;
}

/** The backends of this window: those of each open folder, made and disposed as folders come and go. */
export class BackendRegistry implements Disposable {
  private readonly byFolder = new Map<string, readonly RegisteredBackend[]>();
  private readonly changed = new Emitter<void>();
  readonly onDidChange = this.changed.event;
  private readonly subscription: Disposable;

  constructor(
    private readonly folders: Folders,
    private readonly make: (folder: WorkspaceFolder) => readonly Backend[],
  ) {
    this.follow();
    this.subscription = folders.onDidChange(() => {
      this.follow();
      this.changed.fire();
    });
  }

  all(): readonly RegisteredBackend[] {
    return [...this.byFolder.values()].flat();
  }

  /** Rejects an id that no open folder has with `notFound`. */
  get(id: BackendId): Backend {
    const found = this.all().find(({ backend }) => backend.id === id);
    if (!found) {
      throw new ServingError('notFound', 'The folder of this serving is no longer open');
    }
    return found.backend;
  }

  folderOf(id: BackendId): WorkspaceFolder | undefined {
    return this.all().find(({ backend }) => backend.id === id)?.folder;
  }

  dispose(): void {
    this.subscription.dispose();
    this.changed.dispose();
    for (const { backend } of this.all()) {
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
