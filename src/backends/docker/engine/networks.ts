import { t } from '../../../core/l10n';
import type { EngineCalls } from './calls';

/** Other containers of the network find it by these names. */
export async function connectNetwork(
  calls: EngineCalls,
  network: string,
  container: string,
  aliases: readonly string[],
): Promise<void> {
  const EndpointConfig = { Aliases: [...aliases] };
  await calls.call(t('Connecting a container to a network'), undefined, (abortSignal) =>
    calls.dial({
      path: `/networks/${network}/connect`,
      method: 'POST',
      options: { Container: container, EndpointConfig },
      abortSignal,
    }),
  );
}

export async function disconnectNetwork(calls: EngineCalls, network: string, container: string): Promise<void> {
  await calls.call(
    t('Disconnecting a container from a network'),
    undefined,
    (abortSignal) =>
      calls.dial({
        path: `/networks/${network}/disconnect`,
        method: 'POST',
        options: { Container: container, Force: true },
        abortSignal,
      }),
    { fine: [404] },
  );
}
