import type { Capability } from './backend';
import type { ServingState } from './serving';

/** What can be done to a serving. */
export type ServingAction =
  | 'start'
  | 'stop'
  | 'restart'
  | 'edit'
  | 'move'
  | 'adopt'
  | 'remove'
  | 'predict'
  | 'logs'
  | 'open'
  | 'shell'
  | 'openPage'
  | 'inferenceLog';

const BY_STATE: Readonly<Record<ServingState, readonly ServingAction[]>> = {
  creating: ['open', 'openPage', 'logs', 'inferenceLog', 'stop', 'remove'],
  stopped: ['open', 'openPage', 'logs', 'inferenceLog', 'start', 'edit', 'move', 'remove'],
  starting: ['open', 'openPage', 'logs', 'inferenceLog', 'stop', 'remove'],
  running: [
    'open',
    'openPage',
    'logs',
    'inferenceLog',
    'stop',
    'restart',
    'edit',
    'move',
    'remove',
    'predict',
    'shell',
  ],
  idle: ['open', 'openPage', 'logs', 'inferenceLog', 'stop', 'restart', 'edit', 'move', 'remove', 'predict'],
  updating: ['open', 'openPage', 'logs', 'inferenceLog', 'stop', 'predict', 'shell'],
  stopping: ['open', 'openPage', 'logs', 'inferenceLog'],
  failed: ['open', 'openPage', 'logs', 'inferenceLog', 'start', 'edit', 'move', 'remove'],
  unknown: ['open', 'openPage', 'logs', 'inferenceLog', 'remove'],
};

/** What a capability must be there for. */
const NEEDS: Partial<Record<ServingAction, Capability>> = {
  edit: 'edit',
  logs: 'logs',
  predict: 'predict',
  move: 'move',
  shell: 'shell',
  openPage: 'pages',
  inferenceLog: 'inferenceLog',
};

const ADOPT: readonly ServingAction[] = ['adopt'];
/** What needs no definition. Once stopped, an orphan is gone for good, so that only its removal stops it. */
const OF_ORPHANS: readonly ServingAction[] = ['open', 'logs', 'predict', 'shell', 'remove'];

/** One table: menus, panel buttons and command guards all ask it. */
export function allowedActions(
  state: ServingState,
  capabilities: ReadonlySet<Capability>,
  isOrphan = false,
): readonly ServingAction[] {
  const actions = BY_STATE[state].filter((action) => {
    const needed = NEEDS[action];
    return needed === undefined || capabilities.has(needed);
  });
  return isOrphan
    ? [...actions.filter((action) => OF_ORPHANS.includes(action)), ...(actions.includes('remove') ? ADOPT : [])]
    : actions;
}
