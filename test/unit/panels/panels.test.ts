import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { RequestsFiles } from '../../../src/app/requests/requestsFiles';
import { RequestsPlaces } from '../../../src/app/requests/requestsPlaces';
import type { Remedy } from '../../../src/core/errors';
import { Emitter } from '../../../src/core/events';
import type { Traffic } from '../../../src/app/traffic/servingTraffic';
import type { Serving, ServingRef } from '../../../src/core/serving';
import type { Changes } from '../../../src/protocol/changes';
import type { ToPage } from '../../../src/protocol/contract';
import { LogPanels } from '../../../src/ui/panels/logPanel';
import { ServingPanels, type ServingPanelPorts } from '../../../src/ui/panels/servingPanel';
import { ScriptedPrompts } from '../../fakes/scriptedPrompts';
import { facts } from '../../webview/fixtures/servings';

const NOW = Date.UTC(2026, 10, 23, 14, 32, 8);

interface FakePanel {
  readonly posted: ToPage[];
  readonly webview: { html: string; options: unknown };
  visible: boolean;
  title: string;
  disposed: boolean;
  say(message: unknown): void;
  show(visible: boolean): void;
  dispose(): void;
}

const editor = vi.hoisted(() => ({
  panels: [] as FakePanel[],
  serializers: new Map<string, { deserializeWebviewPanel(panel: unknown, state: unknown): Promise<void> }>(),
  clipboard: '',
  document: '',
  saveTo: undefined as string | undefined,
  make: (): unknown => undefined,
}));

vi.mock('vscode', () => ({
  ViewColumn: { Active: -1 },
  Uri: {
    file: (fsPath: string) => ({ path: fsPath, fsPath }),
    joinPath: (base: { path: string }, ...parts: string[]) => ({ path: [base.path, ...parts].join('/') }),
  },
  UIKind: { Desktop: 1, Web: 2 },
  env: {
    remoteName: undefined,
    uiKind: 1,
    clipboard: {
      writeText: (text: string) => {
        editor.clipboard = text;
        return Promise.resolve();
      },
    },
  },
  workspace: {
    openTextDocument: ({ content }: { content: string }) => {
      editor.document = content;
      return Promise.resolve({});
    },
  },
  window: {
    showTextDocument: () => Promise.resolve(),
    showSaveDialog: () =>
      Promise.resolve(editor.saveTo === undefined ? undefined : { path: editor.saveTo, fsPath: editor.saveTo }),
    createWebviewPanel: () => editor.make(),
    registerWebviewPanelSerializer: (type: string, serializer: never) => {
      editor.serializers.set(type, serializer);
      return { dispose: () => editor.serializers.delete(type) };
    },
  },
}));

function makePanel(): FakePanel {
  const said = new Emitter<unknown>();
  const shown = new Emitter<void>();
  const gone = new Emitter<void>();
  const posted: ToPage[] = [];
  const panel = {
    posted,
    visible: true,
    title: '',
    disposed: false,
    webview: {
      html: '',
      options: {} as unknown,
      cspSource: 'https://panel',
      asWebviewUri: (uri: { path: string }) => `https://panel${uri.path}`,
      postMessage: (message: ToPage) => {
        posted.push(message);
        return Promise.resolve(true);
      },
      onDidReceiveMessage: said.event,
    },
    onDidChangeViewState: shown.event,
    onDidDispose: gone.event,
    reveal: vi.fn(),
    say: (message: unknown) => {
      said.fire(message);
    },
    show: (visible: boolean) => {
      panel.visible = visible;
      shown.fire();
    },
    dispose: () => {
      panel.disposed = true;
      gone.fire();
    },
  };
  editor.panels.push(panel);
  return panel;
}

const LINE = { time: 1, level: 'INFO' as const, logger: 'access', message: 'POST', fields: {} };
const log = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };

