import type { Disposable } from '../core/disposables';
import { messageOf, ServingError } from '../core/errors';
import { Emitter, type Event } from '../core/events';
import { t } from '../core/l10n';
import type { Logger } from '../core/log';
import type { Registry, RegistryVersion } from '../core/registry';
import type { KnownRegistry, RegistryModel, RegistryProblem } from './knownRegistry';

/** The registries of this person's connections. */
export interface Registries {
  list(): readonly Registry[];
  /** A registry came or went, or somebody signed in or out. */
  readonly onDidChange: Event<void>;
}

interface Entry {
  readonly registry: Registry;
  readonly versions: Map<string, RegistryVersion>;
  readonly whole: Map<string, readonly RegistryVersion[]>;
  readonly modelProblems: Map<string, RegistryProblem>;
  readonly asked: Set<string>;
  isRead: boolean;
  /** All was read, or the server gives no more. */
  isAll: boolean;
  total: number;
  problem: RegistryProblem | undefined;
  reading: Promise<void> | undefined;
  /** Made when it is asked for; undefined: something changed since. */
  shown: KnownRegistry | undefined;
}

/** How many versions are asked for at once. */
export const REGISTRY_PAGE = 500;

/** What was last read of the registries. It reads what somebody looks at, a page at a time, and again when told to. */
export class RegistryStore implements Disposable {
  private readonly entries = new Map<Registry, Entry>();
  private readonly changed = new Emitter<void>();
  readonly onDidChange = this.changed.event;
  private readonly subscription: Disposable;
  private readonly abort = new AbortController();

  constructor(
    private readonly registries: Registries,
    private readonly log: Logger,
    private readonly page = REGISTRY_PAGE,
  ) {
    this.subscription = registries.onDidChange(() => {
      const there = new Set(registries.list());
      for (const [registry, { reading }] of this.entries) {
        if (there.has(registry)) {
          // Whoever signed in or out sees something else; what is under way was asked with the key of before.
          void Promise.resolve(reading).then(() => this.refresh(registry.connection.id));
        } else {
          this.entries.delete(registry);
        }
      }
      this.changed.fire();
    });
  }

  list(): readonly KnownRegistry[] {
    return this.registries.list().map((registry) => this.known(this.entryOf(registry)));
  }

  registry(connection: string): Registry {
    const found = this.registries.list().find((each) => each.connection.id === connection);
    if (!found) {
      throw new ServingError('notFound', t('The connection of this model is gone'));
    }
    return found;
  }

  /** Reads the first page of one that was not read yet. */
  open(connection: string): void {
    const entry = this.find(connection);
    if (entry && !entry.isRead && entry.problem === undefined) {
      void this.read(entry, () => this.readPage(entry));
    }
  }

  /** Reads the next page. Never rejects. */
  async more(connection: string): Promise<void> {
    const entry = this.find(connection);
    if (entry && !entry.isAll) {
      await this.read(entry, () => this.readPage(entry));
    }
  }

  /** Reads all versions of a model with their tags, once. */
  openModel(connection: string, name: string): void {
    const entry = this.find(connection);
    if (entry && !entry.asked.has(name)) {
      entry.asked.add(name);
      void this.readModel(entry, name);
    }
  }

  /** Reads again what was read of one or of all; resolves when it is known. Never rejects. */
  async refresh(connection?: string): Promise<void> {
    const entries = [...this.entries.values()].filter(
      ({ registry, isRead, problem }) =>
        (isRead || problem !== undefined) && (connection === undefined || registry.connection.id === connection),
    );
    await Promise.all(entries.map((entry) => this.read(entry, () => this.readAgain(entry))));
  }

  dispose(): void {
    this.abort.abort();
    this.subscription.dispose();
    this.changed.dispose();
  }

  private find(connection: string): Entry | undefined {
    const registry = this.registries.list().find((each) => each.connection.id === connection);
    return registry && this.entryOf(registry);
  }

  private entryOf(registry: Registry): Entry {
    const known = this.entries.get(registry);
    if (known) {
      return known;
    }
    const entry: Entry = {
      registry,
      versions: new Map(),
      whole: new Map(),
      modelProblems: new Map(),
      asked: new Set(),
      isRead: false,
      isAll: false,
      total: 0,
      problem: undefined,
      reading: undefined,
      shown: undefined,
    };
    this.entries.set(registry, entry);
    return entry;
  }

