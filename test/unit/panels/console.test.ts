import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { RequestsFiles } from '../../../src/app/requests/requestsFiles';
import { RequestsPlaces } from '../../../src/app/requests/requestsPlaces';
import { ServingError, type Remedy } from '../../../src/core/errors';
import type { InferenceRequest, InferenceResponse } from '../../../src/core/backend';
import type { Serving } from '../../../src/core/serving';
import type { ConsoleView, PredictReply } from '../../../src/protocol/views/console';
import { ConsoleHost, type ConsolePorts } from '../../../src/ui/panels/consoleHost';
import { ScriptedPrompts, type Answer } from '../../fakes/scriptedPrompts';
import { facts } from '../../webview/fixtures/servings';

const editor = vi.hoisted(() => ({
  clipboard: '',
  saveTo: undefined as string | undefined,
  documents: [] as { uri: { fsPath: string }; isDirty: boolean }[],
}));

vi.mock('vscode', () => ({
  Uri: { file: (fsPath: string) => ({ fsPath }) },
  env: {
    clipboard: {
      writeText: (text: string) => {
        editor.clipboard = text;
        return Promise.resolve();
      },
    },
  },
  window: {
    showSaveDialog: () => Promise.resolve(editor.saveTo === undefined ? undefined : { fsPath: editor.saveTo }),
  },
  workspace: {
    get textDocuments() {
      return editor.documents;
    },
  },
}));

const ROW = { type: 'array', minItems: 4, maxItems: 4 };
const DOCUMENT = {
  'x-model-serving': {
    calls: [
      { name: 'predict', schema: { type: 'array', items: ROW }, source: 'So.', sample: { inputs: [[1, 2, 3, 4]] } },
    ],
  },
};
const REPLY: InferenceResponse = {
  status: 200,
  statusText: 'OK',
  headers: {},
  body: '{"predictions": [0.5]}',
  latencyMs: 2,
};
const signal = new AbortController().signal;

let folder: string;
let host: ConsoleHost | undefined;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'console-'));
  editor.documents = [];
  editor.saveTo = undefined;
});
afterEach(() => {
  host?.dispose();
  rmSync(folder, { recursive: true, force: true });
});

function setUp(change: Partial<ConsolePorts> = {}, answers: readonly (readonly [string, Answer])[] = []) {
  const posted: [string, unknown][] = [];
  const ran: unknown[] = [];
  const remedies: Remedy[] = [];
  const watched: { file: string; changed: () => void; disposed: boolean }[] = [];
  const kept = new Map<string, unknown>();
  const memory: ConsolePorts['memory'] = {
    get: (key) => kept.get(key),
    set: (key, value) => void kept.set(key, value),
  };
  const state: { serving: Serving } = { serving: facts('running', 0).serving };
  const asked: unknown[] = [];
  const prompts = new ScriptedPrompts(answers);
  const own = { name: 'w', path: folder };
  const ports: ConsolePorts = {
    predictor: {
      predict: (_ref, request) => {
        asked.push(request);
        return Promise.resolve(REPLY);
      },
    },
    commands: {
      run: (...args) => {
        ran.push(args);
        return Promise.resolve();
      },
      runRemedy: (remedy) => {
        remedies.push(remedy);
        return Promise.resolve();
      },
    },
    api: () => Promise.resolve(DOCUMENT),
    prompts,
    files: new RequestsFiles(),
    places: new RequestsPlaces({
      folders: { list: () => [own], onDidChange: () => ({ dispose: () => undefined }) },
      folderOf: ({ backend }) => (backend === 'process' ? own : undefined),
      memory,
    }),
    watchFile: (file, changed) => {
      const one = { file, changed, disposed: false };
      watched.push(one);
      return {
        dispose: () => {
          one.disposed = true;
        },
      };
    },
    write: (file, text) => {
      writeFileSync(file, text);
      return Promise.resolve();
    },
    memory,
    log: { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() },
    ...change,
  };
  const end = { send: (name: string, data: unknown) => posted.push([name, data]) };
  const panel = { ref: state.serving.ref, end, isVisible: () => true } as never;
  const made = new ConsoleHost(panel, () => state.serving, ports);
  host = made;
  const views = (): ConsoleView[] =>
    posted.filter(([name]) => name === 'console').map(([, view]) => view as ConsoleView);
  return { host: made, posted, views, ran, remedies, watched, kept, state, asked, prompts };
}

