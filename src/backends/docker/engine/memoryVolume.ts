import { messageOf } from '../../../core/errors';
import { t } from '../../../core/l10n';
import type { EngineCalls } from './calls';
import type { Labels } from './port';

/** Whoever fills it need not be root; its readers mount it read-only. */
const MOUNT = 'mode=1777,nosuid,nodev,noexec';

export async function createMemoryVolume(
  calls: EngineCalls,
  name: string,
  labels: Labels,
  megabytes: number,
): Promise<void> {
  const create = (o: string): Promise<unknown> =>
    calls.call(t('Making a volume'), undefined, (abortSignal) =>
      calls.dial({
        path: '/volumes/create',
        method: 'POST',
        options: { Name: name, Labels: labels, Driver: 'local', DriverOpts: { type: 'tmpfs', device: 'tmpfs', o } },
        statusCodes: { 200: true, 201: true, 500: 'server error' },
        abortSignal,
      }),
    );
  try {
    await create(`size=${megabytes}m,${MOUNT}`);
  } catch (error) {
    // Podman takes a size for a quota of its disk, of memory, too: then only what is put in limits it.
    if (!/quota/i.test(messageOf(error))) {
      throw error;
    }
    await create(MOUNT);
  }
}
