import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { LocalApis } from '../../../src/app/localApis';
import { Emitter } from '../../../src/core/events';
import { marksOf, ServedScripts } from '../../../src/ui/servedScripts';
import { showServingList } from '../../../src/ui/servingList';
import { ServingStatus, statusText } from '../../../src/ui/servingStatus';
import { entryOf, FixedStore, servingOf } from './support';
import { seen } from './vscode';

vi.mock('vscode', async () => (await import('./vscode')).makeVscode());

const API = { port: 41023, address: 'https://127.0.0.1:41023', project: 'demo', folder: '/w' };
const running = servingOf('iris', { state: 'running' });
const idle = servingOf('fraud', { state: 'idle' }, 'docker');
const failed = servingOf('churn', { state: 'failed' });
const stopped = servingOf('titanic');

class FixedApis {
  readonly changed = new Emitter<void>();
  readonly onDidChange = this.changed.event;
  places: readonly (typeof API)[] = [];
  list(): readonly (typeof API)[] {
    return this.places;
  }
  get apis(): LocalApis {
    return this as unknown as LocalApis;
  }
}

beforeEach(() => {
  Object.assign(seen, { items: [], picks: [], providers: [] });
});

describe('the status bar item', () => {
  it.each([
    ['what answers', [running, idle, stopped], [], '$(server-process) 2 running', false],
    ['what failed', [running, failed], [], '$(warning) 1 running, 1 failed', true],
    ['nothing that runs', [stopped], [], '$(server-process) 0 running', false],
    ['the local API beside it', [running], [API], '$(server-process) 1 running  $(plug) Hopsworks API :41023', false],
    ['the local API alone', [], [API], '$(plug) Hopsworks API :41023', false],
    ['several of them', [], [API, API], '$(plug) 2 Hopsworks APIs', false],
  ] as const)('says %s', (_, servings, apis, text, isWarning) => {
    expect(statusText(servings, apis)).toMatchObject({ text, isWarning });
  });

  it('is not there while nothing is ours', () => {
    expect(statusText([], [])).toBeUndefined();
  });

  it('tells a screen reader the same in words', () => {
    expect(statusText([running, failed], [API])?.spoken).toBe(
      'Model Serving: 1 running, 1 failed, Hopsworks API :41023. Show the list',
    );
    const many = Array.from({ length: 12 }, (_, n) => servingOf(`s${n}`));
    expect(statusText(many, [])?.tooltip).toContain('s9: Stopped\n… and 2 more\nClick');
  });

  it('follows what happens, hides, and is one item', () => {
    const [store, apis] = [new FixedStore([]), new FixedApis()];
    const status = new ServingStatus(store.store, apis.apis);
    expect(seen.items).toHaveLength(1);
    const [item] = seen.items;
    expect(item?.isShown).toBe(false);
    store.change([entryOf('process', [failed])]);
    expect(item).toMatchObject({
      isShown: true,
      command: 'modelServing.view.list',
      backgroundColor: { id: 'statusBarItem.warningBackground' },
    });
    store.change([entryOf('process', [running])]);
    expect(item).toMatchObject({ text: '$(server-process) 1 running', backgroundColor: undefined });
    store.change([]);
    expect(item?.isShown).toBe(false);
    apis.places = [API];
    apis.changed.fire();
    expect(item).toMatchObject({ isShown: true, text: '$(plug) Hopsworks API :41023' });
    status.dispose();
  });

  it('looks again while the window has the focus and there is something to tell, not else', () => {
    vi.useFakeTimers();
    const store = new FixedStore([]);
    const status = new ServingStatus(store.store, new FixedApis().apis);
    vi.advanceTimersByTime(60_000);
    expect(store.refreshes).toBe(0);
    store.change([entryOf('process', [running])]);
    vi.advanceTimersByTime(15_000);
    expect(store.refreshes).toBe(1);
    seen.focus(false);
    vi.advanceTimersByTime(60_000);
    expect(store.refreshes).toBe(1);
    seen.focus(true);
    expect(store.refreshes).toBe(2);
    status.dispose();
    vi.advanceTimersByTime(60_000);
    expect(store.refreshes).toBe(2);
    vi.useRealTimers();
  });
});

