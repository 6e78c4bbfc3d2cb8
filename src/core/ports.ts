import type { Event } from './events';

/** A folder that is open in the window. */
export interface WorkspaceFolder {
  readonly name: string;
  /** Absolute path. */
  readonly path: string;
}

export interface Folders {
  list(): readonly WorkspaceFolder[];
  readonly onDidChange: Event<void>;
}

/** Whether code of the workspace may run. */
export interface Trust {
  readonly isTrusted: boolean;
  readonly onDidGrant: Event<void>;
}

/** Values that lie in the editor's secret storage; names are per workspace folder. */
export interface Secrets {
  get(folder: string, name: string): Promise<string | undefined>;
  set(folder: string, name: string, value: string): Promise<void>;
  remove(folder: string, name: string): Promise<void>;
}

/** A Python that is there. */
export interface Interpreter {
  readonly executable: string;
  /** Where it was found, in words for users: "selected in the Python extension", "setting modelServing.python.path". */
  readonly source: string;
}

/** Which Python a folder's scripts run on when the definition names none. Rejects with code `python` when there is none. */
export interface Interpreters {
  selected(folder: string, signal: AbortSignal): Promise<Interpreter>;
  readonly onDidChange: Event<void>;
}

/** What a workspace keeps for the next window. */
export interface Memory {
  get(key: string): unknown;
  set(key: string, value: unknown): void;
}
