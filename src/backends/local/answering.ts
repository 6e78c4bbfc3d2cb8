import { ServingError } from '../../core/errors';
import { t } from '../../core/l10n';
import type { Endpoint, ServingState } from '../../core/serving';

/** Where a serving answers, and the name of the secret that it wants. */
export interface Answering {
  readonly state: ServingState;
  readonly endpoint?: Endpoint;
  readonly token?: string | undefined;
}

/** Of a request that found nobody: what can be done about it. */
export function unreached(error: unknown, context: string, name: string, { elsewhere }: Endpoint): unknown {
  if (!(error instanceof ServingError) || error.code !== 'unreachable') {
    return error;
  }
  return elsewhere === undefined
    ? new ServingError('unreachable', `${context}: ${error.message}`, {
        cause: error,
        remedies: [{ kind: 'restart' }, { kind: 'showLogs', serving: name }],
      })
    : new ServingError(
        'unreachable',
        t('{0}: it answers on {1} only, and there is no way to it yet', context, elsewhere.host),
        {
          cause: error,
          remedies: [
            { kind: 'typeCommand', command: elsewhere.command },
            { kind: 'openSettings', setting: 'modelServing.docker.publishAddress' },
          ],
        },
      );
}
