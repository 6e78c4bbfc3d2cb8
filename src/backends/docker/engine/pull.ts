import { t } from '../../../core/l10n';
import type { BuildParts } from './build';
import { toEngineError } from './errors';
import type * as port from './port';
import { failureIn, PullShares, type ProgressMessage } from './progress';
import { registryOf, withTag } from './reference';

/** Pulls an image, with the login of its registry where there is one. */
export async function pullImage(
  { calls, address, logins }: BuildParts,
  reference: string,
  onProgress: (progress: port.PullProgress) => void,
  signal: AbortSignal,
): Promise<void> {
  const what = t('Pulling {0}', reference);
  const shares = new PullShares();
  const login = await logins.of(registryOf(reference));
  const stream = await calls.stream(what, signal, {
    path: '/images/create?',
    method: 'POST',
    options: { _query: { fromImage: withTag(reference) }, _body: {} },
    ...(login && {
      authconfig: { username: login.user, password: login.secret, serveraddress: registryOf(reference) },
    }),
  });
  for await (const message of calls.messages<ProgressMessage>(what, stream, signal)) {
    const failure = failureIn(message);
    if (failure !== undefined) {
      throw toEngineError(new Error(failure), what, address);
    }
    onProgress(shares.add(message));
  }
}
