import { t } from '../../../core/l10n';
import type { EngineCalls } from './calls';
import type * as port from './port';
import * as results from './results';

export async function listNetworks(calls: EngineCalls, labels: port.LabelFilter): Promise<readonly port.NamedThing[]> {
  const found = await list<readonly results.ListedThing[]>(calls, t('Listing the networks'), '/networks?', labels);
  return results.withLabels(found.map(results.toNamed), labels);
}

export async function listVolumes(calls: EngineCalls, labels: port.LabelFilter): Promise<readonly port.NamedThing[]> {
  const { Volumes } = await list<{ readonly Volumes: readonly results.ListedThing[] | null }>(
    calls,
    t('Listing the volumes'),
    '/volumes?',
    labels,
  );
  return results.withLabels((Volumes ?? []).map(results.toNamed), labels);
}

export async function listImages(calls: EngineCalls, labels: port.LabelFilter): Promise<readonly port.ImageSummary[]> {
  const found = await list<readonly results.ListedImage[]>(calls, t('Listing the images'), '/images/json?', labels);
  return results.withLabels(found.map(results.toImageSummary), labels);
}

function list<T>(calls: EngineCalls, what: string, path: string, labels: port.LabelFilter): Promise<T> {
  const filters = results.labelFilters(labels);
  return calls.call(what, undefined, (abortSignal) => calls.get<T>(path, { filters }, abortSignal));
}
