import { mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BackendRegistry } from './app/backendRegistry';
import { FolderServings } from './app/folderServings';
import { LocalApis } from './app/localApis';
import type { Servings } from './app/servings';
import { workspaceStorage } from './backends/local/paths';
import { rememberStorage } from './composeStorage';
import { messageOf } from './core/errors';
import { t } from './core/l10n';
import type { Logger } from './core/log';
import type { Folders, Trust, WorkspaceFolder } from './core/ports';
import type { Settings } from './platform/settings';

export interface EditorApiParts {
  readonly folders: Folders;
  readonly trust: Trust;
  readonly settings: Settings;
  readonly registry: BackendRegistry;
  readonly servings: Servings;
  /** The extension's storage, which all windows share. */
  readonly storage: string;
  /** The folder with our Python packages for clients. */
  readonly clientRoot: string;
  readonly log: Logger;
  /** Where requests are written down. */
  readonly requests: Logger;
}

/** The local Hopsworks API over the same backends, models and servings as the editor shows. */
export function makeLocalApis(parts: EditorApiParts): LocalApis {
  const { folders, trust, settings, storage, clientRoot, requests } = parts;
  rememberFolders(parts);
  const ownOf = (folder: WorkspaceFolder): string => workspaceStorage(storage, folder.path);
  const wantedFile = (folder: WorkspaceFolder): string => join(ownOf(folder), 'localApi', 'wanted');
  return new LocalApis({
    folders,
    trust,
    log: parts.log,
    open: async (folder) => {
      // Not needed when a window opens.
      const { openApi } = await import('./composeApi');
      return openApi({
        workspace: folder.path,
        storage,
        own: ownOf(folder),
        port: settings.apiPort(),
        ingressPort: 0,
        generation: settings.apiGeneration(),
        clientRoot,
        by: t('a window of the editor (process {0})', process.pid),
        backend: new FolderServings(folder.path, parts.registry, parts.servings, requests),
        backendOfNew: () => settings.apiBackend(folder.path),
        keepsRunning: true,
        log: requests,
        onAsked: ({ method, path, status, milliseconds }) => {
          requests.info(`${folder.name}: ${method} ${path} ${status}, ${milliseconds} ms`);
        },
      });
    },
    elsewhere: async (folder) => (await import('./composeApi')).placeOf(ownOf(folder)),
    wanted: {
      get: async (folder) => (await stat(wantedFile(folder)).catch(() => undefined)) !== undefined,
      set: async (folder, isWanted) => {
        if (!isWanted) {
          await rm(wantedFile(folder), { force: true });
          return;
        }
        await mkdir(join(ownOf(folder), 'localApi'), { recursive: true });
        await writeFile(wantedFile(folder), '');
      },
    },
  });
}

/** So that programs without an editor find what it knows of a folder. */
function rememberFolders({ folders, storage, log }: EditorApiParts): void {
  const remember = (): void => {
    for (const { path } of folders.list()) {
      rememberStorage({ folder: path, storage }).catch((error: unknown) => {
        log.debug(`could not leave word of the storage: ${messageOf(error)}`);
      });
    }
  };
  remember();
  folders.onDidChange(remember);
}