/** Nothing is known of the requests. */
const noConsole: Omit<ServingPanelPorts['console'], 'predictor'> = {
  api: () => Promise.resolve(undefined),
  prompts: new ScriptedPrompts([]),
  files: new RequestsFiles(),
  places: new RequestsPlaces({
    folders: { list: () => [], onDidChange: () => ({ dispose: () => undefined }) },
    folderOf: () => undefined,
    memory: { get: () => undefined, set: () => undefined },
  }),
  watchFile: () => ({ dispose: () => undefined }),
  write: () => Promise.resolve(),
  memory: { get: () => undefined, set: () => undefined },
};

function setUp() {
  editor.make = makePanel;
  const changed = new Emitter<void>();
  const counted = new Emitter<ServingRef>();
  const state: { serving: Serving | undefined; watching: number; lookingAt: number; traffic: Traffic | undefined } = {
    serving: facts('running', NOW).serving,
    watching: 0,
    lookingAt: 0,
    traffic: undefined,
  };
  const ran: unknown[] = [];
  const remedies: Remedy[] = [];
  const signals: AbortSignal[] = [];
  const source = {
    serving: () => state.serving,
    actions: () => facts('running', NOW).actions,
    progress: () => undefined,
    backendLabel: () => 'This computer',
    onDidChange: changed.event,
    watch: () => {
      state.watching += 1;
      return {
        dispose: () => {
          state.watching -= 1;
        },
      };
    },
  };
  const commands = {
    run: (...args: unknown[]) => {
      ran.push(args);
      return Promise.resolve();
    },
    runRemedy: (remedy: Remedy) => {
      remedies.push(remedy);
      return Promise.resolve();
    },
  };
  const extension = { path: '/ext' } as never;
  const servings = new ServingPanels(extension, {
    source,
    console: {
      ...noConsole,
      predictor: {
        predict: (_ref, _request, signal) => {
          signals.push(signal);
          return new Promise(() => undefined);
        },
      },
    },
    traffic: {
      of: () => state.traffic,
      counts: () => true,
      watch: () => {
        state.lookingAt += 1;
        return {
          dispose: () => {
            state.lookingAt -= 1;
          },
        };
      },
      sent: (ref, status, latencyMs) => ran.push(['sent', ref.name, status, latencyMs]),
      onDidChange: counted.event,
    },
    recording: {
      of: () => undefined,
      watch: () => ({ dispose: () => undefined }),
      onDidChange: new Emitter<ServingRef>().event,
    },
    folderOf: () => '/home/dana/flowers',
    commands,
    showLogs: (_ref, narrow) => ran.push(narrow),
    log,
  });
  const reads: AbortSignal[] = [];
  const seen: string[] = [];
  const { serving } = facts('running', NOW);
  const logs = new LogPanels(extension, {
    source,
    logs: {
      servings: () => [serving.ref],
      async *readAll(_tail, signal) {
        reads.push(signal);
        await Promise.resolve();
        yield { ref: serving.ref, line: LINE };
      },
      async *read(_ref, _options, signal) {
        reads.push(signal);
        yield LINE;
        await new Promise((resolve) => {
          signal.addEventListener('abort', resolve);
        });
      },
    },
    commands,
    seen: (of, line) => seen.push(`${of.name} ${line.message}`),
    log,
  });
  return { seen, servings, logs, state, changed, counted, ran, remedies, signals, reads, ref: serving.ref };
}

/** What the console is told comes when it has been read: see console.test.ts. */
const names = (panel: FakePanel | undefined): string[] =>
  (panel?.posted ?? [])
    .map((each) => (each.kind === 'event' ? each.name : each.kind))
    .filter((name) => name !== 'console');

