import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { ServingError } from '../../../src/core/errors';
import type { BackendId, ServingRef } from '../../../src/core/serving';
import type { EngineEvent, EngineInfo, Labels } from '../../../src/backends/docker/engine/port';
import { Fresh } from '../../../src/backends/docker/fresh';
import { EngineWatch, type WatchTimes } from '../../../src/backends/docker/watch';

const INFO: EngineInfo = {
  version: '20.10.24',
  apiVersion: '1.41',
  osType: 'linux',
  architecture: 'amd64',
  cpus: 2,
  memoryBytes: 1,
  name: 'x',
  rootless: false,
  dataRoot: '/',
  cgroupVersion: '2',
  product: 'Docker' as const,
  limits: { memory: true, cores: true, processes: true },
};
const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

class FakeEvents {
  isAway = false;
  calls: string[] = [];
  private queue: EngineEvent[] = [];
  private onEvent: (() => void) | undefined;

  info(): Promise<EngineInfo> {
    this.calls.push('info');
    return this.isAway ? Promise.reject(new ServingError('unreachable', 'gone')) : Promise.resolve(INFO);
  }

  async *events(_labels: Labels, signal: AbortSignal): AsyncGenerator<EngineEvent> {
    this.calls.push('events');
    for (;;) {
      if (this.isAway) {
        throw new ServingError('unreachable', 'gone');
      }
      const event = this.queue.shift();
      if (event !== undefined) {
        yield event;
        continue;
      }
      await new Promise<void>((resolve) => {
        this.onEvent = resolve;
        signal.addEventListener('abort', () => {
          resolve();
        });
      });
      if (signal.aborted) {
        return;
      }
    }
  }

  tell(name: string, action: string, role = 'replica'): void {
    const labels = { 'model-serving.serving': name, 'model-serving.role': role };
    this.queue.push({ action, id: name, labels, time: new Date() });
    this.onEvent?.();
  }

  setAway(isAway: boolean): void {
    this.isAway = isAway;
    this.onEvent?.();
  }
}

let watch: EngineWatch | undefined;
afterEach(() => {
  watch?.dispose();
});

function watching(times: Partial<WatchTimes> = {}): {
  engine: FakeEvents;
  watch: EngineWatch;
  heard: string[];
  available: boolean[];
} {
  const engine = new FakeEvents();
  const made = new EngineWatch({
    engine,
    labels: { 'model-serving.folder': 'x' },
    refOf: (labels) => ({ backend: 'docker:x' as BackendId, name: labels['model-serving.serving'] ?? '' }),
    log,
    times: { pauseMs: 20, longestPauseMs: 80, settleMs: 30, ...times },
  });
  watch = made;
  const heard: string[] = [];
  const available: boolean[] = [];
  made.onDidChange((ref: ServingRef | undefined) => heard.push(ref?.name ?? '*'));
  made.onDidChangeAvailability((now) => available.push(now));
  return { engine, watch: made, heard, available };
}

describe('EngineWatch', () => {
  it('tells once of what comes together, by serving', async () => {
    const { engine, heard } = watching();
    await sleep(150);
    expect(heard.every((name) => name === '*')).toBe(true);
    heard.length = 0;
    for (const action of ['create', 'start', 'die', 'destroy']) {
      engine.tell('a', action);
      engine.tell('b', action);
    }
    await sleep(120);
    expect(heard).toEqual(['a', 'b']);
  });

  it('does not hear what changes nothing', async () => {
    const { engine, heard, watch: made } = watching();
    await sleep(150);
    heard.length = 0;
    const before = made.generation;
    for (const action of ['archive-path', 'exec_create: ls', 'top', 'attach', 'health_status: healthy']) {
      engine.tell('a', action);
    }
    engine.tell('a', 'die', 'once');
    await sleep(120);
    expect(heard).toEqual([]);
    expect(made.generation).toBe(before);
  });

  it('asks for nothing while nothing happens', async () => {
    const { engine, heard } = watching({ slowLookMs: 300 });
    await sleep(200);
    expect(engine.calls.sort()).toEqual(['events', 'info']);
    heard.length = 0;
    await sleep(700);
    expect(engine.calls.length).toBe(2);
    expect(heard).toEqual(['*', '*']);
  });

  it('tries again when the engine goes, ever more rarely, and tells when it is back', async () => {
    const { engine, heard, available, watch: made } = watching();
    await sleep(100);
    expect(available).toEqual([true]);
    engine.setAway(true);
    await sleep(60);
    expect(available).toEqual([true, false]);
    expect(made.generation).toBeUndefined();
    engine.calls = [];
    await sleep(400);
    expect(engine.calls.filter((call) => call === 'info').length).toBeLessThanOrEqual(7);
    heard.length = 0;
    engine.setAway(false);
    await sleep(250);
    expect(available).toEqual([true, false, true]);
    expect(heard).toContain('*');
    heard.length = 0;
    engine.tell('a', 'start');
    await sleep(80);
    expect(heard).toEqual(['a']);
  });

  it('tries at once when it is poked', async () => {
    const { engine, available, watch: made } = watching({ pauseMs: 60_000, longestPauseMs: 60_000 });
    await sleep(50);
    engine.setAway(true);
    await sleep(50);
    engine.setAway(false);
    await sleep(50);
    expect(available).toEqual([true, false]);
    made.poke();
    await sleep(50);
    expect(available).toEqual([true, false, true]);
  });
});

describe('Fresh', () => {
  it('reads again only after a change, and always while nothing is heard', async () => {
    const generations: { generation: number | undefined } = { generation: 1 };
    let loads = 0;
    const fresh = new Fresh(generations, async () => {
      await sleep(5);
      return ++loads;
    });
    expect(await Promise.all([fresh.get(), fresh.get()])).toEqual([1, 1]);
    expect(await fresh.get()).toBe(1);
    generations.generation = 2;
    expect(await fresh.get()).toBe(2);
    fresh.forget();
    expect(await fresh.get()).toBe(3);
    generations.generation = undefined;
    await fresh.get();
    expect(await fresh.get()).toBe(5);
  });

  it('does not keep what was read before a change', async () => {
    const generations = { generation: 1 };
    let value = 'old';
    const fresh = new Fresh(generations, async () => {
      const read = value;
      await sleep(20);
      return read;
    });
    const first = fresh.get();
    value = 'new';
    generations.generation = 2;
    expect(await fresh.get()).toBe('new');
    expect(await first).toBe('old');
    expect(await fresh.get()).toBe('new');
  });
});
