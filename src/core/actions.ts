import type { Capability } from './backend';
import type { ServingState } from './serving';

/** What can be done to a serving. */
export type ServingAction =
  'start' | 'stop' | 'restart' | 'edit' | 'move' | 'remove' | 'predict' | 'logs' | 'open' | 'shell';

const BY_STATE: Readonly<Record<ServingState, readonly ServingAction[]>> = {
  creating: ['open', 'logs', 'stop', 'remove'],
  stopped: ['open', 'logs', 'start', 'edit', 'move', 'remove'],
  starting: ['open', 'logs', 'stop', 'remove'],
  running: ['open', 'logs', 'stop', 'restart', 'edit', 'move', 'remove', 'predict', 'shell'],
  idle: ['open', 'logs', 'stop', 'restart', 'edit', 'move', 'remove', 'predict'],
  updating: ['open', 'logs', 'stop', 'predict', 'shell'],
  stopping: ['open', 'logs'],
  failed: ['open', 'logs', 'start', 'edit', 'move', 'remove'],
  unknown: ['open', 'logs', 'remove'],
};

/** What a capability must be there for. */
const NEEDS: Partial<Record<ServingAction, Capability>> = {
  edit: 'edit',
  logs: 'logs',
  predict: 'predict',
  move: 'move',
  shell: 'shell',
};

/** One table: menus, panel buttons and command guards all ask it. */
export function allowedActions(state: ServingState, capabilities: ReadonlySet<Capability>): readonly ServingAction[] {
  return BY_STATE[state].filter((action) => {
    const needed = NEEDS[action];
    return needed === undefined || capabilities.has(needed);
  });
}