  /** One reading of a registry at a time; whoever comes meanwhile waits for it. */
  private read(entry: Entry, work: () => Promise<void>): Promise<void> {
    if (entry.reading) {
      return entry.reading;
    }
    const done = (async () => {
      try {
        await work();
        entry.problem = undefined;
      } catch (error) {
        entry.problem = this.problemOf(entry, error);
        if (entry.problem.code === 'signedOut') {
          forget(entry);
        }
      }
      entry.reading = undefined;
      this.tell(entry);
    })();
    entry.reading = done;
    this.tell(entry);
    return done;
  }

  private async readPage(entry: Entry): Promise<void> {
    const { registry, versions } = entry;
    const page = await registry.page(versions.size, this.page, this.abort.signal);
    take(entry, page.versions, page.total, this.page);
  }

  /** As many as were known; what is new by then comes with them. */
  private async readAgain(entry: Entry): Promise<void> {
    const wanted = Math.max(1, entry.versions.size);
    const fresh = { versions: new Map<string, RegistryVersion>(), isRead: false, isAll: false, total: 0 };
    while (!fresh.isAll && fresh.versions.size < wanted) {
      const page = await entry.registry.page(fresh.versions.size, this.page, this.abort.signal);
      take(fresh, page.versions, page.total, this.page);
    }
    forget(entry);
    fresh.versions.forEach((version, key) => entry.versions.set(key, version));
    entry.isRead = true;
    entry.isAll = fresh.isAll;
    entry.total = fresh.total;
  }

  private async readModel(entry: Entry, name: string): Promise<void> {
    try {
      entry.whole.set(name, await entry.registry.versions(name, this.abort.signal));
    } catch (error) {
      entry.modelProblems.set(name, this.problemOf(entry, error));
    }
    this.tell(entry);
  }

  private problemOf({ registry }: Entry, error: unknown): RegistryProblem {
    const message = messageOf(error);
    if (!this.abort.signal.aborted) {
      this.log.warn(`registry of ${registry.connection.project}: ${message}`);
    }
    return { code: error instanceof ServingError ? error.code : 'internal', message };
  }

  private tell(entry: Entry): void {
    entry.shown = undefined;
    if (!this.abort.signal.aborted && this.entries.get(entry.registry) === entry) {
      this.changed.fire();
    }
  }

  private known(entry: Entry): KnownRegistry {
    entry.shown ??= {
      connection: entry.registry.connection,
      isLoading: entry.reading !== undefined,
      ...(entry.isRead ? { models: modelsOf(entry) } : {}),
      total: entry.isAll ? entry.versions.size : entry.total,
      loaded: entry.versions.size,
      ...(entry.problem ? { problem: entry.problem } : {}),
    };
    return entry.shown;
  }
}

function forget(entry: Entry): void {
  entry.versions.clear();
  entry.whole.clear();
  entry.modelProblems.clear();
  entry.asked.clear();
  entry.isRead = false;
  entry.isAll = false;
}

/** A server that does not know of pages gives the same ones again: then there are no more. */
function take(
  into: Pick<Entry, 'versions' | 'isRead' | 'isAll' | 'total'>,
  versions: readonly RegistryVersion[],
  total: number,
  page: number,
): void {
  const before = into.versions.size;
  for (const version of versions) {
    into.versions.set(`${version.name}_${version.version}`, version);
  }
  into.isRead = true;
  into.total = total;
  into.isAll = versions.length < page || into.versions.size === before || into.versions.size >= total;
}

/** What comes last may go on with the next page. */
function modelsOf({ versions, whole, modelProblems, isAll }: Entry): readonly RegistryModel[] {
  const byName = new Map<string, RegistryVersion[]>();
  for (const version of versions.values()) {
    const known = byName.get(version.name);
    if (known) {
      known.push(version);
    } else {
      byName.set(version.name, [version]);
    }
  }
  for (const [name, all] of whole) {
    // One that was asked for by name, though its page was not read.
    if (all.length > 0 && !byName.has(name)) {
      byName.set(name, []);
    }
  }
  let left = byName.size;
  return [...byName].map(([name, some]) => {
    left--;
    const all = whole.get(name);
    const problem = modelProblems.get(name);
    return {
      name,
      versions: all ?? some.sort((a, b) => b.version - a.version),
      isWhole: all !== undefined || isAll || left > 0,
      ...(problem ? { problem } : {}),
    };
  });
}