describe('the panels of VS Code', () => {
  beforeEach(() => {
    editor.panels.length = 0;
    editor.serializers.clear();
  });

  it('are one per serving, fed when the page says that it is ready and at each change', async () => {
    const { servings, ref, changed, state } = setUp();
    servings.show(ref, 'test');
    servings.show(ref);
    expect(editor.panels).toHaveLength(1);
    const [panel] = editor.panels;
    expect(panel?.title).toBe('irisflowerclassifier');
    expect(panel?.webview.html).toContain('https://panel/ext/dist/webview/serving.js');
    expect(panel?.posted).toEqual([]);
    panel?.say({ kind: 'ready' });
    expect(names(panel)).toEqual(['view', 'traffic', 'focusTest']);
    // Nothing of it is different.
    changed.fire();
    expect(names(panel)).toEqual(['view', 'traffic', 'focusTest']);
    state.serving = { ...facts('running', NOW).serving, differences: [] };
    changed.fire();
    await vi.waitFor(() => {
      expect(names(panel)).toEqual(['view', 'traffic', 'focusTest', 'changes']);
    });
    const last = panel?.posted.at(-1);
    expect(last?.kind === 'event' && Object.keys((last.data as Changes<object>).set)).toEqual([
      'health',
      'configuration',
    ]);
    state.serving = undefined;
    changed.fire();
    await vi.waitFor(() => {
      expect(names(panel).at(-1)).toBe('gone');
    });
  });

  it('get nothing while hidden, watch no longer, and everything again when shown', () => {
    const { servings, ref, changed, counted, state, signals } = setUp();
    servings.show(ref);
    const [panel] = editor.panels;
    panel?.say({ kind: 'ready' });
    expect(state.watching).toBe(1);
    panel?.say({ kind: 'request', id: 1, name: 'predict', params: { verb: 'predict', body: '{}' } });
    panel?.show(false);
    expect(signals[0]?.aborted).toBe(true);
    expect(state.watching).toBe(0);
    expect(state.lookingAt).toBe(0);
    changed.fire();
    counted.fire(ref);
    expect(names(panel)).toEqual(['view', 'traffic']);
    panel?.show(true);
    panel?.say({ kind: 'ready' });
    expect(names(panel)).toEqual(['view', 'traffic', 'view', 'traffic']);
    panel?.dispose();
    expect(state.watching).toBe(0);
    expect(state.lookingAt).toBe(0);
    servings.show(ref);
    expect(editor.panels).toHaveLength(2);
  });

  it('tell of a serving that changes 50 times a second at most ten times a second, of its charts once', async () => {
    const { servings, ref, changed, counted, state } = setUp();
    servings.show(ref);
    const [panel] = editor.panels;
    panel?.say({ kind: 'ready' });
    const began = performance.now();
    for (let round = 0; performance.now() - began < 1000; round++) {
      const { serving } = facts('running', NOW);
      state.serving = { ...serving, reason: `change ${String(round)}` };
      changed.fire();
      counted.fire(ref);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const told = names(panel).slice(2);
    expect(told.filter((name) => name === 'changes').length).toBeGreaterThan(5);
    expect(told.filter((name) => name === 'changes').length).toBeLessThanOrEqual(11);
    expect(told.filter((name) => name === 'traffic').length).toBeLessThanOrEqual(2);
    counted.fire({ ...ref, name: 'another' });
  });

  it('open a shell in a replica only where that is allowed', () => {
    const { servings, ref, ran } = setUp();
    servings.show(ref);
    const [panel] = editor.panels;
    panel?.say({ kind: 'notification', name: 'shell', params: { replica: 2 } });
    expect(ran).toEqual([]);
  });

  it('are restored after a reload from what the page kept, and closed when that says nothing', async () => {
    const { ref } = setUp();
    const serializer = editor.serializers.get('modelServing.serving');
    const good = makePanel();
    await serializer?.deserializeWebviewPanel(good, { ref: { backend: ref.backend, name: ref.name } });
    good.say({ kind: 'ready' });
    expect(names(good)).toEqual(['view', 'traffic']);
    for (const state of [undefined, {}, { ref: { name: 5 } }, { ref: { backend: ref.backend, name: ref.name } }]) {
      const bad = makePanel();
      await serializer?.deserializeWebviewPanel(bad, state);
      expect(bad.disposed, JSON.stringify(state)).toBe(true);
    }
  });

  it('stay open when the extension ends, so that a reload brings them back', () => {
    const { servings, ref, state } = setUp();
    servings.show(ref);
    editor.panels[0]?.say({ kind: 'ready' });
    servings.dispose();
    expect(editor.panels[0]?.disposed).toBe(false);
    expect(state.watching).toBe(0);
    expect(editor.serializers.has('modelServing.serving')).toBe(false);
  });

  it('do what is allowed now, and only with files and remedies that they showed', () => {
    const { servings, ref, ran, remedies, state } = setUp();
    servings.show(ref);
    const [panel] = editor.panels;
    const notify = (name: string, params: unknown): void => panel?.say({ kind: 'notification', name, params });
    notify('act', { action: 'stop' });
    notify('act', { action: 'start' });
    notify('act', { action: 'rm -rf' });
    expect(ran).toEqual([['modelServing.serving.stop', ref]]);
    state.serving = facts('failed', NOW).serving;
    notify('remedy', { index: 0 });
    notify('remedy', { index: 9 });
    notify('openFrame', { file: '/etc/passwd', line: 1 });
    notify('openFrame', { file: '/home/dana/flowers/irisflowerclassifier.py', line: 3 });
    expect(remedies).toEqual([
      { kind: 'installPackages', packages: ['xgboost'] },
      { kind: 'openFile', file: '/home/dana/flowers/irisflowerclassifier.py', line: 3 },
    ]);
  });

  it('copy the request with the verb', async () => {
    const { servings, ref } = setUp();
    servings.show(ref);
    editor.panels[0]?.say({
      kind: 'request',
      id: 1,
      name: 'copyAs',
      params: { language: 'python', verb: 'classify', body: '{"inputs": []}' },
    });
    await vi.waitFor(() => {
      expect(editor.clipboard).toContain('/v1/models/irisflowerclassifier:classify');
    });
  });

  it('read the log while shown, narrowed when asked, and stop reading when hidden', async () => {
    const { logs, ref, reads } = setUp();
    logs.show(ref, { request: 'e8d1' });
    const [panel] = editor.panels;
    panel?.say({ kind: 'ready' });
    await vi.waitFor(() => {
      expect(names(panel)).toEqual(['subject', 'narrow', 'lines']);
    });
    expect(panel?.posted.at(-1)).toMatchObject({ data: { first: true, times: [1], text: '\nPOST\n' } });
    panel?.show(false);
    expect(reads.map((each) => each.aborted)).toEqual([true]);
    panel?.show(true);
    panel?.say({ kind: 'ready' });
    panel?.say({ kind: 'notification', name: 'again', params: {} });
    expect(reads.map((each) => each.aborted)).toEqual([true, true, false]);
    panel?.dispose();
    expect(reads.every((each) => each.aborted)).toBe(true);
  });

  it('show the log of all servings, and turn to one of them and back', async () => {
    const { logs, ref, seen, reads } = setUp();
    logs.showAll();
    const [panel] = editor.panels;
    panel?.say({ kind: 'ready' });
    await vi.waitFor(() => {
      expect(names(panel)).toEqual(['subject', 'lines']);
    });
    expect(panel?.title).toBe('Logs: All Servings');
    expect(panel?.posted[0]).toMatchObject({
      data: { all: true, name: 'All servings', live: true, choices: [{ label: 'All servings' }, { label: ref.name }] },
    });
    expect(panel?.posted[1]).toMatchObject({ data: { names: ['access', ref.name] } });
    expect(seen).toEqual([`${ref.name} POST`]);
    panel?.say({ kind: 'notification', name: 'choose', params: { ref } });
    expect(panel?.title).toBe(`Logs: ${ref.name}`);
    expect(panel?.posted.at(-1)).toMatchObject({ data: { all: false, ref } });
    expect(reads).toHaveLength(2);
    // The panel of that serving is this one now, and all of them have none.
    logs.show(ref);
    expect(editor.panels).toHaveLength(1);
    logs.showAll();
    expect(editor.panels).toHaveLength(2);
    panel?.say({ kind: 'notification', name: 'choose', params: { ref: { backend: '', name: '*' } } });
    expect(panel?.title).toBe(`Logs: ${ref.name}`);
    expect(reads).toHaveLength(2);
  });

  it('write lines of the log in pieces: to a file, as one or the other format, or not at all', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'log-export-'));
    const { logs, ref } = setUp();
    logs.show(ref);
    const [panel] = editor.panels;
    panel?.say({ kind: 'ready' });
    const ask = async (id: number, name: string, params: unknown): Promise<ToPage | undefined> => {
      panel?.say({ kind: 'request', id, name, params });
      return vi.waitFor(() => {
        const reply = panel?.posted.find((each) => each.kind !== 'event' && each.id === id);
        expect(reply).toBeDefined();
        return reply;
      });
    };
    editor.saveTo = join(folder, 'a.ndjson');
    expect(await ask(1, 'exportStart', { to: 'file' })).toMatchObject({ result: { id: 1, format: 'ndjson' } });
    await ask(2, 'exportPart', { id: 1, text: 'one\n' });
    expect(readdirSync(folder)).toHaveLength(1);
    expect(readdirSync(folder)[0]).toMatch(/^a\.ndjson\..*\.part$/);
    await ask(3, 'exportPart', { id: 1, text: 'zwö\n' });
    await ask(4, 'exportEnd', { id: 1 });
    expect(readdirSync(folder)).toEqual(['a.ndjson']);
    expect(readFileSync(editor.saveTo, 'utf8')).toBe('one\nzwö\n');
    expect(await ask(5, 'exportPart', { id: 1, text: 'late' })).toMatchObject({ kind: 'error' });
    editor.saveTo = undefined;
    expect(await ask(6, 'exportStart', { to: 'file' })).toMatchObject({ kind: 'result', result: undefined });
    editor.saveTo = join(folder, 'b.log');
    expect(await ask(7, 'exportStart', { to: 'file' })).toMatchObject({ result: { id: 2, format: 'text' } });
    await ask(8, 'exportPart', { id: 2, text: 'half' });
    panel?.show(false);
    await vi.waitFor(() => {
      expect(readdirSync(folder)).toEqual(['a.ndjson']);
    });
    rmSync(folder, { recursive: true });
  });

  it('write lines of the log to the clipboard and to an editor, of too many the newest', async () => {
    const { logs, ref } = setUp();
    logs.show(ref);
    const [panel] = editor.panels;
    panel?.say({ kind: 'ready' });
    let last = 0;
    const ask = (name: string, params: unknown): Promise<void> => {
      const id = (last += 1);
      panel?.say({ kind: 'request', id, name, params });
      return vi.waitFor(() => {
        expect(panel?.posted.some((each) => each.kind === 'result' && each.id === id)).toBe(true);
      });
    };
    await ask('exportStart', { to: 'clipboard' });
    await ask('exportPart', { id: 1, text: 'one\n' });
    await ask('exportPart', { id: 1, text: 'two\n' });
    await ask('exportEnd', { id: 1 });
    expect(editor.clipboard).toBe('one\ntwo\n');
    await ask('exportStart', { to: 'document' });
    await ask('exportPart', { id: 2, text: 'x'.repeat(30_000_000) });
    await ask('exportPart', { id: 2, text: 'y'.repeat(30_000_000) });
    await ask('exportEnd', { id: 2 });
    expect(editor.document.slice(0, 200)).toMatch(
      /^\[30000000 characters before this are left out: save the log.*\]\ny+$/,
    );
  });
});
