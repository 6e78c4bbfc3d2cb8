import { setTimeout as sleep } from 'node:timers/promises';
import { allowedActions, type ServingAction } from '../core/actions';
import type { Availability, Progress } from '../core/backend';
import type { ServingVerb } from '../core/couldNot';
import { Disposables, type Disposable } from '../core/disposables';
import { messageOf } from '../core/errors';
import { Emitter } from '../core/events';
import type { Logger } from '../core/log';
import { type BackendId, type Serving, type ServingRef, type ServingState } from '../core/serving';
import type { BackendRegistry, RegisteredBackend } from './backendRegistry';
import type { Operations } from './operations';

const POLL_MS = 3000;
/** While something is on its way, so that a stage is seen when it comes. */
const QUICK_POLL_MS = 400;
/** At the least between two readings of a server elsewhere that nobody asked for. */
const FAR_POLL_MS = 5000;
/** How long a server elsewhere is waited for by whoever wants to know all. */
const FAR_WAIT_MS = 3000;

/** What was last read of one backend. */
export interface BackendServings extends RegisteredBackend {
  readonly servings: readonly Serving[];
  readonly availability?: Availability;
  /** Why the last reading failed; then `servings` are older. */
  readonly error?: string;
}

/**
 * The last known servings of all backends. It reads only while somebody watches or asks; one reading of a backend at a
 * time, and what a reading gives is dropped when its backend has gone.
 */
