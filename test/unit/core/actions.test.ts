import { describe, expect, it } from 'vitest';
import { allowedActions } from '../../../src/core/actions';
import type { Capability } from '../../../src/core/backend';
import type { ServingState } from '../../../src/core/serving';

const STATES: readonly ServingState[] = [
  'creating',
  'stopped',
  'starting',
  'running',
  'idle',
  'updating',
  'stopping',
  'failed',
  'unknown',
];
const ALL = new Set<Capability>(['edit', 'logs', 'predict']);

describe('allowedActions', () => {
  it.each(STATES)('of %s can be opened, and never be started and stopped', (state) => {
    const actions = allowedActions(state, ALL);
    expect(actions).toContain('open');
    expect(actions.includes('start') && actions.includes('stop')).toBe(false);
    expect(new Set(actions).size).toBe(actions.length);
  });

  it('asks for a capability where one is needed', () => {
    expect(allowedActions('running', ALL)).toEqual(
      expect.arrayContaining(['stop', 'restart', 'edit', 'remove', 'predict', 'logs']),
    );
    expect(allowedActions('running', new Set())).toEqual(['open', 'stop', 'restart', 'remove']);
    expect(allowedActions('failed', ALL)).toContain('start');
    expect(allowedActions('stopping', ALL)).toEqual(['open', 'logs']);
    const all = new Set<Capability>([...ALL, 'move', 'shell']);
    expect(STATES.filter((state) => allowedActions(state, all).includes('move'))).toEqual([
      'stopped',
      'running',
      'idle',
      'failed',
    ]);
    expect(STATES.filter((state) => allowedActions(state, all).includes('shell'))).toEqual(['running', 'updating']);
  });

  it('of an orphan are to adopt it, to take it away and to look at it', () => {
    expect(allowedActions('running', ALL, true)).toEqual(['open', 'logs', 'remove', 'predict', 'adopt']);
    expect(allowedActions('failed', ALL, true)).toEqual(['open', 'logs', 'remove', 'adopt']);
    expect(allowedActions('stopping', ALL, true)).toEqual(['open', 'logs']);
  });
});
