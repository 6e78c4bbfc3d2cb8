import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { CleanUpPlace, FoundUnneeded, Unneeded } from './app/cleanUp';
import type { ServingStore } from './app/servingStore';
import type { Engine } from './backends/docker/engine/port';
import {
  checkGoneFolders,
  mayBeElsewhere,
  removeGoneServing,
  servingsOfGoneFolders,
} from './backends/docker/goneFolders';
import { isDefined, removeImages, unusedImages } from './backends/docker/images/unusedImages';
import type { LateEngine } from './backends/docker/lateEngine';
import { ServingPaths, storagesIn, workspaceStorage } from './backends/local/paths';
import { lastRuns } from './backends/local/wanted';
import { isCancelled, messageOf } from './core/errors';
import { t } from './core/l10n';
import type { Finding } from './environments/finding';
import type { EnvironmentEntry, ManagedEnvironments } from './environments/managed';

export interface CleanUpPlaceParts {
  readonly managed: Pick<ManagedEnvironments, 'list' | 'clean'>;
  readonly engine: Pick<LateEngine, 'get'>;
  readonly store: Pick<ServingStore, 'all' | 'refresh'>;
  /** The extension's storage, which all windows share. */
  readonly storage: string;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/** What nothing uses of all that is shared: managed environments, and images of the engine; and what runs without a folder. */
export class CleanUp implements CleanUpPlace {
  /** When environments were listed: one that is used since then stays. */
  private listedAt = new Date();

  constructor(private readonly parts: CleanUpPlaceParts) {}

  async find(signal: AbortSignal): Promise<FoundUnneeded> {
    this.listedAt = new Date();
    await this.parts.store.refresh();
    const inUse = await this.inUse();
    const unused = (await this.parts.managed.list()).filter(({ executable }) => !inUse.includes(executable));
    const environments = unused.map(ofEnvironment);
    try {
      const engine = await this.parts.engine.get(signal);
      return { things: [...environments, ...(await this.ofImages(engine)), ...(await ofGoneFolders(engine))] };
    } catch (error) {
      if (isCancelled(error) || signal.aborted) {
        throw error;
      }
      return { things: environments, withoutEngine: messageOf(error) };
    }
  }

  async remove({ kind, id }: Unneeded, signal: AbortSignal): Promise<boolean> {
    if (kind === 'environment') {
      return (await this.parts.managed.clean(this.listedAt, await this.inUse(), signal, [id])).includes(id);
    }
    const engine = await this.parts.engine.get(signal);
    if (kind === 'image') {
      return (await removeImages(engine, [id])).includes(id);
    }
    const [folder = '', name = ''] = id.split('\n');
    const state = storagesIn(workspaceStorage(this.parts.storage, folder)).docker;
    await removeGoneServing(engine, { folder, name }, new ServingPaths(state, name), signal);
    return true;
  }

  /** What the doctor says of what runs without a folder. */
  async check(signal: AbortSignal): Promise<readonly Finding[]> {
    try {
      return await checkGoneFolders(await this.parts.engine.get(signal));
    } catch (error) {
      if (isCancelled(error)) {
        throw error;
      }
      // That there is no engine is said of the engine.
      return [];
    }
  }

  private async ofImages(engine: Engine): Promise<readonly Unneeded[]> {
    const images = await unusedImages(engine, {
      isWanted: async (folder, serving) => (await mayBeElsewhere(folder, engine)) || isDefined(folder, serving),
      ...(this.parts.now && { now: this.parts.now() }),
    });
    return images.map(({ id, about, bytes, built }) => ({
      kind: 'image',
      id,
      label: about,
      detail: `Built ${built.toLocaleString()}`,
      bytes,
    }));
  }

  /** Interpreters of what this window shows, and of what runs in others. */
  private async inUse(): Promise<readonly string[]> {
    const workspaces = join(this.parts.storage, 'workspaces');
    const folders = await readdir(workspaces).catch(() => []);
    const others = (await Promise.all(folders.map((folder) => lastRuns(join(workspaces, folder)))))
      .flat()
      .filter(({ endedAt }) => endedAt === undefined)
      .flatMap(({ environment, successor }) => [environment, successor?.environment]);
    const own = this.parts.store.all().map(({ run }) => run?.environment);
    return [...others, ...own].flatMap((environment) => environment?.executable ?? []);
  }
}

function ofEnvironment({ key, python, packages, bytes, lastUsed }: EnvironmentEntry): Unneeded {
  return {
    kind: 'environment',
    id: key,
    label: `Python ${python}`,
    detail: t(
      '{0} · last used {1}',
      packages.length === 0 ? t('No packages') : packages.join(', '),
      lastUsed.toLocaleString(),
    ),
    bytes,
  };
}

async function ofGoneFolders(engine: Engine): Promise<readonly Unneeded[]> {
  return (await servingsOfGoneFolders(engine)).map(({ name, folder, containers, running }) => {
    return {
      kind: 'orphan',
      id: `${folder}\n${name}`,
      label: name,
      detail: t('{0} is not there · {1} of {2} containers run', folder, running, containers),
      loses: t(
        '{0} of {1}: it is stopped, and its logs are lost. Leave it when another computer or a dev container has that folder.',
        name,
        folder,
      ),
    };
  });
}
