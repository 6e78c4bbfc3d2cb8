import type { Difference, Serving, ServingState, StageName } from '../../core/serving';
import type { Progress } from '../../core/backend';
import { t } from '../../core/l10n';

/** A state as the tree shows it: codicon, theme colour of the icon, word. */
export interface StateLook {
  readonly icon: string;
  readonly color?: string;
  readonly word: string;
}

const looks = (): Readonly<Record<ServingState, StateLook>> => ({
  creating: { icon: 'sync~spin', color: 'charts.blue', word: t('Creating') },
  stopped: { icon: 'circle-large-outline', word: t('Stopped') },
  starting: { icon: 'sync~spin', color: 'charts.blue', word: t('Starting') },
  running: { icon: 'pass-filled', color: 'charts.green', word: t('Running') },
  idle: { icon: 'debug-pause', word: t('Idle') },
  updating: { icon: 'sync~spin', color: 'charts.blue', word: t('Updating') },
  stopping: { icon: 'sync~spin', color: 'charts.blue', word: t('Stopping') },
  failed: { icon: 'error', color: 'editorError.foreground', word: t('Failed') },
  unknown: { icon: 'question', color: 'list.warningForeground', word: t('Unknown') },
});

export function stateLook(serving: Serving): StateLook {
  return isDegraded(serving)
    ? { icon: 'warning', color: 'list.warningForeground', word: t('Running') }
    : looks()[serving.state];
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
      const differs = serving.differences[0] ? [differsText(serving.differences[0].what)] : [];
      // The port is cut off first in a narrow side bar, so a lone replica that answers is not counted.
      const { min } = serving.definition.replicas;
      const instances = min > 1 || isDegraded(serving) ? [`${readyReplicas(serving)}/${min}`] : [];
      return [word, ...instances, ...port, ...differs].join(' · ');
    }
    case 'creating':
    case 'starting':
    case 'updating': {
      const stage = progress?.stage ?? serving.run?.stages.find(({ state }) => state === 'running')?.name;
      return stage === undefined ? word : `${word} · ${progress?.message ?? stageWord(stage)}`;
    }
    case 'failed': {
      const stage = serving.run?.failure?.stage;
      return stage === undefined ? word : `${word} · ${stageWord(stage)}`;
    }
    default:
      return word;
  }
}

/** Of what is not as it runs: "script differs". */
export function differsText(what: Difference['what']): string {
  switch (what) {
    case 'script':
      return t('script differs');
    case 'model':
      return t('model differs');
    case 'settings':
      return t('settings differs');
  }
}

/** Goes on after the state: "Failed · load". */
function stageWord(stage: StageName): string {
  switch (stage) {
    case 'environment':
      return t('environment');
    case 'artifact':
      return t('artifact');
    case 'image':
      return t('image');
    case 'server':
      return t('server');
    case 'load':
      return t('load');
    case 'prepared':
      return t('prepared');
    case 'scheduled':
      return t('scheduled');
    case 'initialized':
      return t('initialized');
    case 'started':
      return t('started');
    case 'ready':
      return t('ready');
  }
}
