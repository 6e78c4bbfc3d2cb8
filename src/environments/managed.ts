import { randomBytes } from 'node:crypto';
import { readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Operation } from '../core/backend';
import { isCancelled, messageOf, toServingError } from '../core/errors';
import { t } from '../core/l10n';
import type { Logger } from '../core/log';
import { keyOf } from './environmentKey';
import { bytesIn } from './folderSize';
import { findUv } from './installer';
import { withLock } from './lock';
import { interpreterIn, makeEnvironment } from './makeEnvironment';
import { localPath, type PathLookup } from './onPath';
import { type PipSettings, readPipSettings } from './pipSettings';
import type { PythonInfo } from './python';
import type { Run } from './run';
import { type Snapshot, takeSnapshot } from './snapshot';

const MARKER = 'environment.json';
const KEY = /^[0-9a-f]{12}$/;
const failedText = () => t('The environment could not be made');

export interface EnvironmentTools {
  readonly run: Run;
  readonly log: Logger;
  /** Variables that pip and uv run with. */
  readonly env: NodeJS.ProcessEnv;
  readonly home: string;
  describe(executable: string, signal: AbortSignal): Promise<PythonInfo>;
  /** Absolute path of uv where a setting names it. */
  uvSetting(): string | undefined;
  readonly lookup?: PathLookup;
}

export interface EnvironmentRequest {
  /** The interpreter that the environment is made from. */
  readonly python: string;
  /** Text of a requirements file. */
  readonly requirements: string;
  /** What its relative paths start from. */
  readonly folder: string;
  /** The file that the text is from: errors lead to its lines. */
  readonly file?: string;
}

export interface ManagedEnvironment {
  readonly executable: string;
  readonly key: string;
  /** Whether it was there already. */
  readonly cached: boolean;
}

export interface EnvironmentEntry {
  readonly key: string;
  readonly executable: string;
  /** `3.11.7` */
  readonly python: string;
  /** As they were asked for. */
  readonly packages: readonly string[];
  readonly bytes: number;
  readonly lastUsed: Date;
}

interface Marker {
  /** Folder of the environment, beside the marker. */
  readonly folder: string;
  readonly python: string;
  readonly packages: readonly string[];
  readonly madeBy: 'uv' | 'pip';
}

/**
 * Python environments of ours: one for each set of packages, Python and index, shared by all servings that ask for it.
 * `root/<key>/<attempt>` holds one, `root/<key>/environment.json` says which attempt is whole and is written last.
 */
export class ManagedEnvironments {
  constructor(
    private readonly root: string,
    private readonly tools: EnvironmentTools,
  ) {}

  /**
   * The environment for a set of packages, made when it is not there; no two windows make it at once. Cancelled or
   * failed, nothing of it stays. Rejects with `cancelled`, `package`, `python` or `disk`.
   */
  async ensure(request: EnvironmentRequest, operation: Operation): Promise<ManagedEnvironment> {
    try {
      const plan = await this.plan(request, operation.signal);
      return (await this.whole(plan.key)) ?? (await this.make(plan, request, operation));
    } catch (error) {
      throw toServingError(error, 'disk', failedText());
    }
  }

  /** As ensure, without making it. */
  async find(request: EnvironmentRequest, signal: AbortSignal): Promise<ManagedEnvironment | undefined> {
    const { key } = await this.plan(request, signal);
    return this.whole(key, false);
  }

  async list(): Promise<readonly EnvironmentEntry[]> {
    const entries = await Promise.all((await this.keys()).map((key) => this.entry(key)));
    return entries.filter((entry) => entry !== undefined);
  }

  /**
   * Removes environments that were last used before `unusedSince` and whose interpreter is none of `inUse`, and what
   * was left half made. Those that another window makes at this moment stay. `only`: of the whole ones these alone.
   * Returns the keys of those removed.
   */
  async clean(
    unusedSince: Date,
    inUse: readonly string[],
    signal: AbortSignal,
    only?: readonly string[],
  ): Promise<readonly string[]> {
    const removed: string[] = [];
    for (const key of await this.keys()) {
      if (only?.includes(key) === false && (await this.marker(key))) {
        continue;
      }
      const isFree = async (): Promise<boolean> => {
        const directory = path.join(this.root, key);
        const within = inUse.some((file) => path.resolve(file).startsWith(directory + path.sep));
        return !within && (await this.lastUsed(key)).getTime() < unusedSince.getTime();
      };
      if (await isFree()) {
        await withLock(this.lockFile(key), { what: t('Removing environments'), signal }, async () => {
          if (await isFree()) {
            await this.remove(key);
            removed.push(key);
          }
        });
      }
    }
    return removed;
  }

  private async plan(request: EnvironmentRequest, signal: AbortSignal): Promise<Plan> {
    const python = await this.tools.describe(request.python, signal);
    const { env, home, lookup = localPath } = this.tools;
    const settings = await readPipSettings({ env, platform: lookup.platform, home, prefix: python.prefix });
    const snapshot = await takeSnapshot(request.requirements, request.folder, request.file);
    return { python, settings, snapshot, key: keyOf(python, snapshot, settings, env) };
  }