export class ServingStore implements Disposable {
  private readonly known = new Map<BackendId, BackendServings>();
  private readonly reading = new Map<BackendId, Promise<void>>();
  /** When those elsewhere were read last. */
  private readonly readAt = new Map<BackendId, number>();
  /** Backends that changed while they were read. */
  private readonly stale = new Set<BackendId>();
  private readonly changed = new Emitter<void>();
  readonly onDidChange = this.changed.event;
  private readonly owned = new Disposables();
  private readonly subscriptions = new Map<BackendId, Disposable>();
  private readonly abort = new AbortController();
  private watchers = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly registry: BackendRegistry,
    private readonly operations: Operations,
    private readonly log: Logger,
  ) {
    this.owned.add(
      registry.onDidChange(() => {
        this.follow();
      }),
    );
    this.owned.add(
      operations.onDidChange(() => {
        this.changed.fire();
        this.schedule(QUICK_POLL_MS);
      }),
    );
    this.follow();
  }

  /** In the order of the folders. */
  backends(): readonly BackendServings[] {
    return this.registry.all().map((registered) => {
      const known = this.known.get(registered.backend.id);
      return { ...registered, ...known, servings: (known?.servings ?? []).map((serving) => this.shown(serving)) };
    });
  }

  all(): readonly Serving[] {
    return this.backends().flatMap(({ servings }) => servings);
  }

  serving(ref: ServingRef): Serving | undefined {
    const found = this.known.get(ref.backend)?.servings.find(({ ref: { name } }) => name === ref.name);
    return found && this.shown(found);
  }

  /** Where a call of this window is. */
  progress(ref: ServingRef): Progress | undefined {
    return this.operations.current(ref)?.progress;
  }

  actions(serving: Serving): readonly ServingAction[] {
    const capabilities = this.registry.all().find(({ backend }) => backend.id === serving.ref.backend)
      ?.backend.capabilities;
    const actions = allowedActions(serving.state, capabilities ?? new Set(), serving.isOrphan);
    // What cannot be read cannot be started; it can be opened and mended.
    // On Hopsworks it can be right to have no script.
    return serving.definition.script === '' && serving.kind !== 'hopsworks'
      ? actions.filter((action) => action === 'open' || action === 'remove')
      : actions;
  }

  actionsOf(ref: ServingRef): readonly ServingAction[] {
    const serving = this.serving(ref);
    return serving ? this.actions(serving) : [];
  }

  /** The workspace folder of a serving: absolute path. */
  folderOf(ref: ServingRef): string | undefined {
    return this.registry.folderOf(ref.backend)?.path;
  }

  /** What a person calls the backend of a serving. */
  labelOf(ref: ServingRef): string {
    return this.registry.all().find(({ backend }) => backend.id === ref.backend)?.backend.label ?? '';
  }

  /** True once every backend was read. */
  get isLoaded(): boolean {
    return this.registry.all().every(({ backend }) => this.known.has(backend.id));
  }

  /** Keeps what is known fresh until it is disposed. */
  watch(): Disposable {
    this.watchers++;
    void this.refresh();
    let ended = false;
    return {
      dispose: () => {
        if (!ended) {
          ended = true;
          this.watchers--;
        }
      },
    };
  }

  /** Reads one backend or all; resolves when it is known, or when a server elsewhere takes too long. Never rejects. */
  async refresh(id?: BackendId): Promise<void> {
    const asked = this.registry.all().filter(({ backend }) => id === undefined || backend.id === id);
    const far = Promise.all(asked.filter(isFar).map((each) => this.read(each)));
    await Promise.all(asked.filter((each) => !isFar(each)).map((each) => this.read(each)));
    this.schedule(this.isBusy() ? QUICK_POLL_MS : POLL_MS);
    if (asked.some(isFar)) {
      await Promise.race([far, sleep(FAR_WAIT_MS, undefined, { ref: false })]);
    }
  }

  /** Reads what is due. Nobody waits for a server elsewhere: one that does not answer must not hold up the others. */
  private async poll(): Promise<void> {
    const all = this.registry.all();
    for (const each of all.filter(isFar)) {
      const { id } = each.backend;
      if (!this.reading.has(id) && performance.now() - (this.readAt.get(id) ?? -FAR_POLL_MS) >= FAR_POLL_MS) {
        void this.read(each);
      }
    }
    await Promise.all(all.filter((each) => !isFar(each)).map((each) => this.read(each)));
    this.schedule(this.isBusy() ? QUICK_POLL_MS : POLL_MS);
  }

  dispose(): void {
    this.abort.abort();
    clearTimeout(this.timer);
    this.subscriptions.forEach((each) => {
      each.dispose();
    });
    this.owned.dispose();
    this.changed.dispose();
  }

  private async read(registered: RegisteredBackend): Promise<void> {
    const { id } = registered.backend;
    const under = this.reading.get(id);
    if (under) {
      this.stale.add(id);
      return under;
    }
    const done = (async () => {
      do {
        this.stale.delete(id);
        await this.readOnce(registered);
      } while (this.stale.has(id) && !this.abort.signal.aborted);
      this.reading.delete(id);
    })();
    this.reading.set(id, done);
    return done;
  }

  private async readOnce(registered: RegisteredBackend): Promise<void> {
    const { backend } = registered;
    const before = this.known.get(backend.id);
    let next: BackendServings;
    const asked = backend.availability(this.abort.signal);
    try {
      const [servings, availability] = await Promise.all([backend.servings(this.abort.signal), asked]);
      next = { ...registered, servings, availability };
    } catch (error) {
      if (before?.error !== messageOf(error)) {
        this.log.warn(`could not read the servings of ${backend.label}: ${messageOf(error)}`);
      }
      next = { ...registered, servings: before?.servings ?? [], availability: await asked, error: messageOf(error) };
    }
    if (this.abort.signal.aborted || !this.registry.all().some((each) => each.backend === backend)) {
      return;
    }
    this.readAt.set(backend.id, performance.now());
    this.known.set(backend.id, next);
    if (JSON.stringify(strip(before)) !== JSON.stringify(strip(next))) {
      this.changed.fire();
    }
  }

  private schedule(milliseconds: number): void {
    clearTimeout(this.timer);
    if (this.watchers > 0 && !this.abort.signal.aborted) {
      this.timer = setTimeout(() => void this.poll(), milliseconds);
    }
  }

  private isBusy(): boolean {
    const moving: readonly ServingState[] = ['creating', 'starting', 'updating', 'stopping'];
    return this.all().some(({ state }) => moving.includes(state));
  }

  private follow(): void {
    const open = new Set(this.registry.all().map(({ backend }) => backend.id));
    for (const [id, subscription] of this.subscriptions) {
      if (!open.has(id)) {
        subscription.dispose();
        this.subscriptions.delete(id);
        this.known.delete(id);
      }
    }
    for (const { backend } of this.registry.all()) {
      if (!this.subscriptions.has(backend.id)) {
        this.subscriptions.set(
          backend.id,
          backend.onDidChange(() => void this.refresh(backend.id)),
        );
      }
    }
    this.changed.fire();
    if (this.watchers > 0) {
      void this.refresh();
    }
  }

  /** What a call of this window is about to do shows at once, and goes back by itself when the call fails. */
  private shown(serving: Serving): Serving {
    const operation = this.operations.current(serving.ref);
    const state = operation && EXPECTED[operation.verb](serving.state);
    return state === undefined ? serving : { ...serving, state };
  }
}

const EXPECTED: Readonly<Record<ServingVerb, (state: ServingState) => ServingState>> = {
  create: (state) => state,
  start: (state) => (state === 'stopped' || state === 'failed' ? 'starting' : state),
  restart: (state) =>
    state === 'running' ? 'updating' : state === 'stopped' || state === 'failed' ? 'starting' : state,
  update: (state) => (state === 'running' ? 'updating' : state),
  move: (state) => (state === 'running' || state === 'idle' ? 'updating' : state),
  adopt: (state) => state,
  stop: (state) => (state === 'running' || state === 'starting' || state === 'creating' ? 'stopping' : state),
  remove: (state) => (state === 'running' || state === 'starting' ? 'stopping' : state),
};

function isFar({ backend }: RegisteredBackend): boolean {
  return backend.kind === 'hopsworks';
}

/** A backend itself is no data. */
function strip(known: BackendServings | undefined): unknown {
  return known && { servings: known.servings, availability: known.availability, error: known.error };
}
