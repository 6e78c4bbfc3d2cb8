import type { Replica, Serving, ServingState } from '../../core/serving';
import type { StateView } from '../../protocol/views/basics';

const STATES: Readonly<Record<ServingState, StateView>> = {
  creating: { word: 'Creating', icon: 'sync', turning: true, tone: 'busy' },
  starting: { word: 'Starting', icon: 'sync', turning: true, tone: 'busy' },
  running: { word: 'Running', icon: 'pass-filled', turning: false, tone: 'running' },
  updating: { word: 'Updating', icon: 'sync', turning: true, tone: 'busy' },
  idle: { word: 'Idle', icon: 'debug-pause', turning: false, tone: 'idle' },
  stopping: { word: 'Stopping', icon: 'sync', turning: true, tone: 'busy' },
  stopped: { word: 'Stopped', icon: 'circle-large-outline', turning: false, tone: 'stopped' },
  failed: { word: 'Failed', icon: 'error', turning: false, tone: 'failed' },
  unknown: { word: 'Unknown', icon: 'question', turning: false, tone: 'unknown' },
};

const REPLICAS: Readonly<Record<Replica['state'], StateView>> = {
  ready: { word: 'Ready', icon: 'pass-filled', turning: false, tone: 'running' },
  starting: { word: 'Starting', icon: 'sync', turning: true, tone: 'busy' },
  stopping: { word: 'Stopping', icon: 'sync', turning: true, tone: 'busy' },
  failed: { word: 'Failed', icon: 'error', turning: false, tone: 'failed' },
};

/** How many replicas answer, of how many there should be. */
export function readyReplicas(serving: Serving): { readonly ready: number; readonly all: number } {
  const replicas = serving.run?.replicas ?? [];
  return {
    ready: replicas.filter((each) => each.state === 'ready').length,
    all: Math.max(replicas.length, serving.definition.replicas.min),
  };
}

/** Word, icon and tone of a serving's state; a running one that is not all well says how many replicas answer. */
export function toStateView(serving: Serving): StateView {
  const { ready, all } = readyReplicas(serving);
  if (serving.state === 'running' && ready < all) {
    return { word: `Running · ${String(ready)}/${String(all)}`, icon: 'warning', turning: false, tone: 'degraded' };
  }
  return STATES[serving.state];
}

export function toReplicaState(state: Replica['state']): StateView {
  return REPLICAS[state];
}
