import { afterEach, beforeEach, expect, it } from 'vitest';
import { BackendRegistry } from '../../../src/app/backendRegistry';
import { FolderServings } from '../../../src/app/folderServings';
import { Operations } from '../../../src/app/operations';
import { Servings } from '../../../src/app/servings';
import { ServingStore } from '../../../src/app/servingStore';
import type { LocalBackendKind } from '../../../src/core/definition';
import { ServingError } from '../../../src/core/errors';
import type { BackendId, Serving } from '../../../src/core/serving';
import { MemoryBackend, MemoryWorld } from '../../fakes/memoryBackend';
import { operation } from '../../contract/fixture';
import { ApiPlace, deployment, type Answer } from './apiPlace';

class PlacedBackend extends MemoryBackend {
  override readonly id: BackendId;
  isAway = false;

  constructor(world: MemoryWorld, kind: LocalBackendKind) {
    super(world, kind);
    this.id = `${kind}:demo` as BackendId;
  }

  override servings(signal: AbortSignal): Promise<readonly Serving[]> {
    return this.isAway
      ? Promise.reject(new ServingError('unavailable', 'The engine does not answer'))
      : super.servings(signal);
  }
}

let place: ApiPlace;
let process: PlacedBackend;
let docker: PlacedBackend;
let servings: Servings;
let store: ServingStore;
let kind: LocalBackendKind;

/** The API as the editor composes it: over both backends of a folder, by its own use cases. */
beforeEach(async () => {
  place = new ApiPlace();
  kind = 'process';
  process = new PlacedBackend(place.world, 'process');
  docker = new PlacedBackend(new MemoryWorld(place.world.texts), 'docker');
  const folder = { name: 'demo', path: place.folder };
  const registry = new BackendRegistry(
    { list: () => [folder], onDidChange: () => ({ dispose: () => undefined }) },
    () => [process, docker],
  );
  const operations = new Operations();
  const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
  store = new ServingStore(registry, operations, log);
  servings = new Servings(registry, operations, store);
  place.more = {
    backend: new FolderServings(place.folder, registry, servings, log),
    backendOfNew: () => kind,
    keepsRunning: true,
  };
  await place.open();
  await place.addModel();
  docker.world.scripts.set('Models/iris/1/predict.py', { predict: () => 'in Docker' });
});
afterEach(async () => {
  store.dispose();
  await place.dispose();
});

const put = (change: Readonly<Record<string, unknown>> = {}): Promise<Answer> =>
  place.inProject('PUT', '/serving', { body: deployment(change) });
const act = (id: number, action: string): Promise<Answer> => place.inProject('POST', `/serving/${id}?action=${action}`);
async function until(id: number, wanted: string): Promise<void> {
  const status = async (): Promise<string> =>
    ((await place.inProject('GET', `/serving/${id}`)).json as { status: string }).status;
  await expect.poll(status).toBe(wanted);
}
const ask = async (): Promise<unknown> =>
  (await place.inProject('POST', '/inference/models/iris:predict', { body: '{"instances":[[1]]}' })).json;
const shown = (): readonly string[] =>
  store.all().map(({ ref: { name }, kind: on, state }) => `${name} ${on} ${state}`);

it('what a client deploys runs where the setting says, and the store of the tree has it', async () => {
  await put();
  await act(1, 'START');
  await until(1, 'Running');
  kind = 'docker';
  expect(await put({ name: 'other' })).toMatchObject({ status: 201, json: { id: 2 } });
  await act(2, 'START');
  await until(2, 'Running');
  await expect.poll(shown).toEqual(['iris process running', 'other docker running']);
  // A change of one stays where that one is, with another name, too.
  kind = 'process';
  expect(await put({ id: 2, name: 'another' })).toMatchObject({ status: 201, json: { id: 2, name: 'another' } });
  await expect.poll(shown).toEqual(['iris process running', 'another docker stopped']);
  expect((await put({ name: 'iris' })).json).toMatchObject({ errorCode: 240011 });
});

it('one that is moved, stopped or deleted in the tree is so for clients', async () => {
  await put();
  await act(1, 'START');
  await until(1, 'Running');
  expect(await ask()).toEqual({ predictions: [[1]] });
  const ref = { backend: process.id, name: 'iris' };
  const moved = await servings.move(ref, docker.id, operation());
  expect(await ask()).toEqual({ predictions: 'in Docker' });
  await until(1, 'Running');
  await servings.stop(moved, operation());
  await until(1, 'Stopped');
  expect(await ask()).toMatchObject({ errorCode: 250001 });
  await servings.remove(moved, operation());
  expect(await ask()).toMatchObject({ errorCode: 250000 });
  expect((await place.inProject('GET', '/serving/1')).status).toBe(404);
});

it('an engine that is away takes nothing but its own servings along, and gives them back with their ids', async () => {
  await put();
  kind = 'docker';
  await put({ name: 'other' });
  docker.isAway = true;
  expect((await place.inProject('GET', '/serving')).json).toMatchObject([{ id: 1, name: 'iris' }]);
  docker.isAway = false;
  expect((await place.inProject('GET', '/serving')).json).toMatchObject([{ id: 1 }, { id: 2, name: 'other' }]);
  process.isAway = true;
  expect((await place.inProject('GET', '/serving')).status).toBe(500);
});

it('the end of the API ends no serving', async () => {
  await put();
  await act(1, 'START');
  await until(1, 'Running');
  await place.reopen();
  await until(1, 'Running');
  expect(await ask()).toEqual({ predictions: [[1]] });
});
