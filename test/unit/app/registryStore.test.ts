import { beforeEach, describe, expect, it } from 'vitest';
import { RegistryStore } from '../../../src/app/registryStore';
import { ServingError } from '../../../src/core/errors';
import { Emitter } from '../../../src/core/events';
import type { Registry, RegistryVersion } from '../../../src/core/registry';

function version(name: string, number: number): RegistryVersion {
  return { name, version: number, metrics: {}, path: `/Projects/demo/Models/${name}/${number}`, page: 'https://hw/x' };
}

/** A registry of which a test says what it holds, and when it fails. */
class Fake implements Registry {
  readonly connection;
  readonly asked: string[] = [];
  versions_: RegistryVersion[] = [];
  fails: Error | undefined;
  ignoresOffset = false;

  constructor(id: string) {
    this.connection = { id, address: 'https://hw', project: 'demo' };
  }

  page(offset: number, limit: number) {
    this.asked.push(`page ${offset} ${limit}`);
    const from = this.ignoresOffset ? 0 : offset;
    return this.fails
      ? Promise.reject(this.fails)
      : Promise.resolve({ versions: this.versions_.slice(from, from + limit), total: this.versions_.length });
  }

  versions(name: string) {
    this.asked.push(`versions ${name}`);
    const found = this.versions_.filter((each) => each.name === name).reverse();
    return this.fails ? Promise.reject(this.fails) : Promise.resolve(found);
  }

  numbers = () => Promise.resolve([]);
  exportVersion = () => Promise.resolve();
  download = () => Promise.resolve();
}

let one: Fake;
let list: Fake[];
let changed: Emitter<void>;
let store: RegistryStore;
const settled = () => new Promise((resolve) => setTimeout(resolve, 5));
const known = () => store.list()[0]!;
const names = () => known().models?.map(({ name }) => name);

beforeEach(() => {
  one = new Fake('c1');
  one.versions_ = [version('a', 1), version('b', 1), version('b', 2), version('b', 3), version('c', 1)];
  list = [one];
  changed = new Emitter<void>();
  const nothing = (): void => undefined;
  const log = { debug: nothing, info: nothing, warn: nothing, error: nothing };
  store = new RegistryStore({ list: () => list, onDidChange: changed.event }, log, 3);
});

describe('the registries that are known', () => {
  it('ask nothing until somebody opens one', async () => {
    expect(known()).toMatchObject({ isLoading: false, loaded: 0 });
    await settled();
    expect(one.asked).toEqual([]);
    store.open('c1');
    expect(known().isLoading).toBe(true);
    expect(known().models).toBeUndefined();
    await settled();
    expect(one.asked).toEqual(['page 0 3']);
    expect(known()).toMatchObject({ isLoading: false, loaded: 3, total: 5 });
    // Of the last one there may be more on the next page.
    expect(known().models).toMatchObject([
      { name: 'a', isWhole: true },
      { name: 'b', isWhole: false, versions: [{ version: 2 }, { version: 1 }] },
    ]);
  });

  it('read on by pages, to the end', async () => {
    store.open('c1');
    await settled();
    await store.more('c1');
    expect(names()).toEqual(['a', 'b', 'c']);
    expect(known().models?.[1]?.versions.map((each) => each.version)).toEqual([3, 2, 1]);
    expect(known()).toMatchObject({ loaded: 5, total: 5 });
    await store.more('c1');
    expect(one.asked).toEqual(['page 0 3', 'page 3 3']);
  });

  it('end with a server that knows no pages', async () => {
    one.ignoresOffset = true;
    store.open('c1');
    await settled();
    await store.more('c1');
    expect(known()).toMatchObject({ loaded: 3, total: 3 });
  });

  it('read all versions of a model, once', async () => {
    store.open('c1');
    await settled();
    store.openModel('c1', 'b');
    store.openModel('c1', 'b');
    await settled();
    expect(known().models?.[1]).toMatchObject({
      isWhole: true,
      versions: [{ version: 3 }, { version: 2 }, { version: 1 }],
    });
    expect(one.asked.filter((each) => each === 'versions b')).toHaveLength(1);
  });

  it('show a model that was exported, though its page was not read', async () => {
    store.open('c1');
    await settled();
    one.versions_.push(version('z', 1));
    await store.refresh('c1');
    store.openModel('c1', 'z');
    await settled();
    expect(names()).toEqual(['a', 'b', 'z']);
  });

  it('are read again as far as they were known, and keep what they have when that fails', async () => {
    await store.refresh();
    expect(one.asked).toEqual([]);
    store.open('c1');
    await settled();
    await store.more('c1');
    one.versions_ = [version('new', 1), ...one.versions_];
    await store.refresh();
    expect(names()).toEqual(['new', 'a', 'b', 'c']);
    one.fails = new ServingError('unreachable', 'Could not list the models: nothing answers');
    await store.refresh();
    expect(names()).toEqual(['new', 'a', 'b', 'c']);
    expect(known().problem).toEqual({ code: 'unreachable', message: 'Could not list the models: nothing answers' });
    one.fails = undefined;
    await store.refresh('c1');
    expect(known().problem).toBeUndefined();
  });

  it('show nothing to whoever signed out, and all to whoever signs in', async () => {
    store.open('c1');
    await settled();
    one.fails = new ServingError('signedOut', 'Could not list the models: nobody is signed in');
    changed.fire();
    await settled();
    expect(known()).toMatchObject({ problem: { code: 'signedOut' }, loaded: 0 });
    expect(known().models).toBeUndefined();
    one.fails = undefined;
    changed.fire();
    await settled();
    expect(names()).toEqual(['a', 'b']);
  });

  it('forget a connection that is gone', async () => {
    store.open('c1');
    await settled();
    list = [];
    changed.fire();
    expect(store.list()).toEqual([]);
    expect(() => store.registry('c1')).toThrow('is gone');
    list = [one];
    expect(known().models).toBeUndefined();
  });

  it('stay quick with 10,000 models', async () => {
    one.versions_ = Array.from({ length: 10_000 }, (_, n) => version(`model_${n}`, 1));
    const nothing = (): void => undefined;
    const log = { debug: nothing, info: nothing, warn: nothing, error: nothing };
    const large = new RegistryStore({ list: () => list, onDidChange: changed.event }, log, 500);
    large.open('c1');
    await settled();
    for (let n = 1; n < 20; n++) {
      await large.more('c1');
    }
    expect(large.list()[0]?.models).toHaveLength(10_000);
    const began = performance.now();
    for (let n = 0; n < 100; n++) {
      large.list();
    }
    expect(performance.now() - began).toBeLessThan(200);
  });
});
