import type * as vscode from 'vscode';
import { createHash } from 'node:crypto';
import type { Secrets } from '../core/ports';

/** Secrets of servings in the editor's secret storage, apart for each workspace folder. */
export class SecretStore implements Secrets {
  constructor(private readonly storage: vscode.SecretStorage) {}

  async get(folder: string, name: string): Promise<string | undefined> {
    return this.storage.get(keyOf(folder, name));
  }

  async set(folder: string, name: string, value: string): Promise<void> {
    await this.storage.store(keyOf(folder, name), value);
  }

  async remove(folder: string, name: string): Promise<void> {
    await this.storage.delete(keyOf(folder, name));
  }
}

function keyOf(folder: string, name: string): string {
  return `modelServing.secret.${createHash('sha256').update(folder).digest('hex').slice(0, 16)}.${name}`;
}
