import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BackendRegistry } from '../../../src/app/backendRegistry';
import { Operations } from '../../../src/app/operations';
import { Servings } from '../../../src/app/servings';
import { ServingStore } from '../../../src/app/servingStore';
import { DEFAULTS, type ServingDefinition } from '../../../src/core/definition';
import { writeDefinition } from '../../../src/core/definitionText';
import { ServingError } from '../../../src/core/errors';
import { Emitter } from '../../../src/core/events';
import type { WorkspaceFolder } from '../../../src/core/ports';
import type { BackendId, Serving, ServingRef } from '../../../src/core/serving';
import { operation } from '../../contract/fixture';
import { failure, until } from '../../contract/backend.contract';
import { MemoryBackend, MemoryWorld } from '../../fakes/memoryBackend';

const SCRIPT = 'Models/iris/1/iris.py';
const define = (name: string): ServingDefinition => ({
  ...DEFAULTS,
  name,
  model: { name: 'iris', version: 1 },
  script: SCRIPT,
});

/** A memory backend whose readings can be held up and made to fail. */
class HeldBackend extends MemoryBackend {
  override readonly id: BackendId;
  readings = 0;
  atOnce = 0;
  most = 0;
  held: Promise<void> = Promise.resolve();
  failing: Error | undefined;
  isDisposed = false;

  constructor(world: MemoryWorld, id: string) {
    super(world);
    this.id = id as BackendId;
  }

  override async servings(signal: AbortSignal): Promise<readonly Serving[]> {
    this.readings++;
    this.most = Math.max(this.most, ++this.atOnce);
    try {
      const servings = await super.servings(signal);
      await this.held;
      if (this.failing) {
        throw this.failing;
      }
      return servings;
    } finally {
      this.atOnce--;
    }
  }

  override dispose(): void {
    this.isDisposed = true;
    super.dispose();
  }
}

