import type { Logger } from '../../core/log';
import { isHeld } from '../local/held';
import type { Ledger } from '../local/ledger';
import type { InferenceLogPaths, ServingPaths } from '../local/paths';
import type { Packer, SecretValues } from '../local/ports';
import type { ServingTopics } from '../local/servingTopics';
import type { Engine } from './engine/port';
import type { ServingObjects } from './labels';
import type { Listing } from './listing';
import type { Notes } from './logs/notes';
import type { DockerSettings, Gateways, Images } from './ports';
import type { Seen } from './state';

/** What the start and the end of one serving's runs need. */
export interface DockerContext {
  /** Absolute path of the workspace folder. */
  readonly folder: string;
  readonly name: string;
  readonly engine: Engine;
  readonly images: Images;
  readonly gateways: Gateways;
  readonly listing: Listing;
  readonly objects: ServingObjects;
  readonly paths: ServingPaths;
  readonly records: InferenceLogPaths;
  readonly ledger: Ledger;
  readonly notes: Notes;
  readonly packer: Packer;
  readonly secrets: SecretValues;
  /** Undefined: nothing can be sent to Kafka. */
  readonly topics: ServingTopics | undefined;
  readonly settings: DockerSettings;
  readonly log: Logger;
}

/** What is seen of a serving; `now`: nothing of it is older than this call. */
export async function observe(
  { name, ledger, paths, listing }: Pick<DockerContext, 'name' | 'ledger' | 'paths' | 'listing'>,
  now = false,
): Promise<Seen> {
  const written = await ledger.read();
  const seen = await listing.look(name, written, now);
  const { run } = seen;
  const preparerAlive = (run?.preparing === true || run?.successor !== undefined) && (await isHeld(paths.lock));
  return { ...seen, preparerAlive };
}
