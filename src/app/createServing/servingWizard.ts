import { DEFAULTS, type ServingDefinition } from '../../core/definition';
import type { ModelRef } from '../../core/model';
import { checkServingName, toServingName } from '../../core/names';
import type { BackendId } from '../../core/serving';
import { BACK, type Choice, type Position, type Prompts } from '../prompts';
import { adjusted } from '../remote/adjust';
import type { OpenPlace, PlaceChoice } from '../remote/openPlace';
import { toRemote } from '../remote/toRemote';
import { Back, runWizard, type Step } from '../wizard';
import {
  askArtifact,
  askDescription,
  askEnvironment,
  askModel,
  askPort,
  askReplicas,
  askResources,
  askScript,
  askSecrets,
  askVariables,
  PLACES,
  scriptChoice,
  type FieldQuestion,
  type Surroundings,
} from './fields';
import { replicasText } from './fieldText';
import { askPlace, opened, type Placed } from './placeField';
import type { RemoteQuestion } from './remoteFields';
import { remoteRows } from './remoteSummary';

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

const TITLE = 'Create Serving';

/** Script (unless it is known), name, summary: Enter through makes and starts a serving. */
export async function askForServing(prompts: Prompts, options: CreateOptions): Promise<WizardResult> {
  const known = await begun(options);
  const script: Step<Draft> = async (draft, position) => {
    const chosen = await prompts.pick({
      ...position,
      title: TITLE,
      placeholder: 'Which Predict script?',
      choices: [...options.scripts.map(scriptChoice), ...(options.place ? [WITHOUT_SCRIPT] : [])],
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
      title: TITLE,
      prompt: "The endpoint's name. Enter to accept, Escape to cancel.",
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
      ? askSummary(prompts, options, TITLE, position, { ...draft, definition: draft.definition }, 'create')
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
      `Edit ${definition.name}`,
      position,
      { definition: draft.definition ?? definition, ...(place ? { place } : {}) },
      runs ? 'running' : 'edit',
      definition,
    );
  return finish(await runWizard([step], { definition, start: false }));
}

type Purpose = 'create' | 'edit' | 'running';

const WITHOUT_SCRIPT = {
  separator: '',
  label: 'None of this computer',
  description: 'a script on Hopsworks, or none',
  value: '',
  icon: 'circle-slash',
} as const;

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
        wrong ?? (purpose === 'create' ? 'Create, or pick a line to change' : 'Save, or pick a line to change'),
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

type Row = 'go' | 'save' | 'place' | FieldQuestion | { readonly remote: RemoteQuestion };

const FIRST: Readonly<Record<Purpose, readonly Choice<Row>[]>> = {
  create: [
    { label: 'Create and Start', value: 'go', icon: 'run' },
    { label: 'Create', description: 'only the definition', value: 'save', icon: 'new-file' },
  ],
  edit: [
    { label: 'Save', value: 'save', icon: 'save' },
    { label: 'Save and Start', value: 'go', icon: 'run' },
  ],
  running: [
    { label: 'Save and Update', description: 'the running serving goes over to it', value: 'go', icon: 'save' },
  ],
};

/** With why it cannot be, where that is so. */
function firstRows(purpose: Purpose, place: OpenPlace | undefined, wrong: string | undefined): readonly Choice<Row>[] {
  return FIRST[purpose].map((row) => {
    if (wrong !== undefined) {
      return { ...row, description: 'not yet', icon: 'error' };
    }
    return place && row.value === 'save' && purpose === 'create' ? { ...row, description: 'without starting it' } : row;
  });
}

/** Every line says what it is now, and can be chosen to change it. */
function summaryRows({ definition: d, place }: Placed, purpose: Purpose): readonly Choice<Row>[] {
  // A serving keeps its backend: another one has other things of it to look after.
  const where: readonly Choice<Row>[] =
    purpose === 'create'
      ? [
          {
            separator: '',
            label: 'Where',
            description: place?.label ?? PLACES[d.backend],
            value: 'place',
            icon: 'server-environment',
          },
        ]
      : [];
  if (place) {
    const rows = remoteRows(d, place, purpose === 'create');
    const [script, model, ...others] = rows.map((row): Choice<Row> => ({ ...row, value: rowOf(row.value) }));
    return [script, model, ...where, ...others].filter((row) => row !== undefined);
  }
  const { python, requirements, variables, secrets } = d.environment;
  const set = [...Object.keys(variables), ...secrets];
  return [
    { separator: '', label: 'Script', description: d.script, value: askScript, icon: 'symbol-class' },
    { label: 'Model', description: `${d.model.name} v${d.model.version}`, value: askModel, icon: 'package' },
    { label: 'Artifact', description: artifactText(d), value: askArtifact, icon: 'layers' },
    ...where,
    {
      ...(purpose === 'create' ? {} : { separator: '' }),
      label: 'Replicas',
      description: replicasText(d),
      value: askReplicas,
      icon: 'server-process',
    },
    ...(d.backend === 'docker'
      ? [{ label: 'Resources', description: resourcesRow(d), value: askResources, icon: 'dashboard' }]
      : []),
    {
      label: 'Python',
      description: requirements === undefined ? (python ?? 'selected interpreter') : `managed, ${requirements}`,
      value: askEnvironment,
      icon: 'symbol-misc',
    },
    {
      label: 'Port',
      description: d.port === 'auto' ? 'auto: a free one' : String(d.port),
      value: askPort,
      icon: 'plug',
    },
    {
      separator: '',
      label: 'Advanced…',
      description: set.length > 0 ? set.join(', ') : 'variables, secrets, description',
      value: askAdvanced,
      icon: 'settings-gear',
    },
  ];
}

const ROWS = new Map<RemoteQuestion, Row>();

/** The same for the same question, so that the line that was chosen last is found again. */
function rowOf(remote: RemoteQuestion): Row {
  const row = ROWS.get(remote) ?? { remote };
  ROWS.set(remote, row);
  return row;
}

function resourcesRow({ resources: { cores, memoryMb, gpus } }: ServingDefinition): string {
  const some = gpus > 0 ? [`${gpus} ${gpus === 1 ? 'GPU' : 'GPUs'}`] : [];
  return [`${cores} ${cores === 1 ? 'core' : 'cores'}`, `${memoryMb} MB`, ...some].join(', ');
}

function artifactText({ artifact }: ServingDefinition): string {
  return typeof artifact === 'number' ? String(artifact) : artifact === 'CREATE' ? 'CREATE, numbered' : artifact;
}

async function askAdvanced(
  definition: ServingDefinition,
  prompts: Prompts,
  around: Surroundings,
): Promise<ServingDefinition> {
  const chosen = await prompts.pick<FieldQuestion>({
    canGoBack: true,
    title: 'Advanced',
    placeholder: 'Pick a line to change',
    choices: [
      {
        label: 'Environment variables',
        description: Object.keys(definition.environment.variables).join(', ') || 'none',
        value: askVariables,
        icon: 'symbol-variable',
      },
      {
        label: 'Secrets',
        description: definition.environment.secrets.join(', ') || 'none',
        value: askSecrets,
        icon: 'key',
      },
      { label: 'Description', description: definition.description || 'none', value: askDescription, icon: 'note' },
    ],
  });
  return chosen === BACK ? definition : chosen(definition, prompts, around);
}

function finish({ definition, place, start }: Draft): WizardResult {
  if (!definition) {
    throw new Error('a wizard ended without a definition');
  }
  return { definition, start, ...(place ? { place: place.id } : {}) };
}