describe('the serving store', () => {
  let open: WorkspaceFolder[];
  let backends: HeldBackend[];
  let changes: Emitter<void>;
  let registry: BackendRegistry;
  let store: ServingStore;
  let servings: Servings;

  beforeEach(() => {
    open = [{ name: 'one', path: '/one' }];
    backends = [];
    changes = new Emitter();
    registry = new BackendRegistry({ list: () => open, onDidChange: changes.event }, ({ path }) => {
      const world = new MemoryWorld();
      world.scripts.set(SCRIPT, { predict: (inputs) => inputs });
      const backend = new HeldBackend(world, `memory:${path}`);
      backends.push(backend);
      return [backend];
    });
    const nothing = (): void => undefined;
    const operations = new Operations();
    store = new ServingStore(registry, operations, { debug: nothing, info: nothing, warn: nothing, error: nothing });
    servings = new Servings(registry, operations, store);
  });
  afterEach(() => {
    store.dispose();
    registry.dispose();
  });

  const first = (): HeldBackend => backends[0]!;
  const states = (): string[] => store.all().map(({ ref, state }) => `${ref.name} ${state}`);
  const create = (name: string): Promise<ServingRef> => servings.create(first().id, define(name), operation());

  it('knows what was read, and nothing before', async () => {
    expect(store.all()).toEqual([]);
    expect(store.isLoaded).toBe(false);
    first().world.texts.set('iris', writeDefinition(define('iris')));
    await store.refresh();
    expect(store.isLoaded).toBe(true);
    expect(states()).toEqual(['iris stopped']);
    expect(store.backends()[0]).toMatchObject({ folder: open[0], availability: { kind: 'ready' } });
  });

  it('does not let a server elsewhere hold up the others, and asks it less often', async () => {
    const far = new HeldBackend(new MemoryWorld(), 'hopsworks:1');
    Object.defineProperty(far, 'kind', { value: 'hopsworks' });
    const moved = new Emitter<void>();
    const here = new HeldBackend(new MemoryWorld(), 'memory:/one');
    const both = new BackendRegistry({ list: () => open, onDidChange: changes.event }, () => [here], {
      list: () => [far],
      onDidChange: moved.event,
    });
    const nothing = (): void => undefined;
    const quiet = { debug: nothing, info: nothing, warn: nothing, error: nothing };
    const seen = new ServingStore(both, new Operations(), quiet);
    let release = (): void => undefined;
    far.held = new Promise((done) => (release = done));
    const watching = seen.watch();
    await expect.poll(() => here.readings, { timeout: 10_000 }).toBeGreaterThan(1);
    expect(far).toMatchObject({ readings: 1, most: 1 });
    expect(seen.isLoaded).toBe(false);
    release();
    await expect.poll(() => seen.isLoaded).toBe(true);
    expect(both.folderOf(far.id)).toBeUndefined();
    watching.dispose();
    seen.dispose();
    both.dispose();
    expect(far.isDisposed).toBe(false);
  });

  it('reads one at a time, and once more for whoever asked meanwhile', async () => {
    let release = (): void => undefined;
    first().held = new Promise((done) => (release = done));
    const refreshes = Array.from({ length: 20 }, () => store.refresh());
    first().world.texts.set('iris', writeDefinition(define('iris')));
    release();
    await Promise.all(refreshes);
    expect(first()).toMatchObject({ readings: 2, most: 1 });
    expect(states()).toEqual(['iris stopped']);
  });

  it('drops what comes from a folder that was closed', async () => {
    first().world.texts.set('iris', writeDefinition(define('iris')));
    let release = (): void => undefined;
    first().held = new Promise((done) => (release = done));
    const refreshing = store.refresh();
    open = [{ name: 'two', path: '/two' }];
    changes.fire();
    release();
    await refreshing;
    expect(store.all()).toEqual([]);
    expect(first().isDisposed).toBe(true);
    open = [...open, { name: 'one', path: '/one' }];
    changes.fire();
    expect(store.all()).toEqual([]);
  });

  it('keeps what it knew when a reading fails, and says why', async () => {
    first().world.texts.set('iris', writeDefinition(define('iris')));
    await store.refresh();
    first().failing = new ServingError('disk', 'Could not list the servings: no');
    await store.refresh();
    expect(states()).toEqual(['iris stopped']);
    expect(store.backends()[0]?.error).toBe('Could not list the servings: no');
    first().failing = undefined;
    await store.refresh();
    expect(store.backends()[0]?.error).toBeUndefined();
  });

  it('tells only changes', async () => {
    let told = 0;
    store.onDidChange(() => told++);
    await store.refresh();
    const after = told;
    await store.refresh();
    expect(told).toBe(after);
    first().world.texts.set('iris', writeDefinition(define('iris')));
    await store.refresh();
    expect(told).toBe(after + 1);
  });

  it('shows what a call is about to do at once, and takes it back when the call fails', async () => {
    const ref = await create('iris');
    const { world } = first();
    let fail = (_error: Error): void => undefined;
    world.stageDelay = () => new Promise((_done, reject) => (fail = reject));
    const starting = servings.start(ref, operation());
    const outcome = failure(starting);
    await until(() => world.runs.size > 0);
    expect(states()).toEqual(['iris starting']);
    expect(store.actionsOf(ref)).not.toContain('start');
    expect(store.progress(ref)?.stage).toBe('environment');
    fail(new ServingError('python', 'Could not start iris: no Python'));
    expect(await outcome).toMatchObject({ code: 'python', about: ref });
    expect(states()).toEqual(['iris failed']);
    expect(store.progress(ref)).toBeUndefined();
    expect(store.actionsOf(ref)).toContain('start');
  });

  it('gives up a start for a stop, and restarts what runs', async () => {
    const ref = await create('iris');
    const { world } = first();
    world.stageDelay = (_stage, signal) =>
      new Promise((_done, reject) => {
        signal.addEventListener('abort', () => {
          reject(new Error('aborted'));
        });
      });
    const starting = failure(servings.start(ref, operation()));
    await until(() => world.runs.size > 0);
    await servings.stop(ref, operation());
    expect((await starting).code).toBe('cancelled');
    expect(states()).toEqual(['iris stopped']);
    world.stageDelay = () => Promise.resolve();
    await servings.restart(ref, operation());
    expect(states()).toEqual(['iris running']);
    const before = store.serving(ref)?.run?.startedAt.getTime() ?? 0;
    await new Promise((done) => setTimeout(done, 5));
    await servings.restart(ref, operation());
    expect(store.serving(ref)?.run?.startedAt.getTime()).toBeGreaterThan(before);
    await servings.remove(ref, operation());
    expect(store.all()).toEqual([]);
  });

  it('offers only to mend what cannot be read', async () => {
    first().world.texts.set('broken', '{');
    await store.refresh();
    const [serving] = store.all();
    expect(serving && store.actions(serving)).toEqual(['open', 'remove']);
  });

  it('follows only while somebody watches', async () => {
    const watching = store.watch();
    await until(() => store.isLoaded);
    first().world.texts.set('iris', writeDefinition(define('iris')));
    await until(() => states().length === 1, 5);
    watching.dispose();
    watching.dispose();
    await new Promise((done) => setTimeout(done, 50));
    const { readings } = first();
    await new Promise((done) => setTimeout(done, 3300));
    expect(first().readings - readings).toBeLessThanOrEqual(1);
  });

  it('says that a folder is no longer open', async () => {
    const ref = await create('iris');
    open = [];
    changes.fire();
    const error = await failure(servings.start(ref, operation()));
    expect(error).toMatchObject({ code: 'notFound', message: 'The folder of this serving is no longer open' });
  });

  it('holds a thousand servings', async () => {
    for (let n = 0; n < 1000; n++) {
      first().world.texts.set(`iris${n}`, writeDefinition(define(`iris${n}`)));
    }
    await store.refresh();
    const began = performance.now();
    expect(store.all()).toHaveLength(1000);
    expect(store.serving({ backend: first().id, name: 'iris999' })?.state).toBe('stopped');
    expect(performance.now() - began).toBeLessThan(100);
    const refreshing = performance.now();
    await store.refresh();
    expect(performance.now() - refreshing).toBeLessThan(2000);
  });
});
