import { beforeEach, expect, it, vi } from 'vitest';
import { Arranging } from '../../../src/ui/tree/arranging';
import { ServingsView } from '../../../src/ui/tree/servingsView';
import { entryOf, FixedStore, servingOf } from './support';
import { seen } from './vscode';

vi.mock('vscode', async () => (await import('./vscode')).makeVscode());

const servings = (...states: readonly ('running' | 'failed')[]) => [
  entryOf(
    'process',
    states.map((state, n) => servingOf(`s${n}`, { state })),
  ),
];

beforeEach(() => {
  seen.views = [];
});

function open(store: FixedStore) {
  const kept = new Map<string, unknown>();
  const arranging = new Arranging({ get: (key) => kept.get(key), set: (key, value) => kept.set(key, value) });
  const made = new ServingsView(store.store, arranging, { dropMimeTypes: [], dragMimeTypes: [] });
  return { made, arranging, view: seen.views[0]! };
}

it('the badge counts what failed, in words, and goes when it is mended', () => {
  const store = new FixedStore(servings('running', 'failed'));
  const { view, made } = open(store);
  expect(view.badge).toEqual({ value: 1, tooltip: '1 serving failed: s1' });
  store.change(servings('failed', 'failed', 'failed', 'failed', 'failed', 'failed'));
  expect(view.badge).toEqual({ value: 6, tooltip: '6 servings failed: s0, s1, s2, s3, s4 …' });
  const before = view.badge;
  store.changed.fire();
  expect(view.badge, 'not drawn again without need').toBe(before);
  store.change(servings('running'));
  expect(view.badge).toBeUndefined();
  made.dispose();
});

it('an active filter is told, and is gone when it is cleared', () => {
  const { view, arranging, made } = open(new FixedStore(servings('running', 'failed')));
  expect([view.message, view.description]).toEqual(['', '']);
  arranging.change({ shown: 'failed' });
  expect([view.message, view.description]).toEqual(['Filter, failed only: 1 of 2 servings', '1 of 2']);
  arranging.change({ shown: 'all' });
  expect([view.message, view.description]).toEqual(['', '']);
  made.dispose();
});

it('the servings are kept fresh only while the view can be seen', () => {
  const store = new FixedStore(servings('running'));
  const { view, made } = open(store);
  expect(store.watchers).toBe(1);
  view.show(false);
  expect(store.watchers).toBe(0);
  view.show(true);
  made.dispose();
  expect(store.watchers).toBe(0);
});

it('several can be selected; groups and messages among them are none', () => {
  const { view, made } = open(new FixedStore(servings('running')));
  expect(view.options).toMatchObject({ canSelectMany: true, showCollapseAll: true });
  const ref = { backend: 'process:/w', name: 's0' };
  view.selection = [{ ref: undefined }, { ref }];
  expect(made.selection()).toEqual([ref]);
  made.dispose();
});
