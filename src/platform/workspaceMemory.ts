import type * as vscode from 'vscode';
import type { Memory } from '../core/ports';

/** In the editor's own storage of the workspace, no file of it. */
export class WorkspaceMemory implements Memory {
  constructor(private readonly memento: vscode.Memento) {}

  get(key: string): unknown {
    return this.memento.get(key);
  }

  set(key: string, value: unknown): void {
    void this.memento.update(key, value);
  }
}
