import type { EngineCalls } from './calls';
import type * as port from './port';
import * as results from './results';

export async function listNetworks(calls: EngineCalls, labels: port.LabelFilter): Promise<readonly port.NamedThing[]> {
  return calls.call('Listing the networks', undefined, async (abortSignal) => {
    const filters = results.labelFilters(labels);
    return (await calls.get<readonly results.ListedThing[]>('/networks?', { filters }, abortSignal)).map(
      results.toNamed,
    );
  });
}

export async function listVolumes(calls: EngineCalls, labels: port.LabelFilter): Promise<readonly port.NamedThing[]> {
  return calls.call('Listing the volumes', undefined, async (abortSignal) => {
    const filters = results.labelFilters(labels);
    const found = await calls.get<{ readonly Volumes: readonly results.ListedThing[] | null }>(
      '/volumes?',
      { filters },
      abortSignal,
    );
    return (found.Volumes ?? []).map(results.toNamed);
  });
}

export async function listImages(calls: EngineCalls, labels: port.LabelFilter): Promise<readonly port.ImageSummary[]> {
  return calls.call('Listing the images', undefined, async (abortSignal) => {
    const filters = results.labelFilters(labels);
    return (await calls.get<readonly results.ListedImage[]>('/images/json?', { filters }, abortSignal)).map(
      results.toImageSummary,
    );
  });
}
