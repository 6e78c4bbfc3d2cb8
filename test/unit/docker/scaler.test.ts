import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BackendId } from '../../../src/core/serving';
import { Decisions } from '../../../src/backends/docker/scaling/decisions';
import {
  Scaler,
  scalerLock,
  type ScalableServing,
  type ScalerParts,
} from '../../../src/backends/docker/scaling/scaler';

const ref = { backend: 'docker:x' as BackendId, name: 'iris' };
let directory: string;
let scalers: Scaler[];
let now: number;
let serving: ScalableServing;
let inFlight: number;
let asked: number;
let scaled: number[];
let logged: string[];
let notes: string[];
let fails: boolean;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'scaler-'));
  scalers = [];
  now = 1_000_000;
  serving = { ref, replicas: 1, min: 1, max: 4, run: 'r1', isChanging: false };
  inFlight = 0;
  asked = 0;
  scaled = [];
  logged = [];
  notes = [];
  fails = false;
});

afterEach(async () => {
  scalers.forEach((each) => {
    each.dispose();
  });
  await Promise.all(scalers.map(({ done }) => done));
  await rm(directory, { recursive: true, force: true });
});

/** Each look at the load is a second later. */
function scaler(more: Partial<ScalerParts> = {}): Scaler {
  const made = new Scaler({
    directory,
    decisionsOf: ({ name }) => join(directory, `${name}.scaling.json`),
    note: (_, message, level) => notes.push(`${level} ${message}`),
    servings: () => Promise.resolve(serving.max > serving.min ? [serving] : []),
    load: () => {
      asked++;
      now += 1000;
      return Promise.resolve({ inFlight, ready: serving.replicas });
    },
    scale: (_, replicas) => {
      if (fails) {
        return Promise.reject(new Error('no room'));
      }
      scaled.push(replicas);
      serving = { ...serving, replicas };
      return Promise.resolve();
    },
    log: {
      debug: () => undefined,
      info: (text) => logged.push(text),
      warn: (text) => logged.push(text),
      error: () => undefined,
    },
    clock: () => now,
    sampleMs: 5,
    lockPollMs: 20,
    ...more,
  });
  scalers.push(made);
  return made;
}

const state = () => new Decisions(join(directory, `${ref.name}.scaling.json`)).state(scalerLock(directory));

async function until(done: () => boolean): Promise<void> {
  for (let n = 0; n < 400 && !done(); n++) {
    await sleep(10);
  }
  expect(done()).toBe(true);
}

describe('Scaler', () => {
  it('follows the load up and down, and keeps and logs its decisions', async () => {
    inFlight = 50;
    scaler();
    await until(() => serving.replicas === 4);
    inFlight = 0;
    await until(() => serving.replicas === 1);
    expect(scaled).toEqual([2, 4, 3, 2, 1]);
    const { decisions, rule } = await state();
    expect(decisions.map(({ to }) => to)).toEqual(scaled);
    expect(decisions[0]!.reason).toBe('1 → 2: 50 requests in flight per replica for 2 s (more than 4)');
    expect(decisions[0]!.at).toBeInstanceOf(Date);
    expect(rule.more).toContain('more than 4 requests in flight for 2 s');
    expect(logged.filter((text) => text.startsWith('iris: scaled by load, '))).toHaveLength(5);
    expect(notes).toEqual(decisions.map(({ reason }) => `INFO Scaled by load, ${reason}`));
  });

  it('asks no gateway where the number is fixed', async () => {
    serving = { ...serving, max: 1 };
    scaler();
    await sleep(100);
    expect(asked).toBe(0);
  });

  it('does nothing while replicas are replaced', async () => {
    inFlight = 50;
    serving = { ...serving, isChanging: true };
    scaler();
    await until(() => asked > 20);
    expect(scaled).toEqual([]);
  });

  it('runs in one window; another takes over', async () => {
    const first = scaler();
    await until(() => asked > 0);
    let others = 0;
    const second = scaler({
      load: () => {
        others++;
        return Promise.resolve({ inFlight: 0, ready: 1 });
      },
    });
    await sleep(100);
    expect(others).toBe(0);
    first.dispose();
    await until(() => others > 0);
    second.dispose();
  });

  it('says whether a window decides', async () => {
    const made = scaler();
    await until(() => asked > 0);
    expect((await state()).isActive).toBe(true);
    made.dispose();
    await made.done;
    expect((await state()).isActive).toBe(false);
    await writeFile(join(directory, 'scaler.lock'), [hostname(), 4_000_000, 1].join('\n'));
    expect((await state()).isActive).toBe(false);
  });

  it('takes over from a window whose process has ended', async () => {
    await writeFile(join(directory, 'scaler.lock'), [hostname(), 4_000_000, 1].join('\n'));
    scaler();
    await until(() => asked > 0);
  });

  it('ends its turn when another window has taken over meanwhile', async () => {
    inFlight = 50;
    scaler({ scale: () => new Promise(() => undefined), load: () => Promise.resolve({ inFlight: 0, ready: 1 }) });
    await sleep(50);
    await writeFile(join(directory, 'scaler.lock'), [hostname(), process.ppid, 1].join('\n'));
    now += 10_000;
    await sleep(100);
    const before = asked;
    await sleep(100);
    expect(asked).toBe(before);
    await rm(join(directory, 'scaler.lock'), { force: true });
  });

  it('waits after a change that failed', async () => {
    inFlight = 50;
    fails = true;
    scaler();
    await until(() => asked > 25);
    expect(logged.filter((text) => text.includes('could not scale from 1 to 2: no room'))).toHaveLength(1);
    expect(notes.filter((text) => text === 'WARN Could not scale from 1 to 2: no room')).toHaveLength(1);
  });

  it('keeps the last decisions only', async () => {
    inFlight = 50;
    scaler({
      scale: () => {
        serving = { ...serving, run: String(Number(serving.run) + 1) };
        scaled.push(1);
        return Promise.resolve();
      },
    });
    serving = { ...serving, run: '1' };
    await until(() => scaled.length > 25);
    expect((await state()).decisions).toHaveLength(20);
  });
});
