import type { Backend } from '../core/backend';

/** What the API needs of where servings run: one backend, or all of a workspace folder. */
export type ServingAccess = Pick<
  Backend,
  'servings' | 'create' | 'update' | 'start' | 'stop' | 'remove' | 'logs' | 'predict'
>;
