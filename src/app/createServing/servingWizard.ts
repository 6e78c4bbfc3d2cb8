import { DEFAULTS, type ServingDefinition } from '../../core/definition';
import { t } from '../../core/l10n';
import type { ModelRef } from '../../core/model';
import { checkServingName, toServingName } from '../../core/names';
import type { BackendId } from '../../core/serving';
import { BACK, type Position, type Prompts } from '../prompts';
import { adjusted } from '../remote/adjust';
import type { OpenPlace, PlaceChoice } from '../remote/openPlace';
import { toRemote } from '../remote/toRemote';
import { Back, runWizard, type Step } from '../wizard';
import { scriptChoice, type Surroundings } from './fields';
import { askPlace, opened, type Placed } from './placeField';
import { firstRows, summaryRows, type Purpose, type Row } from './summary';

/** What the wizard ends with. */
export interface WizardResult {
  readonly definition: ServingDefinition;
  /** Whether it is to run at once. */
  readonly start: boolean;
  /** The backend elsewhere that it is for. */
  readonly place?: BackendId;
}

export interface CreateOptions extends Surroundings {
  /** Names of servings that are there. */
  readonly taken: readonly string[];
  /** A script that was chosen already: path below the folder. */
  readonly script?: string;
  /** Where it is to be, where that was chosen already. */
  readonly place?: PlaceChoice;
  /** What it serves, where that was chosen already. */
  readonly model?: ModelRef;
  /** The definition that a script suggests; rejects when there is no model for it. */
  propose(script: string): ServingDefinition;
}

interface Draft extends Partial<Placed> {
  readonly start: boolean;
}

const titleText = () => t('Create Serving');

/** Script (unless it is known), name, summary: Enter through makes and starts a serving. */
export async function askForServing(prompts: Prompts, options: CreateOptions): Promise<WizardResult> {
  const known = await begun(options);
  const script: Step<Draft> = async (draft, position) => {
    const chosen = await prompts.pick({
      ...position,
      title: titleText(),
      placeholder: t('Which Predict script?'),
      choices: [...options.scripts.map(scriptChoice), ...(options.place ? [withoutScriptText()] : [])],
      ...(draft.definition ? { active: draft.local?.script ?? draft.definition.script } : {}),
    });
    if (chosen === BACK) {
      return BACK;
    }
    return chosen === (draft.local ?? draft.definition)?.script
      ? draft
      : {
          start: false,
          ...placedAt(chosen === '' ? withoutScript(options.model) : options.propose(chosen), known.place, options),
        };
  };
  const name: Step<Draft> = async (draft, position) => {
    const { place } = draft;
    const answer = await prompts.input({
      ...position,
      title: titleText(),
      prompt: t("The endpoint's name. Enter to accept, Escape to cancel."),
      value: draft.definition?.name ?? '',
      check: (text) => checkServingName(text, place?.names ?? options.taken),
    });
    if (answer === BACK || !draft.definition) {
      return BACK;
    }
    const named = { ...draft.definition, name: answer };
    return { ...draft, definition: place ? adjusted(named, place.offer) : named };
  };
  const summary: Step<Draft> = (draft, position) =>
    draft.definition
      ? askSummary(prompts, options, titleText(), position, { ...draft, definition: draft.definition }, 'create')
      : Promise.resolve(BACK);
  const steps = known.definition ? [name, summary] : [script, name, summary];
  return finish(await runWizard(steps, known));
}

/** The same summary with today's values. */
export async function askForChanges(
  prompts: Prompts,
  around: Surroundings,
  definition: ServingDefinition,
  runs: boolean,
  place?: OpenPlace,
): Promise<WizardResult> {
  const step: Step<Draft> = (draft, position) =>
    askSummary(
      prompts,
      around,
      t('Edit {0}', definition.name),
      position,
      { definition: draft.definition ?? definition, ...(place ? { place } : {}) },
      runs ? 'running' : 'edit',
      definition,
    );
  return finish(await runWizard([step], { definition, start: false }));
}

const withoutScriptText = () =>
  ({
    separator: '',
    label: t('None of this computer'),
    description: t('a script on Hopsworks, or none'),
    value: '',
    icon: 'circle-slash',
  }) as const;

/** Where it is to be, and what is known of it. */
async function begun(options: CreateOptions): Promise<Draft> {
  const place = options.place && (await opened(options.place));
  if (options.script !== undefined) {
    return { start: false, ...placedAt(options.propose(options.script), place, options) };
  }
  return { start: false, ...(place ? { place } : {}) };
}

function placedAt(definition: ServingDefinition, place: OpenPlace | undefined, around: Surroundings): Placed {
  if (!place) {
    return { definition };
  }
  const [newest] = place.models;
  const named = definition.model.name === '' && newest ? { name: newest.name, version: newest.version } : undefined;
  const asked = named ? { ...definition, model: named, name: toServingName(named.name) || 'serving' } : definition;
  return {
    place,
    definition: toRemote(asked, place, around),
    ...(definition.script === '' ? {} : { local: definition }),
  };
}

function withoutScript(model: ModelRef = { name: '', version: 1 }): ServingDefinition {
  return { ...DEFAULTS, name: toServingName(model.name) || 'serving', model, script: '' };
}

async function askSummary(
  prompts: Prompts,
  around: Surroundings,
  title: string,
  position: Position,
  initial: Placed,
  purpose: Purpose,
  before?: ServingDefinition,
): Promise<Draft | Back<Draft>> {
  let placed = initial;
  /** What the server refuses of which definition. */
  let refused: { readonly of: ServingDefinition; readonly why: string } | undefined;
  for (let last: Row = 'go'; ;) {
    const { definition, place } = placed;
    const wrong: string | undefined =
      place?.offer.check(definition) ?? (refused?.of === definition ? refused.why : undefined);
    const chosen: Row | typeof BACK = await prompts.pick<Row>({
      ...(purpose === 'create' ? position : {}),
      title,
      placeholder:
        wrong ?? (purpose === 'create' ? t('Create, or pick a line to change') : t('Save, or pick a line to change')),
      choices: [...firstRows(purpose, place, wrong), ...summaryRows(placed, purpose)],
      active: last,
    });
    if (chosen === BACK) {
      return new Back({ ...placed, start: false });
    }
    if (chosen === 'go' || chosen === 'save') {
      const why = wrong ?? (await place?.check(definition));
      if (why === undefined) {
        return { ...placed, start: chosen === 'go' };
      }
      refused = { of: definition, why };
    } else if (chosen === 'place') {
      placed = await askPlace(placed, prompts, around);
    } else if (typeof chosen === 'object') {
      const asked = place && { prompts, around, place, ...(before ? { before } : {}) };
      placed = asked ? { ...placed, definition: await chosen.remote(definition, asked) } : placed;
    } else {
      placed = { ...placed, definition: await chosen(definition, prompts, around) };
    }
    last = chosen;
  }
}

function finish({ definition, place, start }: Draft): WizardResult {
  if (!definition) {
    throw new Error('a wizard ended without a definition');
  }
  return { definition, start, ...(place ? { place: place.id } : {}) };
}
