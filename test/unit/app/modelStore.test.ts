import { describe, expect, it } from 'vitest';
import { ModelStore, type ModelStoreParts } from '../../../src/app/modelStore';
import type { Model } from '../../../src/core/model';

const model = (name: string): Model => ({ name, folder: '/w', directory: `/w/Models/${name}`, versions: [] });
const none = { dispose: () => undefined };

function makeStore(read: ModelStoreParts['read']) {
  let onFileChange: () => void = () => undefined;
  const store = new ModelStore({
    folders: { list: () => [{ name: 'w', path: '/w' }], onDidChange: () => none },
    read,
    watch: (_, onChange) => {
      onFileChange = onChange;
      return none;
    },
    log: { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined },
  });
  const seen: string[] = [];
  store.onDidChange(() =>
    seen.push(
      store
        .of('/w')
        .map(({ name }) => name)
        .join(),
    ),
  );
  return {
    store,
    seen,
    fileChanged: () => {
      onFileChange();
    },
  };
}

describe('ModelStore', () => {
  it('shows the first models while the rest is read, and counts as loaded at the end only', async () => {
    const loaded: boolean[] = [];
    const { store, seen } = makeStore((_, onFirst) => {
      onFirst([model('a')]);
      loaded.push(store.isLoaded);
      return Promise.resolve([model('a'), model('b')]);
    });
    await store.refresh();
    expect(seen).toEqual(['a', 'a,b']);
    expect([...loaded, store.isLoaded]).toEqual([false, true]);
  });

  it('never shows fewer while it reads again', async () => {
    const { store, seen, fileChanged } = makeStore((_, onFirst) => {
      onFirst([model('a')]);
      return Promise.resolve([model('a'), model('b')]);
    });
    await store.refresh();
    fileChanged();
    await store.refresh();
    expect(seen.slice(1).every((names) => names === 'a,b')).toBe(true);
  });

  it('keeps what it knew and says why a reading failed', async () => {
    let fails = false;
    const { store } = makeStore(() =>
      fails ? Promise.reject(new Error('no right to read it')) : Promise.resolve([model('a')]),
    );
    await store.refresh();
    fails = true;
    await store.refresh();
    expect(store.folders()[0]).toMatchObject({ models: [{ name: 'a' }], error: 'no right to read it' });
    expect(store.isLoaded).toBe(true);
  });
});