describe('the list', () => {
  const open = (apis = new FixedApis()) => {
    const store = new FixedStore([entryOf('process', [running, failed, stopped])]);
    const ran: unknown[][] = [];
    showServingList({
      store: store.store,
      apis: apis.apis,
      run: (...args) => {
        ran.push(args);
        return Promise.resolve();
      },
    });
    return { store, ran, pick: seen.picks[0]! };
  };
  const labels = () => seen.picks[0]?.items.map(({ label }) => label);

  it('has every serving with its state, what failed first, and the local API', () => {
    const apis = new FixedApis();
    apis.places = [API];
    const { pick } = open(apis);
    expect(labels()).toEqual([
      '$(error) churn',
      '$(warning) iris',
      '$(circle-large-outline) titanic',
      '$(plug) Local Hopsworks API',
      '',
      '$(add) Create Serving from Script…',
    ]);
    expect(pick.items[1]?.description).toBe('Running · 0/1 · This computer');
  });

  it('opens the one that is chosen', () => {
    const { ran, pick, store } = open();
    expect(store.watchers).toBe(1);
    pick.activeItems = [pick.items[1]];
    pick.accept();
    expect(ran).toEqual([['modelServing.serving.open', running.ref]]);
    expect(pick.isOpen).toBe(false);
    expect(store.watchers, 'nobody looks any more').toBe(0);
  });

  it('has buttons for what can be done now, and stays open to show it', () => {
    const { ran, pick, store } = open();
    const buttons = pick.items
      .slice(0, 3)
      .map((item) => (item.buttons as { tooltip: string }[]).map(({ tooltip }) => tooltip));
    expect(buttons).toEqual([
      ['Start churn', 'Logs of churn'],
      ['Stop iris', 'Logs of iris'],
      ['Start titanic', 'Logs of titanic'],
    ]);
    pick.press(1, 0);
    expect(ran).toEqual([['modelServing.serving.stop', running.ref]]);
    expect(pick.isOpen).toBe(true);
    pick.activeItems = [pick.items[2]];
    store.change([entryOf('process', [{ ...running, state: 'stopping' }, failed, stopped])]);
    expect(labels()).toContain('$(sync~spin) iris');
    expect(pick.activeItems, 'the row stays the same').toEqual([pick.items[2]]);
    pick.press(0, 1);
    expect(pick.isOpen, 'logs open elsewhere').toBe(false);
  });

  it('stops the local API of its folder', () => {
    const apis = new FixedApis();
    apis.places = [API];
    const { ran, pick } = open(apis);
    pick.press(3, 1);
    pick.activeItems = [pick.items[3]];
    pick.accept();
    expect(ran).toEqual([
      ['modelServing.api.stop', '/w'],
      ['modelServing.api.menu', '/w'],
    ]);
  });
});

describe('marks of scripts that are served', () => {
  const folderOf = () => '/w';

  it('say by whom and how it is; what is stopped is not served', () => {
    const second = { ...servingOf('iris2', { state: 'running', model: 'iris' }), differences: [] };
    expect([...marksOf([running, second, stopped, failed], folderOf)]).toEqual([
      [
        '/w/Models/iris/1/iris.py',
        { badge: 'S', tooltip: 'Served by iris (running), Served by iris2 (running)', color: 'list.warningForeground' },
      ],
      [
        '/w/Models/churn/1/churn.py',
        { badge: 'S!', tooltip: 'Served by churn (failed)', color: 'editorError.foreground' },
      ],
    ]);
  });

  it('of servings elsewhere, or without a script, there are none', () => {
    const without = { ...running, definition: { ...running.definition, script: '' } };
    expect(marksOf([without], folderOf).size).toBe(0);
    expect(marksOf([running], () => undefined).size).toBe(0);
  });

  it('are drawn again only where they changed, and not at all when they are turned off', () => {
    const store = new FixedStore([entryOf('process', [running, failed])]);
    const settings = new Emitter<void>();
    let isOn = true;
    const marks = new ServedScripts({ store: store.store, isOn: () => isOn, onDidChangeSettings: settings.event });
    const drawn: string[][] = [];
    marks.onDidChangeFileDecorations((uris) => drawn.push(uris.map(({ fsPath }) => fsPath)));
    const mark = (path: string) => marks.provideFileDecoration({ scheme: 'file', fsPath: path } as never);
    expect(seen.providers).toEqual([marks]);
    expect(mark('/w/Models/churn/1/churn.py')).toMatchObject({ badge: 'S!', color: { id: 'editorError.foreground' } });
    expect(mark('/w/other.py')).toBeUndefined();
    store.changed.fire();
    expect(drawn).toEqual([]);
    store.change([entryOf('process', [running, { ...failed, state: 'stopped' }])]);
    expect(drawn).toEqual([['/w/Models/churn/1/churn.py']]);
    isOn = false;
    settings.fire();
    expect(drawn[1]).toEqual(['/w/Models/iris/1/iris.py']);
    expect(mark('/w/Models/iris/1/iris.py')).toBeUndefined();
    marks.dispose();
  });
});
