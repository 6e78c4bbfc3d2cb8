import type { Serving, ServingState } from '../../core/serving';
import type { Progress } from '../../core/backend';

/** A state as the tree shows it: codicon, theme colour of the icon, word. */
export interface StateLook {
  readonly icon: string;
  readonly color?: string;
  readonly word: string;
}

const LOOKS: Readonly<Record<ServingState, StateLook>> = {
  creating: { icon: 'sync~spin', color: 'charts.blue', word: 'Creating' },
  stopped: { icon: 'circle-large-outline', word: 'Stopped' },
  starting: { icon: 'sync~spin', color: 'charts.blue', word: 'Starting' },
  running: { icon: 'pass-filled', color: 'charts.green', word: 'Running' },
  idle: { icon: 'debug-pause', word: 'Idle' },
  updating: { icon: 'sync~spin', color: 'charts.blue', word: 'Updating' },
  stopping: { icon: 'sync~spin', color: 'charts.blue', word: 'Stopping' },
  failed: { icon: 'error', color: 'editorError.foreground', word: 'Failed' },
  unknown: { icon: 'question', color: 'list.warningForeground', word: 'Unknown' },
};

export function stateLook(serving: Serving): StateLook {
  return isDegraded(serving)
    ? { icon: 'warning', color: 'list.warningForeground', word: 'Running' }
    : LOOKS[serving.state];
}

/** Running, but with fewer replicas than wanted. */
export function isDegraded(serving: Serving): boolean {
  return serving.state === 'running' && readyReplicas(serving) < serving.definition.replicas.min;
}

export function readyReplicas(serving: Serving): number {
  return serving.run?.replicas.filter(({ state }) => state === 'ready').length ?? 0;
}

/** State, then instances, then address: "Running · 3/3 · :49213". */
export function stateWord(serving: Serving, progress?: Progress): string {
  const { word } = stateLook(serving);
  switch (serving.state) {
    case 'running': {
      const port = serving.run?.endpoint ? [`:${serving.run.endpoint.port}`] : [];
      const differs = serving.differences[0] ? [`${serving.differences[0].what} differs`] : [];
      // The port is cut off first in a narrow side bar, so a lone replica that answers is not counted.
      const { min } = serving.definition.replicas;
      const instances = min > 1 || isDegraded(serving) ? [`${readyReplicas(serving)}/${min}`] : [];
      return [word, ...instances, ...port, ...differs].join(' · ');
    }
    case 'creating':
    case 'starting':
    case 'updating': {
      const stage = progress?.stage ?? serving.run?.stages.find(({ state }) => state === 'running')?.name;
      return stage === undefined ? word : `${word} · ${progress?.message ?? stage}`;
    }
    case 'failed': {
      const stage = serving.run?.failure?.stage;
      return stage === undefined ? word : `${word} · ${stage}`;
    }
    default:
      return word;
  }
}
