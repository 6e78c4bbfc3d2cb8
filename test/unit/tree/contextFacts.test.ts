import { beforeEach, expect, it, vi } from 'vitest';
import type { ModelStore } from '../../../src/app/modelStore';
import { ContextFacts, factsOf } from '../../../src/ui/contextFacts';
import { PLAIN } from '../../../src/ui/tree/arrangement';
import { Arranging } from '../../../src/ui/tree/arranging';
import { Emitter } from '../../../src/core/events';
import { entryOf, FixedStore, servingOf } from './support';

const { told } = vi.hoisted(() => ({ told: [] as unknown[][] }));
vi.mock('vscode', async () => ({
  ...(await import('../../manifest/vscodeFake')),
  commands: { executeCommand: (...args: unknown[]) => Promise.resolve(told.push(args.slice(1))) },
}));

const models = (count: number) =>
  ({
    folders: () => [{ models: Array.from({ length: count }) }],
    onDidChange: new Emitter<void>().event,
  }) as unknown as ModelStore;
const facts = (...entries: readonly ReturnType<typeof entryOf>[]) =>
  factsOf({ store: new FixedStore(entries), models: models(0), arrangement: PLAIN });
const away = (kind: 'stopped' | 'missing' | 'signedOut' | 'unreachable') => ({ availability: { kind, message: 'x' } });

beforeEach(() => {
  told.length = 0;
});

it('say what there is', () => {
  expect(facts()).toEqual({
    ...{ hasPython: false, engine: '', hopsworks: '', hasConnection: false, hasModels: false },
    ...{ hasServings: false, hasLocalServings: false, servingActions: '', servingsFiltered: false },
  });
  expect(facts(entryOf('process'), entryOf('docker', [], away('stopped')))).toMatchObject({
    hasPython: true,
    engine: 'stopped',
  });
  expect(facts(entryOf('process', [], away('missing')), entryOf('docker'))).toMatchObject({
    hasPython: false,
    engine: 'ready',
  });
  const out = entryOf('hopsworks', [], away('signedOut'));
  expect(facts(out)).toMatchObject({ hopsworks: 'signedOut', hasConnection: true });
  expect(facts(out, entryOf('hopsworks', [], away('unreachable'), '/2')).hopsworks).toBe('signedOut');
  expect(facts(out, entryOf('hopsworks', [], undefined, '/2')).hopsworks, 'one that works is enough').toBe('ready');
  expect(facts(entryOf('hopsworks', [], {}))).toMatchObject({ hopsworks: '', hasConnection: true });
});

it('say what can be done to some serving now', () => {
  const stopped = facts(entryOf('process', [servingOf('a')]));
  expect(stopped).toMatchObject({ hasServings: true, hasLocalServings: true });
  expect(stopped.servingActions).toBe(';edit;logs;move;open;openPage;remove;start;');
  const far = facts(entryOf('hopsworks', [servingOf('a', { state: 'running' }, 'hopsworks')]));
  expect(far).toMatchObject({ hasServings: true, hasLocalServings: false });
  expect(far.servingActions).toMatch(/;stop;/);
});

it('are told once, and again only when they change', () => {
  const store = new FixedStore([entryOf('process')]);
  const arranging = new Arranging({ get: () => undefined, set: () => undefined });
  const made = new ContextFacts({ store: store.store, models: models(1), arranging });
  expect(told).toHaveLength(9);
  expect(told).toContainEqual(['modelServing.hasModels', true]);
  told.length = 0;
  store.changed.fire();
  expect(told).toEqual([]);
  arranging.change({ text: 'x' });
  expect(told).toEqual([['modelServing.servingsFiltered', true]]);
  made.dispose();
});
