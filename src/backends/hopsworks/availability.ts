import type { Availability } from '../../core/backend';
import { messageOf, ServingError } from '../../core/errors';
import { t } from '../../core/l10n';
import type { Session } from './session';

const LIMIT_MS = 15_000;

/** Whether the server of a connection can be used, as the tree says it. */
export async function availabilityOf(session: Session, host: string, signal: AbortSignal): Promise<Availability> {
  const limit = AbortSignal.timeout(LIMIT_MS);
  try {
    const { version } = await session.renewed(AbortSignal.any([signal, limit]));
    return { kind: 'ready', detail: version === undefined ? 'Hopsworks' : `Hopsworks ${version}` };
  } catch (error) {
    if (limit.aborted && !signal.aborted) {
      return { kind: 'unreachable', message: t('{0} did not answer within {1} s', host, LIMIT_MS / 1000) };
    }
    const signedOut = error instanceof ServingError && ['signedOut', 'forbidden'].includes(error.code);
    return { kind: signedOut ? 'signedOut' : 'unreachable', message: messageOf(error) };
  }
}
