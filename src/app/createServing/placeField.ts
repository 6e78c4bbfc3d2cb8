import type { ServingDefinition } from '../../core/definition';
import { isCancelled, messageOf, ServingError } from '../../core/errors';
import { t } from '../../core/l10n';
import { BACK, type Choice, type Prompts } from '../prompts';
import type { OpenPlace, PlaceChoice } from '../remote/openPlace';
import { toRemote } from '../remote/toRemote';
import { PLACES, type Surroundings } from './fields';

/** A definition, and the place elsewhere that it is for. */
export interface Placed {
  readonly definition: ServingDefinition;
  readonly place?: OpenPlace;
  /** What it was on this computer, so that nothing is lost by looking elsewhere. */
  readonly local?: ServingDefinition;
}

type Chosen = 'process' | 'docker' | PlaceChoice;

/** Asks where it runs; a project on Hopsworks is asked what it offers, and one that does not answer says so in its line. */
export async function askPlace(placed: Placed, prompts: Prompts, around: Surroundings): Promise<Placed> {
  const problems = new Map<string, string>();
  const local = placed.place ? placed.local : placed.definition;
  for (;;) {
    const choices = [
      ...(local ? localText() : []),
      ...(around.places ?? []).map((each) => placeChoice(each, problems.get(each.id))),
    ];
    const active = placed.place
      ? around.places?.find(({ id }) => id === placed.place?.id)
      : placed.definition.backend === 'docker'
        ? 'docker'
        : 'process';
    const chosen = await prompts.pick<Chosen>({
      canGoBack: true,
      title: t('Where'),
      placeholder: t('Where does it run?'),
      choices,
      ...(active === undefined ? {} : { active }),
    });
    if (chosen === BACK || (typeof chosen === 'object' && chosen.id === placed.place?.id)) {
      return placed;
    }
    if (typeof chosen === 'string') {
      return local ? { definition: { ...local, backend: chosen } } : placed;
    }
    try {
      const place = await opened(chosen);
      return { place, definition: toRemote(local ?? placed.definition, place, around), ...(local ? { local } : {}) };
    } catch (error) {
      if (isCancelled(error)) {
        throw error;
      }
      problems.set(chosen.id, messageOf(error));
    }
  }
}

/** Rejects also where nothing may be created. */
export async function opened(choice: PlaceChoice): Promise<OpenPlace> {
  const place = await choice.open();
  if (place.offer.refusal !== undefined) {
    throw new ServingError('forbidden', t('Nothing can be created there: {0}', place.offer.refusal));
  }
  return place;
}

const localText = (): readonly Choice<Chosen>[] => [
  { label: PLACES.process, value: 'process', icon: 'device-desktop', detail: t('Processes; needs only Python') },
  { label: PLACES.docker, value: 'docker', icon: 'package', detail: t('Containers behind a load balancer') },
];

function placeChoice(place: PlaceChoice, found: string | undefined): Choice<Chosen> {
  const problem = found ?? place.problem;
  return {
    label: place.label,
    value: place,
    icon: 'cloud',
    ...(problem === undefined ? {} : { description: t('not available') }),
    detail:
      problem ?? t('{0}: the script is uploaded, and the model exported where the registry lacks it', PLACES.hopsworks),
  };
}
