import type { Availability } from '../../core/backend';
import { messageOf } from '../../core/errors';
import { t } from '../../core/l10n';
import type { EnginePlaces, FoundPlace } from './enginePlaces';

/** Whether there is an engine that can be used, as the tree says it. */
export async function availabilityOf(places: EnginePlaces, signal: AbortSignal): Promise<Availability> {
  let place: FoundPlace;
  try {
    place = await places.get(signal);
  } catch (error) {
    return { kind: 'missing', message: messageOf(error) };
  }
  try {
    const { product, version, osType, rootless } = await place.info(signal);
    const name = product === 'Docker' ? 'engine' : product;
    return osType === 'linux' || osType === ''
      ? { kind: 'ready', detail: `${name} ${version}${rootless ? ', rootless' : ''}` }
      : { kind: 'missing', message: t('The engine runs {0} containers: switch it to Linux containers', osType) };
  } catch (error) {
    // A row of the tree is narrow: what was tried is left out.
    const reason = messageOf(error).replace(/^Asking the Docker engine: /, '');
    return { kind: 'stopped', message: reason.charAt(0).toUpperCase() + reason.slice(1) };
  }
}
