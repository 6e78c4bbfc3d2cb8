import * as vscode from 'vscode';

/** What `when` clauses of the manifest ask, beside VS Code's own keys. */
export interface ContextKeys {
  /** True once models and servings were read for the first time. */
  readonly loaded: boolean;
  readonly hasPython: boolean;
  /** Whether a Docker engine answers: `ready`, `stopped`, `missing`, `untrusted`; empty while nobody knows. */
  readonly engine: string;
  /** The same of the connections to Hopsworks, of several the best one: also `signedOut`, `unreachable`. */
  readonly hopsworks: string;
  readonly hasConnection: boolean;
  readonly hasModels: boolean;
  readonly hasServings: boolean;
  /** Whether one of them is defined in a folder. */
  readonly hasLocalServings: boolean;
  /** What can be done now to one serving at least, closed by `;`: `;start;stop;`. */
  readonly servingActions: string;
  /** Set once the walkthrough is open: VS Code counts only what becomes true after it has read the steps. */
  readonly walkthroughOpened: boolean;
  /** Whether the Servings view leaves some out. */
  readonly servingsFiltered: boolean;
  /** Whether a local Hopsworks API of this window runs. */
  readonly localApiRuns: boolean;
  /** Whether the active editor can be served. */
  readonly predictScript: boolean;
  /** Paths of the Python files that can be served, for the Explorer's menu. */
  readonly predictScripts: Readonly<Record<string, boolean>>;
  /** Whether there is one. */
  readonly hasPredictScript: boolean;
  /** Ids of requests that failed as tests, and whose replies can be accepted. */
  readonly testsToAccept: readonly string[];
}

export async function setContextKey<K extends keyof ContextKeys>(key: K, value: ContextKeys[K]): Promise<void> {
  await vscode.commands.executeCommand('setContext', `modelServing.${key}`, value);
}
