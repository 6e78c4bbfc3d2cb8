import type { ServingDefinition } from '../../core/definition';
import { checkServingName } from '../../core/names';
import { BACK, type Choice, type Position, type Prompts } from '../prompts';
import { Back, runWizard, type Step } from '../wizard';
import {
  askArtifact,
  askDescription,
  askEnvironment,
  askModel,
  askPlace,
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

/** What the wizard ends with. */
export interface WizardResult {
  readonly definition: ServingDefinition;
  /** Whether it is to run at once. */
  readonly start: boolean;
}

export interface CreateOptions extends Surroundings {
  /** Names of servings that are there. */
  readonly taken: readonly string[];
  /** A script that was chosen already: path below the folder. */
  readonly script?: string;
  /** The definition that a script suggests; rejects when there is no model for it. */
  propose(script: string): ServingDefinition;
}

interface Draft {
  readonly definition: ServingDefinition | undefined;
  readonly start: boolean;
}

type Row =
  | 'go'
  | 'save'
  | 'script'
  | 'model'
  | 'artifact'
  | 'place'
  | 'replicas'
  | 'resources'
  | 'environment'
  | 'port'
  | 'advanced';

const QUESTIONS: Readonly<Record<Exclude<Row, 'go' | 'save' | 'advanced'>, FieldQuestion>> = {
  script: askScript,
  model: askModel,
  artifact: askArtifact,
  place: askPlace,
  replicas: askReplicas,
  resources: askResources,
  environment: askEnvironment,
  port: askPort,
};

/** Script (unless it is known), name, summary: Enter through makes and starts a serving. */
export async function askForServing(prompts: Prompts, options: CreateOptions): Promise<WizardResult> {
  const title = 'Create Serving';
  const script: Step<Draft> = async (draft, position) => {
    const chosen = await prompts.pick({
      ...position,
      title,
      placeholder: 'Which Predict script?',
      choices: options.scripts.map(scriptChoice),
      ...(draft.definition ? { active: draft.definition.script } : {}),
    });
    return chosen === BACK
      ? BACK
      : { ...draft, definition: chosen === draft.definition?.script ? draft.definition : options.propose(chosen) };
  };
  const name: Step<Draft> = async (draft, position) => {
    const answer = await prompts.input({
      ...position,
      title,
      prompt: "The endpoint's name. Enter to accept, Escape to cancel.",
      value: draft.definition?.name ?? '',
      check: (text) => checkServingName(text, options.taken),
    });
    return answer === BACK || !draft.definition
      ? BACK
      : { ...draft, definition: { ...draft.definition, name: answer } };
  };
  const summary: Step<Draft> = (draft, position) =>
    draft.definition
      ? askSummary(prompts, options, title, position, draft.definition, 'create')
      : Promise.resolve(BACK);
  const known = options.script === undefined ? undefined : options.propose(options.script);
  const steps = known ? [name, summary] : [script, name, summary];
  return finish(await runWizard(steps, { definition: known, start: false }));
}

/** The same summary with today's values. */
export async function askForChanges(
  prompts: Prompts,
  around: Surroundings,
  definition: ServingDefinition,
  runs: boolean,
): Promise<WizardResult> {
  const step: Step<Draft> = (draft, position) =>
    askSummary(
      prompts,
      around,
      `Edit ${definition.name}`,
      position,
      draft.definition ?? definition,
      runs ? 'running' : 'edit',
    );
  return finish(await runWizard([step], { definition, start: false }));
}

type Purpose = 'create' | 'edit' | 'running';

async function askSummary(
  prompts: Prompts,
  around: Surroundings,
  title: string,
  position: Position,
  initial: ServingDefinition,
  purpose: Purpose,
): Promise<Draft | Back<Draft>> {
  let definition = initial;
  for (let last: Row = 'go'; ;) {
    const chosen: Row | typeof BACK = await prompts.pick<Row>({
      ...(purpose === 'create' ? position : {}),
      title,
      placeholder: purpose === 'create' ? 'Create, or pick a line to change' : 'Save, or pick a line to change',
      choices: summaryRows(definition, purpose),
      active: last,
    });
    if (chosen === BACK) {
      return new Back({ definition, start: false });
    }
    if (chosen === 'go' || chosen === 'save') {
      return { definition, start: chosen === 'go' };
    }
    definition = await (chosen === 'advanced'
      ? askAdvanced(definition, prompts, around)
      : QUESTIONS[chosen](definition, prompts, around));
    last = chosen;
  }
}

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

/** Every line says what it is now, and can be chosen to change it. */
function summaryRows(d: ServingDefinition, purpose: Purpose): readonly Choice<Row>[] {
  const { python, requirements, variables, secrets } = d.environment;
  const set = [...Object.keys(variables), ...secrets];
  return [
    ...FIRST[purpose],
    { separator: '', label: 'Script', description: d.script, value: 'script', icon: 'symbol-class' },
    { label: 'Model', description: `${d.model.name} v${d.model.version}`, value: 'model', icon: 'package' },
    { label: 'Artifact', description: artifactText(d), value: 'artifact', icon: 'layers' },
    // A serving keeps its backend: another one has other things of it to look after.
    ...(purpose === 'create'
      ? [
          {
            separator: '',
            label: 'Where',
            description: PLACES[d.backend],
            value: 'place',
            icon: 'server-environment',
          } as const,
        ]
      : []),
    {
      ...(purpose === 'create' ? {} : { separator: '' }),
      label: 'Replicas',
      description: replicasText(d),
      value: 'replicas',
      icon: 'server-process',
    },
    ...(d.backend === 'docker'
      ? [{ label: 'Resources', description: resourcesRow(d), value: 'resources', icon: 'dashboard' } as const]
      : []),
    {
      label: 'Python',
      description: requirements === undefined ? (python ?? 'selected interpreter') : `managed, ${requirements}`,
      value: 'environment',
      icon: 'symbol-misc',
    },
    {
      label: 'Port',
      description: d.port === 'auto' ? 'auto: a free one' : String(d.port),
      value: 'port',
      icon: 'plug',
    },
    {
      separator: '',
      label: 'Advanced…',
      description: set.length > 0 ? set.join(', ') : 'variables, secrets, description',
      value: 'advanced',
      icon: 'settings-gear',
    },
  ];
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

function finish(draft: Draft): WizardResult {
  if (!draft.definition) {
    throw new Error('a wizard ended without a definition');
  }
  return { definition: draft.definition, start: draft.start };
}