  private async make(plan: Plan, request: EnvironmentRequest, operation: Operation): Promise<ManagedEnvironment> {
    const options = {
      what: failedText(),
      signal: operation.signal,
      onWait: () => {
        operation.report({ stage: 'environment', message: t('Waiting: it is being made already') });
      },
    };
    return withLock(this.lockFile(plan.key), options, async () => {
      const made = await this.whole(plan.key);
      if (made) {
        return made;
      }
      // A name of its own: what a crashed window's pip still writes lies elsewhere.
      const attempt = randomBytes(3).toString('hex');
      await this.removeOthers(plan.key, attempt);
      try {
        const whole = await this.attempt(plan, request.folder, attempt, operation);
        await this.removeOthers(plan.key, attempt);
        return whole;
      } catch (error) {
        await this.remove(plan.key).catch((reason: unknown) => {
          this.tools.log.warn(`What was made of an environment could not be removed: ${messageOf(reason)}`);
        });
        if (!isCancelled(error)) {
          this.tools.log.error(error instanceof Error ? error : String(error));
        }
        throw error;
      }
    });
  }

  private async attempt(plan: Plan, folder: string, name: string, operation: Operation): Promise<ManagedEnvironment> {
    const { key, python, snapshot, settings } = plan;
    const directory = path.join(this.root, key, name);
    const { run, log, env, home, lookup = localPath } = this.tools;
    const uv = this.tools.uvSetting() ?? findUv(home, lookup);
    const madeBy = await makeEnvironment(
      { directory, python, snapshot, folder },
      { run, log, env, uv, settings },
      operation,
    );
    operation.signal.throwIfAborted();
    const marker: Marker = { folder: name, python: python.version, packages: snapshot.packages, madeBy };
    const file = path.join(this.root, key, MARKER);
    await writeFile(`${file}.tmp`, JSON.stringify(marker));
    await rename(`${file}.tmp`, file);
    return { executable: interpreterIn(directory), key, cached: false };
  }

  /** The environment of a key when it is whole; its last use is now. */
  private async whole(key: string, use = true): Promise<ManagedEnvironment | undefined> {
    const marker = await this.marker(key);
    if (!marker) {
      return undefined;
    }
    const executable = interpreterIn(path.join(this.root, key, marker.folder));
    // Follows the link: the Python that it was made from may be gone.
    const isThere = await stat(executable).then(
      () => true,
      () => false,
    );
    if (!isThere) {
      return undefined;
    }
    if (use) {
      const now = new Date();
      await utimes(path.join(this.root, key, MARKER), now, now).catch(() => undefined);
    }
    return { executable, key, cached: true };
  }

  private async marker(key: string): Promise<Marker | undefined> {
    try {
      const value: unknown = JSON.parse(await readFile(path.join(this.root, key, MARKER), 'utf8'));
      return isMarker(value) ? value : undefined;
    } catch {
      return undefined;
    }
  }

  private async entry(key: string): Promise<EnvironmentEntry | undefined> {
    const marker = await this.marker(key);
    if (!marker) {
      return undefined;
    }
    const directory = path.join(this.root, key, marker.folder);
    const [bytes, lastUsed] = await Promise.all([bytesIn(directory), this.lastUsed(key)]);
    const { python, packages } = marker;
    return { key, executable: interpreterIn(directory), python, packages, bytes, lastUsed };
  }

  private async lastUsed(key: string): Promise<Date> {
    const directory = path.join(this.root, key);
    const status = await stat(path.join(directory, MARKER)).catch(() => stat(directory).catch(() => undefined));
    return status?.mtime ?? new Date(0);
  }

  private async keys(): Promise<readonly string[]> {
    return (await readdir(this.root).catch(() => [])).filter((name) => KEY.test(name));
  }

  /** Takes away what earlier attempts left; what cannot go yet goes with the environment. */
  private async removeOthers(key: string, attempt: string): Promise<void> {
    const directory = path.join(this.root, key);
    const others = (await readdir(directory).catch(() => [])).filter((name) => name !== attempt && name !== MARKER);
    await Promise.all(
      others.map((name) =>
        rm(path.join(directory, name), { recursive: true, force: true }).catch((error: unknown) => {
          this.tools.log.warn(`What is left of an earlier attempt could not be removed yet: ${messageOf(error)}`);
        }),
      ),
    );
  }

  private async remove(key: string): Promise<void> {
    const directory = path.join(this.root, key);
    await rm(path.join(directory, MARKER), { force: true });
    // What was just killed may not have let go of its files yet (Windows).
    await rm(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }

  private lockFile(key: string): string {
    return path.join(this.root, `${key}.lock`);
  }
}

interface Plan {
  readonly python: PythonInfo;
  readonly settings: PipSettings;
  readonly snapshot: Snapshot;
  readonly key: string;
}

function isMarker(value: unknown): value is Marker {
  return (
    typeof value === 'object' &&
    value !== null &&
    'folder' in value &&
    typeof value.folder === 'string' &&
    /^[0-9a-f]+$/.test(value.folder) &&
    'python' in value &&
    typeof value.python === 'string' &&
    'packages' in value &&
    Array.isArray(value.packages)
  );
}