const script = 'Models/irisflowerclassifier/1/irisflowerclassifier';
const file = (): string => path.join(folder, `${script}.requests.json`);

describe("the test console's host", () => {
  it('tells what the server knows of requests and what was saved, once, and again when something is different', async () => {
    const { host: it, views, watched, state } = setUp();
    it.fill();
    await vi.waitFor(() => {
      expect(views()).toHaveLength(1);
    });
    expect(views()[0]).toMatchObject({
      verbs: [{ verb: 'predict', sample: '{\n  "inputs": [[1, 2, 3, 4]]\n}\n', inputs: { source: 'So.' } }],
      file: { name: 'irisflowerclassifier.requests.json', exists: false, requests: [] },
    });
    it.changed();
    await mkdir(path.dirname(file()), { recursive: true });
    writeFileSync(file(), '{"requests": [{"name": "a", "body": {"inputs": []}, "expect": {"status": 200}}]}');
    expect(watched.map((each) => each.file)).toEqual([file()]);
    watched[0]?.changed();
    await vi.waitFor(() => {
      expect(views()).toHaveLength(2);
    });
    expect(views()[1]?.file?.requests).toMatchObject([{ name: 'a', verb: 'predict', isTest: true }]);
    state.serving = { ...state.serving, state: 'stopped' };
    it.changed();
    await vi.waitFor(() => {
      expect(views()[2]?.verbs).toEqual([]);
    });
    it.hidden();
    expect(watched[0]?.disposed).toBe(true);
  });

  it('knows the width of the model where the server has no document', async () => {
    const { host: it, views } = setUp({ api: () => Promise.reject(new ServingError('unreachable', 'no')) });
    it.fill();
    await vi.waitFor(() => {
      expect(views()[0]?.verbs.map(({ verb }) => verb)).toEqual(['predict', 'classify']);
    });
  });

  it('keeps the history, and forgets one that cannot be read', () => {
    const { host: it, posted, kept } = setUp();
    const sent = [{ at: 1, verb: 'predict' as const, body: '', what: '', status: 200, latencyMs: 1, bytes: 1 }];
    it.notifications.keepHistory({ sent });
    it.fill();
    expect(posted).toEqual([['history', { sent }]]);
    for (const key of kept.keys()) {
      kept.set(key, [{ at: 'x' }]);
    }
    it.fill();
    expect(posted).toHaveLength(1);
  });

  it('sends a long reply cut, and copies and saves the whole', async () => {
    const body = `[${'1, '.repeat(50_000)}1]`;
    const { host: it } = setUp({ predictor: { predict: () => Promise.resolve({ ...REPLY, body }) } });
    const reply = (await it.requests.predict({ verb: 'predict', body: '{}' }, signal)) as PredictReply;
    expect([reply.body.length, reply.cutFrom, reply.bytes]).toEqual([100_000, body.length, body.length]);
    it.notifications.copyReply();
    expect(editor.clipboard).toBe(body);
    editor.saveTo = path.join(folder, 'reply.json');
    it.notifications.saveReply();
    await vi.waitFor(() => {
      expect(readFileSync(path.join(folder, 'reply.json'), 'utf8')).toBe(body);
    });
  });

  it('asks for a stream and tells its pieces together, none of them late', async () => {
    const requests: InferenceRequest[] = [];
    const { host: it, posted } = setUp({
      predictor: {
        predict: (_ref, request) => {
          requests.push(request);
          ['a', 'b', 'c'].forEach((text) => request.onText?.(text));
          return Promise.resolve(REPLY);
        },
      },
    });
    await it.requests.predict({ verb: 'predict', body: '{}', stream: 'events' }, signal);
    await it.requests.predict({ verb: 'predict', body: '{}' }, signal);
    expect(requests.map(({ stream, onText }) => [stream, onText !== undefined])).toEqual([
      ['events', true],
      [undefined, false],
    ]);
    await new Promise((resolve) => setTimeout(resolve, 150));
    // The reply has the rest.
    expect(posted).toEqual([['replyPart', { text: 'a' }]]);
  });

  it('says what can be done when nothing answers, and does it; cancelled stays cancelled', async () => {
    const failures = [
      new ServingError('unreachable', 'Nothing answers', { remedies: [{ kind: 'restart' }] }),
      new ServingError('timeout', 'It did not answer in time'),
      ServingError.cancelled('The request'),
    ];
    const predict = (): Promise<never> => Promise.reject(failures.shift() ?? new Error());
    const { host: it, remedies } = setUp({ predictor: { predict } });
    const ask = () => it.requests.predict({ verb: 'predict', body: '{}' }, signal);
    expect(await ask()).toMatchObject({ message: 'Nothing answers', remedies: [{ label: 'Restart' }] });
    it.notifications.replyRemedy({ index: 0 });
    it.notifications.replyRemedy({ index: 7 });
    expect(await ask()).toMatchObject({ remedies: [{ label: 'Show Logs' }] });
    expect(remedies).toEqual([{ kind: 'restart' }]);
    await expect(ask()).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('saves a request and a test under names that are asked for, replacing only when told to', async () => {
    const ask = ['Save Request', { type: 'mine' }] as const;
    const replace = ['Replace the request mine?', 'yes'] as const;
    const {
      host: it,
      views,
      prompts,
    } = setUp({}, [
      ask,
      ['Save Request', { refused: ' ', with: /name/, then: 'mine' }],
      ['Replace the request mine?', 'leave'],
      ['Make Test', { type: 'mine' }],
      replace,
    ]);
    expect(() => it.requests.makeTest({ name: 'x' })).toThrow('no request was answered yet');
    it.fill();
    const request = { verb: 'predict' as const, body: '{"inputs":[[5.10]]}', name: '1 row' };
    expect(await it.requests.saveRequest(request)).toBe('mine');
    await vi.waitFor(() => {
      expect(views().at(-1)?.file?.requests).toMatchObject([{ name: 'mine', isTest: false }]);
    });
    await expect(it.requests.saveRequest(request)).rejects.toMatchObject({ code: 'cancelled' });
    await it.requests.predict({ verb: 'predict', body: '{"inputs":[[5.10]]}' }, signal);
    expect(await it.requests.makeTest({ name: 'mine' })).toBe('mine');
    expect(JSON.parse(readFileSync(file(), 'utf8'))).toEqual({
      requests: [
        {
          name: 'mine',
          verb: 'predict',
          body: { inputs: [[5.1]] },
          expect: { status: 200, reply: { predictions: [0.5] }, tolerance: 1e-6 },
        },
      ],
    });
    prompts.end();
  });

  it('saves nothing into a file that is broken or has changes that are not saved', async () => {
    const { host: it } = setUp();
    await mkdir(path.dirname(file()), { recursive: true });
    writeFileSync(file(), '{');
    const request = { verb: 'predict' as const, body: '{}', name: 'a' };
    await expect(it.requests.saveRequest(request)).rejects.toThrow(
      'irisflowerclassifier.requests.json: It is not a JSON',
    );
    writeFileSync(file(), '{}');
    editor.documents = [{ uri: { fsPath: file() }, isDirty: true }];
    await expect(it.requests.saveRequest(request)).rejects.toThrow('it has changes that are not saved');
    expect(readFileSync(file(), 'utf8')).toBe('{}');
  });

  it('asks for a place where the script is elsewhere, and remembers it', async () => {
    const ask = ['Save Request', { type: 'a' }] as const;
    const { host: it, state } = setUp({}, [ask, ['Save Request', { type: 'b' }]]);
    state.serving = { ...state.serving, ref: { ...state.serving.ref, backend: 'hopsworks:demo' as never } };
    const request = { verb: 'predict' as const, body: '{}', name: 'a' };
    await expect(it.requests.saveRequest(request)).rejects.toMatchObject({ code: 'cancelled' });
    editor.saveTo = path.join(folder, 'there.json');
    await it.requests.saveRequest(request);
    editor.saveTo = undefined;
    const text = (): string => readFileSync(path.join(folder, 'there.requests.json'), 'utf8');
    expect(text()).toContain('"a"');
  });
});
