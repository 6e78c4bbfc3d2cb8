import { describe, expect, it } from 'vitest';
import type { RunRecord } from '../../../src/backends/local/ledger';
import { toServerState, type ServerState } from '../../../src/backends/local/serverState';
import { toState, type Observed } from '../../../src/backends/process/state';
import { DEFAULTS } from '../../../src/core/definition';

const RUN: RunRecord = {
  instance: 'i',
  startedAt: '2026-01-01T00:00:00.000Z',
  definition: { ...DEFAULTS, name: 'iris', model: { name: 'iris', version: 1 }, script: 'iris.py' },
  stages: [],
};
const FAILURE = { stage: 'load', kind: 'script', message: 'it failed', remedies: [] } as const;
const server = (state: ServerState['state'], more: object = {}): ServerState =>
  toServerState({ state, instance: 'i', pid: 1, port: 1, ...more });
const seen = (run: Partial<RunRecord> | undefined, more: Partial<Observed> = {}): Observed => ({
  run: run && { ...RUN, ...run },
  server: undefined,
  alive: false,
  preparerAlive: false,
  ...more,
});

describe('toState', () => {
  it.each<[string, Observed, string, RegExp?]>([
    ['never started', seen(undefined), 'stopped'],
    [
      'environment being made',
      seen({ preparing: true, stages: [stage('environment')] }, { preparerAlive: true }),
      'creating',
    ],
    [
      'artifact being packed',
      seen({ preparing: true, stages: [stage('artifact')] }, { preparerAlive: true }),
      'starting',
    ],
    ['its window was closed', seen({ preparing: true }), 'stopped', /window that started it was closed/],
    ['spawned, not written down', seen({ preparing: true }, { alive: true }), 'starting'],
    ['loads', seen({ server: { pid: 1 } }, { alive: true, server: server('starting') }), 'starting'],
    ['ready', seen({ server: { pid: 1 } }, { alive: true, server: server('ready') }), 'running'],
    ['asked to stop', seen({ stopAsked: true }, { alive: true, server: server('ready') }), 'stopping'],
    ['stops by itself', seen({}, { alive: true, server: server('stopping') }), 'stopping'],
    [
      'failed, still there',
      seen({}, { alive: true, server: server('failed', { failure: FAILURE }) }),
      'failed',
      /it failed/,
    ],
    ['ended as asked', seen({ stopAsked: true, endedAt: 'x' }, { server: server('ready') }), 'stopped'],
    [
      'ended by its lease',
      seen({}, { server: server('stopped', { stoppedBecause: 'lease' }) }),
      'stopped',
      /no window/,
    ],
    ['failed', seen({}, { server: server('failed', { failure: FAILURE }) }), 'failed', /it failed/],
    ['could not be prepared', seen({ endedAt: 'x', preparing: true, failure: FAILURE }), 'failed', /it failed/],
    ['killed', seen({ server: { pid: 1 } }, { server: server('ready') }), 'failed', /it was killed/],
    ['updating', seen({ successor: RUN }, { alive: true, server: server('ready'), preparerAlive: true }), 'updating'],
    ['replaced', seen({ successor: RUN }, { server: server('stopped'), preparerAlive: true }), 'updating'],
    ['update given up', seen({ successor: RUN }, { alive: true, server: server('ready') }), 'running'],
  ])('%s', (_what, observed, state, reason) => {
    const derived = toState(observed);
    expect(derived.state).toBe(state);
    if (reason) {
      expect(derived.reason).toMatch(reason);
    } else {
      expect(derived.reason).toBeUndefined();
    }
  });

  it('says which replica is not well', () => {
    const replicas = [{ number: 2, state: 'starting', lastFailure: 'was killed' }];
    expect(toState(seen({}, { alive: true, server: server('ready', { replicas }) }))).toEqual({
      state: 'running',
      reason: 'Replica 2 was killed',
    });
  });

  it('is total: every combination has one of the states, and a reason whenever it failed', () => {
    const yesNo = [false, true];
    const servers = [
      undefined,
      ...(['starting', 'ready', 'failed', 'stopping', 'stopped'] as const).map((s) => server(s)),
    ];
    let count = 0;
    for (const alive of yesNo) {
      for (const preparerAlive of yesNo) {
        for (const state of servers) {
          for (let bits = 0; bits < 32; bits++) {
            const run: RunRecord = {
              ...RUN,
              ...(bits & 1 ? { preparing: true } : {}),
              ...(bits & 2 ? { server: { pid: 1 } } : {}),
              ...(bits & 4 ? { stopAsked: true } : {}),
              ...(bits & 8 ? { endedAt: 'x' } : {}),
              ...(bits & 16 ? { successor: RUN } : {}),
            };
            const derived = toState({ run, server: state, alive, preparerAlive });
            expect(['creating', 'stopped', 'starting', 'running', 'updating', 'stopping', 'failed']).toContain(
              derived.state,
            );
            if (derived.state === 'failed' && !alive) {
              expect(derived.reason).toBeTruthy();
            }
            if (derived.state === 'running') {
              expect(alive && state?.state === 'ready').toBe(true);
            }
            count++;
          }
        }
      }
    }
    expect(count).toBe(768);
  });
});

function stage(name: 'environment' | 'artifact'): RunRecord['stages'][number] {
  return { name, startedAt: '2026-01-01T00:00:00.000Z' };
}
