import { t } from '../../core/l10n';
import type { Replica, Serving, ServingState } from '../../core/serving';
import type { StateView } from '../../protocol/views/basics';

const states = (): Readonly<Record<ServingState, StateView>> => ({
  creating: { word: t('Creating'), icon: 'sync', turning: true, tone: 'busy' },
  starting: { word: t('Starting'), icon: 'sync', turning: true, tone: 'busy' },
  running: { word: t('Running'), icon: 'pass-filled', turning: false, tone: 'running' },
  updating: { word: t('Updating'), icon: 'sync', turning: true, tone: 'busy' },
  idle: { word: t('Idle'), icon: 'debug-pause', turning: false, tone: 'idle' },
  stopping: { word: t('Stopping'), icon: 'sync', turning: true, tone: 'busy' },
  stopped: { word: t('Stopped'), icon: 'circle-large-outline', turning: false, tone: 'stopped' },
  failed: { word: t('Failed'), icon: 'error', turning: false, tone: 'failed' },
  unknown: { word: t('Unknown'), icon: 'question', turning: false, tone: 'unknown' },
});

const replicasText = (): Readonly<Record<Replica['state'], StateView>> => ({
  ready: { word: t('Ready'), icon: 'pass-filled', turning: false, tone: 'running' },
  starting: { word: t('Starting'), icon: 'sync', turning: true, tone: 'busy' },
  stopping: { word: t('Stopping'), icon: 'sync', turning: true, tone: 'busy' },
  failed: { word: t('Failed'), icon: 'error', turning: false, tone: 'failed' },
});

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
    return {
      word: t('Running · {0}/{1}', String(ready), String(all)),
      icon: 'warning',
      turning: false,
      tone: 'degraded',
    };
  }
  return states()[serving.state];
}

export function toReplicaState(state: Replica['state']): StateView {
  return replicasText()[state];
}
