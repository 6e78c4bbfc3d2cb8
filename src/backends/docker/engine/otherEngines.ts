import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isObject } from '../../../core/objects';
import {
  atContext,
  configFolder,
  type EnginePlace,
  isSocket,
  readJson,
  type Surroundings,
  usualPlaces,
} from './address';

/** Every engine on this computer that could be meant: the usual places where something listens, and all contexts. */
export async function localEngines(around: Surroundings): Promise<readonly EnginePlace[]> {
  const found: EnginePlace[] = [];
  for (const url of usualPlaces(around)) {
    if (around.platform === 'win32' || (await isSocket(url.slice('unix://'.length)))) {
      found.push({ address: { url, source: 'default' } });
    }
  }
  for (const name of await contextNames(around)) {
    const place = await atContext(name, around).catch(() => undefined);
    if (place && /^(unix|npipe):/.test(place.address.url)) {
      found.push(place);
    }
  }
  const urls = found.map(({ address }) => address.url);
  return found.filter(({ address }, index) => urls.indexOf(address.url) === index);
}

/** The contexts that the Docker CLI has, but for `default`. */
export async function contextNames(around: Surroundings): Promise<readonly string[]> {
  const folder = join(configFolder(around), 'contexts', 'meta');
  const ids = await readdir(folder).catch(() => []);
  const metas = await Promise.all(ids.map((id) => readJson(join(folder, id, 'meta.json')).catch(() => undefined)));
  return metas.flatMap((meta) => (isObject(meta) && typeof meta.Name === 'string' ? [meta.Name] : [])).sort();
}
