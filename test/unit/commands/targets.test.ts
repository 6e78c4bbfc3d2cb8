import { describe, expect, it, vi } from 'vitest';
import type { ModelStore } from '../../../src/app/modelStore';
import type { Prompts } from '../../../src/app/prompts';
import type { ModelVersion } from '../../../src/core/model';
import type { ServingRef } from '../../../src/core/serving';
import { draggedModelOf, placeOf, Targets } from '../../../src/ui/commands/target';
import { failure } from '../../contract/backend.contract';
import { entryOf, FixedStore, servingOf } from '../tree/support';

vi.mock('vscode', () => import('../../manifest/vscodeFake'));

const [a, b, c] = [servingOf('a', { state: 'running' }), servingOf('b'), servingOf('c', { state: 'failed' })] as const;
const version: ModelVersion = { name: 'iris', version: 1, folder: '/w', directory: '/w/Models/iris/1', metadata: {} };
const KEY = { selection: true };

const targets = (refs: readonly ServingRef[], model?: ModelVersion): Targets =>
  new Targets(
    { list: () => [], onDidChange: () => ({ dispose: () => undefined }) },
    new FixedStore([entryOf('process', [a, b, c])]).store,
    ...([{}, {}] as unknown as [ModelStore, Prompts]),
    { selectedServings: () => refs, selectedVersion: () => model },
  );
const START = { title: 'Start Serving', failed: 'Could not start' };
const DELETE = { title: 'Delete a model version', failed: 'Could not delete a model version' };
const names = async (
  made: Targets,
  action: 'start' | 'stop' | 'remove',
  ...args: unknown[]
): Promise<readonly string[]> => (await made.servingsFor(action, START, args)).map(({ ref }) => ref.name);

describe('a key that is pressed in a view', () => {
  it('is for what is selected there and allows it', async () => {
    const made = targets([a.ref, b.ref, c.ref]);
    expect(await names(made, 'start', KEY)).toEqual(['b', 'c']);
    expect(await names(made, 'remove', KEY)).toEqual(['a', 'b', 'c']);
  });

  it('says why when nothing is selected that allows it', async () => {
    expect((await failure(names(targets([a.ref]), 'start', KEY))).message).toBe('Could not start: a is running');
    expect((await failure(names(targets([]), 'start', KEY))).message).toBe('Could not start: no serving is selected');
  });

  it('in the Models view is for the version that is selected', async () => {
    expect(await targets([], version).versionFor(DELETE, [KEY])).toBe(version);
    const error = await failure(targets([]).versionFor(DELETE, [KEY]));
    expect(error.message).toBe('Could not delete a model version: none is selected');
  });
});

it('of several rows those are taken that allow it; one row is taken as it is', async () => {
  const rows = [{ ref: a.ref }, { ref: b.ref }];
  expect(await names(targets([]), 'stop', rows[1], rows)).toEqual(['a']);
  expect(await names(targets([]), 'stop', rows[1])).toEqual(['b']);
});

it('what was dropped names its place and model, as far as they are such', () => {
  expect(placeOf({ place: 'docker:/w' })).toBe('docker:/w');
  expect([placeOf(undefined), placeOf({ place: 1 })]).toEqual([undefined, undefined]);
  const model = { folder: '/w', name: 'iris', version: 1 };
  expect(draggedModelOf({ model })).toEqual(model);
  expect([draggedModelOf({ model: 'iris' }), draggedModelOf(null), draggedModelOf({})]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});
