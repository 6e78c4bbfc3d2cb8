import { secretNames } from '../../../core/definition';
import { t } from '../../../core/l10n';
import { type Finding, problem } from '../../../environments/finding';
import { type Clash, clashRemedy, clashText, isOurs } from '../clash';
import type { Engine } from '../engine/port';
import { ServingObjects } from '../labels';
import type { EngineCheck } from './check';

/** Objects that have a name which a serving needs, and are not ours. */
export async function checkClashes(
  engine: Engine,
  { servings }: EngineCheck,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const wanted = servings();
  if (wanted.length === 0) {
    return [];
  }
  const [containers, networks, volumes] = await Promise.all([
    engine.listContainers({}, signal),
    engine.listNetworks({}),
    engine.listVolumes({}),
  ]);
  const foreign = (things: readonly { name: string; labels: Readonly<Record<string, string>> }[]) =>
    new Set(things.filter(({ labels }) => !isOurs(labels)).map(({ name }) => name));
  const taken = { container: foreign(containers), network: foreign(networks), volume: foreign(volumes) };
  return wanted.flatMap(({ about, folder, definition }) => {
    const objects = new ServingObjects(folder, definition.name);
    const hasSecrets = secretNames(definition).length > 0;
    const all: readonly Clash[] = [
      { what: 'container', name: objects.gateway },
      { what: 'network', name: objects.network },
      ...(hasSecrets ? [{ what: 'volume', name: objects.secrets(1) } as const] : []),
    ];
    return all
      .filter(({ what, name }) => taken[what].has(name))
      .map((clash) => ({
        ...problem(
          t('Docker names'),
          t('{0} cannot start: {1}', definition.name, clashText(clash)),
          clashRemedy(clash, engine.address),
        ),
        about,
      }));
  });
}
