import { t } from './l10n';

/** What is done to a serving, as a call that may fail. */
export type ServingVerb = 'create' | 'start' | 'stop' | 'restart' | 'update' | 'move' | 'adopt' | 'remove';

/** What failed, for the beginning of a message: `Could not start iris`. */
export function couldNot(verb: ServingVerb, name: string): string {
  switch (verb) {
    case 'create':
      return t('Could not create {0}', name);
    case 'start':
      return t('Could not start {0}', name);
    case 'stop':
      return t('Could not stop {0}', name);
    case 'restart':
      return t('Could not restart {0}', name);
    case 'update':
      return t('Could not update {0}', name);
    case 'move':
      return t('Could not move {0}', name);
    case 'adopt':
      return t('Could not adopt {0}', name);
    case 'remove':
      return t('Could not remove {0}', name);
  }
}
