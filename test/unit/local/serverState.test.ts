import { describe, expect, it } from 'vitest';
import { toServerState } from '../../../src/backends/local/serverState';
import { Random } from '../../fakes/random';

describe('toServerState', () => {
  it('reads what a server writes', () => {
    const state = toServerState({
      instance: 'i',
      pid: 42,
      supervisor: '1',
      python: { version: '3.11.7', executable: '/usr/bin/python3' },
      host: '127.0.0.1',
      port: 8080,
      state: 'failed',
      stages: [
        { name: 'start', state: 'done', startedAt: '2026-01-01T00:00:00.000Z', seconds: 0.5 },
        { name: 'import', state: 'done', startedAt: '2026-01-01T00:00:01.000Z', seconds: 1 },
        { name: 'construct', state: 'failed', startedAt: '2026-01-01T00:00:02.000Z', seconds: 2 },
      ],
      replicas: [
        { number: 1, pid: null, state: 'failed', restarts: 2, lastFailure: 'x', requests: 3, memoryBytes: null },
      ],
      failure: {
        stage: 'construct',
        kind: 'missing-package',
        message: 'm',
        exception: { type: 'T', text: 't', frames: [{ file: 'f', line: 7, function: 'g', source: 's', user: true }] },
        remedies: [
          { kind: 'install-package', package: 'xgboost', module: 'xgboost' },
          { kind: 'open-file', file: 'f', line: 7 },
          { kind: 'raise-limit', name: 'loadSeconds' },
          { kind: 'choose-port' },
          { kind: 'something-of-tomorrow' },
          { kind: 'show-logs' },
        ],
      },
      stoppedBecause: 'failed',
      load: {
        features: 4,
        featureNames: ['a', 1],
        verbs: ['classify', 'predict', 'x'],
        framework: 'scikit-learn 1.5.2',
      },
    });
    expect(state).toEqual({
      instance: 'i',
      pid: 42,
      python: { version: '3.11.7', executable: '/usr/bin/python3' },
      host: '127.0.0.1',
      port: 8080,
      state: 'failed',
      stages: [
        { name: 'server', state: 'done', startedAt: new Date('2026-01-01T00:00:00Z'), seconds: 0.5 },
        { name: 'load', state: 'failed', startedAt: new Date('2026-01-01T00:00:01Z'), seconds: 3 },
      ],
      replicas: [{ number: 1, state: 'failed', restarts: 2, lastFailure: 'x', requests: 3 }],
      failure: {
        stage: 'load',
        kind: 'missing-package',
        message: 'm',
        exception: { type: 'T', text: 't', frames: [{ file: 'f', line: 7, function: 'g', source: 's', user: true }] },
        remedies: [
          { kind: 'installPackages', packages: ['xgboost'] },
          { kind: 'openFile', file: 'f', line: 7 },
          { kind: 'raiseLimit', setting: 'loadSeconds' },
          { kind: 'choosePort' },
          { kind: 'showLogs' },
        ],
      },
      stoppedBecause: 'failed',
      loaded: { features: 4, featureNames: ['a'], verbs: ['predict', 'classify'], framework: 'scikit-learn 1.5.2' },
    });
  });

  it('gives a state for any JSON', () => {
    const keys = [
      ...['instance', 'pid', 'python', 'version', 'executable', 'host', 'port', 'state', 'stages', 'name', 'startedAt'],
      ...[
        'seconds',
        'replicas',
        'number',
        'restarts',
        'failure',
        'stage',
        'kind',
        'exception',
        'frames',
        'line',
        'load',
      ],
      ...['remedies', 'verbs', 'features', 'featureNames', 'file', 'user', 'stoppedBecause', 'lastFailure', 'requests'],
    ];
    for (let seed = 0; seed < 3000; seed++) {
      const value = Object.fromEntries(keys.map((key) => [key, new Random(seed * 31 + key.length).json(keys)]));
      const state = toServerState(value);
      expect(['starting', 'ready', 'failed', 'stopping', 'stopped'], String(seed)).toContain(state.state);
      expect(Number.isFinite(state.port) && Number.isFinite(state.pid)).toBe(true);
      for (const stage of state.stages) {
        expect(stage.startedAt === undefined || !Number.isNaN(stage.startedAt.getTime())).toBe(true);
      }
      expect(() => JSON.stringify(state)).not.toThrow();
    }
  });
});
