import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BackendRegistry } from '../../../src/app/backendRegistry';
import { Operations } from '../../../src/app/operations';
import { Servings } from '../../../src/app/servings';
import { ServingStore } from '../../../src/app/servingStore';
import { DEFAULTS, type LocalBackendKind, type ServingDefinition } from '../../../src/core/definition';
import { ServingError } from '../../../src/core/errors';
import type { BackendId, ServingRef } from '../../../src/core/serving';
import { failure, until } from '../../contract/backend.contract';
import { operation } from '../../contract/fixture';
import { MemoryBackend, MemoryWorld, type MemoryScript } from '../../fakes/memoryBackend';

const SCRIPT = 'Models/iris/1/iris.py';

class PlacedBackend extends MemoryBackend {
  override readonly id: BackendId;

  constructor(world: MemoryWorld, kind: LocalBackendKind, folder: string) {
    super(world, kind);
    this.id = `${kind}:${folder}` as BackendId;
  }
}

describe('moving a serving', () => {
  let process: PlacedBackend;
  let docker: PlacedBackend;
  let operations: Operations;
  let store: ServingStore;
  let servings: Servings;
  let registry: BackendRegistry;
  let ref: ServingRef;

  const script: MemoryScript = { predict: (inputs) => inputs };
  const definition: ServingDefinition = {
    ...DEFAULTS,
    name: 'iris',
    model: { name: 'iris', version: 1 },
    script: SCRIPT,
  };
  const on = (backend: PlacedBackend): ServingRef => ({ backend: backend.id, name: 'iris' });
  const names = (): readonly string[] => store.all().map(({ kind, state }) => `${kind} ${state}`);

  beforeEach(async () => {
    const texts = new Map<string, string>();
    process = new PlacedBackend(new MemoryWorld(texts), 'process', 'a');
    docker = new PlacedBackend(new MemoryWorld(texts), 'docker', 'a');
    const far = new PlacedBackend(new MemoryWorld(), 'docker', 'b');
    for (const { world } of [process, docker]) {
      world.scripts.set(SCRIPT, script);
    }
    const folders = ['a', 'b'].map((name) => ({ name, path: `/${name}` }));
    registry = new BackendRegistry(
      { list: () => folders, onDidChange: () => ({ dispose: () => undefined }) },
      ({ name }) => (name === 'a' ? [process, docker] : [far]),
    );
    operations = new Operations();
    const quiet = (): void => undefined;
    store = new ServingStore(registry, operations, { debug: quiet, info: quiet, warn: quiet, error: quiet });
    servings = new Servings(registry, operations, store);
    ref = await servings.create(process.id, definition, operation());
    await servings.start(ref, operation());
    await store.refresh();
  });
  afterEach(() => {
    store.dispose();
    registry.dispose();
  });

  it('goes to the other backends of its folder only', () => {
    expect(servings.moveTargets(ref).map(({ backend }) => backend.id)).toEqual([docker.id]);
    expect(servings.moveTargets({ backend: 'gone' as BackendId, name: 'iris' })).toEqual([]);
  });

  it('is shown as updating, and then only at its new place', async () => {
    const shown: string[] = [];
    docker.world.stageDelay = async () => {
      await store.refresh();
      shown.push(names().join(', '));
    };
    expect(await servings.move(ref, docker.id, operation())).toEqual(on(docker));
    expect(shown[0]).toBe('process updating, docker creating');
    expect(shown.at(-1)).toBe('process updating, docker starting');
    expect(names()).toEqual(['docker running']);
    expect(store.serving(on(docker))?.definition).toEqual({ ...definition, backend: 'docker' });
    const moved = await docker.predict(
      on(docker),
      { verb: 'predict', body: '{"inputs": 7}' },
      AbortSignal.timeout(1000),
    );
    expect(moved.body).toBe('{"predictions":7}');
  });

  it('that fails is told about the old one, which goes on', async () => {
    docker.world.scripts.delete(SCRIPT);
    const error = await failure(servings.move(ref, docker.id, operation()));
    expect(error.about).toEqual(ref);
    expect(names()).toEqual(['process running']);
    expect(operations.current(ref)).toBeUndefined();
  });

  it('is given up by a stop of this window', async () => {
    docker.world.stageDelay = (_stage, signal) => sleep(60_000, undefined, { signal });
    const moving = failure(servings.move(ref, docker.id, operation()));
    await until(() => operations.current(ref)?.progress !== undefined);
    await servings.stop(ref, operation());
    expect((await moving).code).toBe('cancelled');
    expect(names()).toEqual(['process stopped']);
  });

  it('somewhere else is refused before anything is done', async () => {
    const error = await failure(servings.move(ref, 'docker:b' as BackendId, operation()));
    expect(error).toBeInstanceOf(ServingError);
    expect(error.code).toBe('unavailable');
    expect(names()).toEqual(['process running']);
  });
});
