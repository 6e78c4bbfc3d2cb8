import * as vscode from 'vscode';

/** What `when` clauses of the manifest ask, beside VS Code's own keys. */
export interface ContextKeys {
  /** True once models and servings were read for the first time. */
  readonly loaded: boolean;
  readonly hasPython: boolean;
  /** Whether a local Hopsworks API of this window runs. */
  readonly localApiRuns: boolean;
  /** Whether the active editor can be served. */
  readonly predictScript: boolean;
  /** Paths of the Python files that can be served, for the Explorer's menu. */
  readonly predictScripts: Readonly<Record<string, boolean>>;
}

export async function setContextKey<K extends keyof ContextKeys>(key: K, value: ContextKeys[K]): Promise<void> {
  await vscode.commands.executeCommand('setContext', `modelServing.${key}`, value);
}
