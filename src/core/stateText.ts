import { t } from './l10n';
import type { ServingState } from './serving';

/** Goes on after "it is ": `stopped`. */
export function stateText(state: ServingState): string {
  switch (state) {
    case 'creating':
      return t('creating');
    case 'stopped':
      return t('stopped');
    case 'starting':
      return t('starting');
    case 'running':
      return t('running');
    case 'idle':
      return t('idle');
    case 'updating':
      return t('updating');
    case 'stopping':
      return t('stopping');
    case 'failed':
      return t('failed');
    case 'unknown':
      return t('unknown');
  }
}
