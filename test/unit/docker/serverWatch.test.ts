import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ContainerDetail } from '../../../src/backends/docker/engine/port';
import { ServerWatch } from '../../../src/backends/docker/serverWatch';
import { DEFAULTS } from '../../../src/core/definition';
import type { StageName } from '../../../src/core/serving';
import { FakeOutput } from './fakeOutput';

const definition = { ...DEFAULTS, name: 'iris', model: { name: 'iris', version: 1 }, script: 'Models/iris/1/a.py' };
const run = { instance: 'run1', startedAt: '2026-11-29T10:00:00Z', definition, stages: [] };
const failure = { stage: 'import', kind: 'script', message: 'No module named nothing', remedies: [] };

let output: FakeOutput;
/** What the file of each replica's server holds. */
let files: Map<string, object>;
let reads: string[];
let stages: StageName[];
let failed: string[];
let exits: Map<string, number>;
let ended: AbortController;

beforeEach(() => {
  output = new FakeOutput();
  output.add('a', 1);
  files = new Map([['a', { state: 'starting' }]]);
  reads = [];
  stages = [];
  failed = [];
  exits = new Map();
  ended = new AbortController();
});

afterEach(() => {
  ended.abort();
});

function watching(): { readonly watch: ServerWatch; readonly done: Promise<string> } {
  const wordsOf = (id: string): Promise<string | undefined> => {
    reads.push(id);
    const file = files.get(id);
    return Promise.resolve(file && JSON.stringify(file));
  };
  const inspectContainer = (id: string): Promise<ContainerDetail> => {
    const exitCode = exits.get(id);
    const running = exitCode === undefined;
    const startedAt = new Date();
    const base = { id, name: id, labels: {}, restarting: false, oomKilled: false, restartCount: 0, startedAt };
    return Promise.resolve({ ...base, running, exitCode: exitCode ?? 0 });
  };
  const engine = { inspectContainer, containerLogs: output.containerLogs.bind(output) };
  const made = [...output.made.keys()].map((id, index) => ({ id, number: index + 1, labels: {} }));
  const watch = new ServerWatch({
    context: { name: 'iris', folder: '/work', engine, listing: { wordsOf } },
    run,
    made,
    signal: ended.signal,
    onStage: (stage) => stages.push(stage),
    onFailure: (words) => failed.push(words),
  });
  const done = watch.run().then(
    () => 'over',
    (error: unknown) => String(error),
  );
  return { watch, done };
}

function say(message: string, more: object = {}): void {
  output.print('a', JSON.stringify({ time: 'now', level: 'INFO', logger: 'server', message, ...more }));
}

describe('the watch on servers that start', () => {
  it('reads when a worker has news, and not for what the script prints', async () => {
    const { watch } = watching();
    say('Listening');
    await sleep(50);
    output.print('a', 'a line of the script');
    output.print('a', JSON.stringify({ time: 'now', level: 'INFO', logger: 'script', message: 'x', replica: 1 }));
    await sleep(1300);
    expect(reads).toEqual([]);
    expect(stages).toEqual(['load']);
    expect(watch.isNew).toBe(false);
    const said = watch.news(10_000);
    files.set('a', { state: 'ready' });
    say('Ready', { replica: 1 });
    await said;
    expect(watch.isNew).toBe(true);
    await expect.poll(() => reads).toEqual(['a']);
    expect(await watch.words()).toBe('{"state":"ready"}');
  });

  it('tells of a failure at once', async () => {
    const { done } = watching();
    say('Listening');
    await sleep(50);
    const began = performance.now();
    files.set('a', { state: 'failed', failure });
    say('No module named nothing', { level: 'ERROR' });
    expect(await done).toContain('No module named nothing');
    expect(performance.now() - began).toBeLessThan(1000);
    expect(failed.map((words) => JSON.parse(words) as object)).toEqual([{ state: 'failed', failure }]);
  });

  it('reads now and then where no log can be read, and tells of a failure all the same', async () => {
    output.goAway();
    const { done } = watching();
    await sleep(700);
    expect(reads.length).toBeGreaterThan(0);
    files.set('a', { state: 'failed', failure });
    expect(await done).toContain('No module named nothing');
  });

  it('sees that a container has ended when its log does', async () => {
    const { done } = watching();
    say('Listening');
    await sleep(50);
    const began = performance.now();
    exits.set('a', 3);
    output.print('a', 'the last words');
    output.stop('a');
    expect(await done).toMatch(/ended with exit code 3, with "the last words"/);
    expect(performance.now() - began).toBeLessThan(800);
  });

  it('has no words of a server that was not ready when it was read, and knows who is left', async () => {
    output.add('b', 2);
    files.set('b', { state: 'starting' });
    const { watch } = watching();
    say('Ready', { replica: 1 });
    await expect.poll(() => reads).toEqual(['a', 'b']);
    expect(await watch.words()).toBeUndefined();
    watch.missing([{ id: 'b', number: 2, labels: {} }], true);
    await sleep(200);
    say('The worker died', { replica: 1, level: 'ERROR' });
    await expect.poll(() => reads).toEqual(['a', 'b', 'b']);
  });
});
