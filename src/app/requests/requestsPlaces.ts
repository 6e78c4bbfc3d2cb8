import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { Folders, Memory, WorkspaceFolder } from '../../core/ports';
import { refKey, type Serving, type ServingRef } from '../../core/serving';
import { requestsFileOf } from './requestsFiles';

export interface RequestsPlacesPorts {
  readonly folders: Folders;
  /** The folder that a serving is of; undefined where it is elsewhere. */
  folderOf(ref: ServingRef): WorkspaceFolder | undefined;
  readonly memory: Memory;
}

/** Where the requests of a serving are saved: beside its script, or where somebody chose to. */
export class RequestsPlaces {
  constructor(private readonly ports: RequestsPlacesPorts) {}

  /** Undefined: its script is elsewhere, and nobody has chosen a place yet. */
  async of({ ref, definition: { script } }: Pick<Serving, 'ref' | 'definition'>): Promise<string | undefined> {
    const own = this.ports.folderOf(ref);
    if (own !== undefined) {
      return requestsFileOf(path.join(own.path, script));
    }
    const chosen = this.ports.memory.get(keyOf(ref));
    if (typeof chosen === 'string') {
      return chosen;
    }
    for (const folder of this.ports.folders.list()) {
      const here = path.join(folder.path, script);
      if (script !== '' && (await stat(here).catch(() => undefined))?.isFile() === true) {
        return requestsFileOf(here);
      }
    }
    return undefined;
  }

  choose(ref: ServingRef, file: string): void {
    this.ports.memory.set(keyOf(ref), file);
  }

  /** Proposed for a serving whose script is elsewhere; undefined when no folder is open. */
  proposed(name: string): string | undefined {
    const [folder] = this.ports.folders.list();
    return folder && requestsFileOf(path.join(folder.path, `${name}.py`));
  }
}

function keyOf(ref: ServingRef): string {
  return `requests.place ${refKey(ref)}`;
}
