import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { KeyFile } from '../core/connection';

export interface KeyPlaces {
  /** Absolute paths of the open folders. */
  readonly folders: readonly string[];
  readonly home: string;
  readonly temporary: string;
  readonly user: string;
}

/** Kept by the official client for the servers of Hopsworks' own cloud. */
const CACHED = '.hw_api_key';
const CLOUD = '.hopsworks.ai';
/** As the clients' documentation names them. */
const NAMED = ['hopsworks.key', 'modelregistry.key', 'featurestore.key'];
const LONGEST = 4096;

/** The files that the official clients would read an API key from; those that are not there are left out. */
export async function readKeyFiles({ folders, home, temporary, user }: KeyPlaces): Promise<readonly KeyFile[]> {
  const own = `.${user}_hopsworks_app`;
  const wanted = [
    ...folders.flatMap((folder) => NAMED.map((name) => ({ path: join(folder, name) }))),
    ...[...folders, join(home, own), join(temporary, own)].map((folder) => ({
      path: join(folder, CACHED),
      host: CLOUD,
    })),
  ];
  const read = await Promise.all(
    wanted.map(async (file) => {
      const text = await readFile(file.path, 'utf8').catch(() => undefined);
      return text === undefined || text.length > LONGEST ? undefined : { ...file, text };
    }),
  );
  return read.filter((file) => file !== undefined);
}
